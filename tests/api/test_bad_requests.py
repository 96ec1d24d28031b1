"""Whatever a client sends, it gets a problem with a stable type, and nothing is lost with it."""

from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.test import Client

from backend.clips.models import Clip
from tests.cast import Caller, Person, Phone
from tests.factories import Sitting, clip_body
from tests.sounds import silence, wav

pytestmark = pytest.mark.django_db
SOUND = wav(silence(1.0))


def raw(phone: Phone, body: bytes, content_type: str = "application/json") -> Any:
    return Client().post(
        "/v1/clips/batch",
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {phone.token}"},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"clips": NaN}',
        b'{"clips": ["\xff\xfe"]}',
        b'{"clips": [{"id": "\\u0000"}]}',
        b'{"clips": ["\\ud800"]}',
        b"[" * 100_000,
        b'{"clips": []} trailing',
        b'{"clips": [], "colour": "green"}',
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_malformed(phone: Phone, body: bytes) -> None:
    answer = raw(phone, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:fieldvoice:problem:malformed"


def test_a_body_that_is_not_json_is_named_by_its_type(phone: Phone) -> None:
    answer = raw(phone, b"a=1", "application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:fieldvoice:problem:unsupported-type"


def test_a_body_beyond_the_bound_is_too_large(phone: Phone) -> None:
    answer = raw(phone, b'{"clips": ["' + b"a" * (21 * 1024 * 1024) + b'"]}')
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:fieldvoice:problem:too-large"


@pytest.mark.parametrize(
    ("field", "value", "slug"),
    [
        ("session", "00000000-0000-7000-8000-000000000000", "session-unknown"),
        ("prompt", "00000000-0000-7000-8000-000000000000", "prompt-unknown"),
        ("sha256", "ABC", "malformed"),
        ("bytes", 0, "malformed"),
        ("bytes", -5, "malformed"),
        ("bytes", 30_000_000, "clip-too-large"),
        ("duration_ms", 3_600_000, "clip-too-long"),
        ("duration_ms", 10**30, "malformed"),
        ("content_type", "text/html", "malformed"),
        ("content_type", ["audio/wav"], "malformed"),
        ("recorded_at", "yesterday", "malformed"),
        ("client_checks", {"a": "b" * 5000}, "malformed"),
        ("client_checks", "nothing", "malformed"),
        ("colour", "green", "malformed"),
        ("seq", None, "malformed"),
    ],
)
def test_a_wrong_field_is_a_problem_of_its_own(
    sitting: Sitting, field: str, value: Any, slug: str
) -> None:
    clip_id = uuid.uuid7()
    body = clip_body(sitting, SOUND) | {field: value}
    answer = sitting.phone.put(f"/v1/clips/{clip_id}", body)
    assert answer.json()["type"] == f"urn:fieldvoice:problem:{slug}", answer.content
    assert not Clip.objects.filter(pk=clip_id).exists()


def test_a_codec_parameter_is_no_reason_to_refuse_a_type(sitting: Sitting) -> None:
    body = clip_body(sitting, SOUND, content_type="audio/webm;codecs=opus")
    assert sitting.phone.put(f"/v1/clips/{uuid.uuid7()}", body).status_code == 201


@pytest.mark.parametrize("token", ["", "nonsense", "fvd_nonsense", "fva_nonsense"])
def test_without_a_valid_token_nobody_is_signed_in(phone: Phone, token: str) -> None:
    answer = Caller(token).get("/v1/campaigns/spring/pack")
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:fieldvoice:problem:not-signed-in"


def test_an_address_that_is_none_answers_a_problem(phone: Phone) -> None:
    for path in ("/v1/nothing", "/v1/clips/not-an-id", "/v1/clips/%00"):
        answer = phone.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:fieldvoice:problem:not-found"


def test_a_method_that_is_not_there_answers_a_problem(phone: Phone) -> None:
    answer = phone.delete(f"/v1/clips/{uuid.uuid7()}")
    assert answer.status_code == 405
    assert answer.json()["type"] == "urn:fieldvoice:problem:method-not-allowed"


def test_prompts_are_imported_all_or_nothing_with_the_line_of_every_fault(
    manager: Person,
) -> None:
    body = "text,kind\nGood morning.,read\n,read\nHello,shout\nGood morning.,read\n"
    answer = Client().post(
        "/v1/campaigns/spring/prompts/import",
        body.encode(),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {manager.token}"},
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["line 3", "line 4", "line 5"]
    lines = '{"text": "مرحبا"}\n{"text": "Guten Morgen", "language": "de"}\n'
    taken = manager.post("/v1/campaigns/spring/prompts/import", {"name": "two", "body": lines})
    assert (taken.status_code, taken.json()["prompts"]) == (201, 2)
    again = manager.post("/v1/campaigns/spring/prompts/import", {"name": "two", "body": lines})
    assert (again.status_code, again.json()) == (200, taken.json())
