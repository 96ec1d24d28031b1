"""Codes, digests and log lines."""

import json
import logging

from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.tokens import fingerprint, new_code, plain_code
from backend.digest import request_digest
from backend.logs import JsonFormatter, redact


def test_a_code_survives_being_typed() -> None:
    code = new_code()
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert fingerprint(plain_code(typed)) == fingerprint(plain_code(code))


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans())))
def test_a_digest_does_not_depend_on_the_order_of_names(data: dict[str, object]) -> None:
    assert request_digest(data) == request_digest(dict(reversed(data.items())))


def test_what_signs_or_authorises_never_reaches_a_log_line() -> None:
    line = (
        "GET /b/k?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=abc123&x=1 "
        "/ls-audio/1?sig=secret Authorization: Bearer fvd_secret code=AAAA-BBBB"
    )
    shown = redact(line)
    for secret in ("AKIA", "abc123", "secret", "AAAA"):
        assert secret not in shown
    assert "x=1" in shown


def test_a_log_line_is_one_json_object_with_its_fields() -> None:
    record = logging.makeLogRecord(
        {
            "name": "fieldvoice.jobs",
            "msg": "job.done",
            "levelname": "INFO",
            "job": "1",
            "o": object(),
        }
    )
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["job"]) == ("job.done", "1")
    assert "o" not in line
