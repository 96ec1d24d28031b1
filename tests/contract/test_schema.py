"""Fuzz every call by the OpenAPI document: no fault of ours, every refusal a problem."""

from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings

from tests.cast import Person, Phone
from tests.factories import Sitting

_generator: Any = SchemaGenerator
DOCUMENT = _generator().get_schema(request=None, public=True)
schema = schemathesis.openapi.from_dict(DOCUMENT)


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Files sent as they are have tests of their own.
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@pytest.mark.django_db(transaction=True)
def test_no_call_falls_over_whatever_it_is_sent(
    case: Any, live_server: Any, sitting: Sitting, phone: Phone, manager: Person
) -> None:
    for token in (phone.token, manager.token):
        answer = case.call(
            base_url=live_server.url,
            headers={"Authorization": f"Bearer {token}"},
            allow_redirects=False,
            timeout=120,
        )
        assert answer.status_code < 500, answer.content
        if answer.status_code >= 400:
            kind = answer.headers["content-type"]
            if isinstance(kind, list):
                kind = kind[0]
            assert kind == "application/problem+json", answer.content
