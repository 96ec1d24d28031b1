"""The signed audio link of a route."""

import uuid
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from annotation.links import audio_link, is_signed, sign_route


@given(st.uuids(), st.text(min_size=1, max_size=40))
def test_a_link_carries_its_route_and_a_signature_that_holds(route: uuid.UUID, secret: str) -> None:
    link = urlsplit(audio_link(route, public_url="https://voice.example/", secret=secret))
    assert link.path == f"/ls-audio/{route}"
    assert list(parse_qs(link.query)) == ["sig"]
    assert is_signed(route, parse_qs(link.query)["sig"][0], secrets=[secret])


@given(st.uuids(), st.uuids())
def test_a_signature_opens_no_other_route(one: uuid.UUID, other: uuid.UUID) -> None:
    assert is_signed(one, sign_route(other, secret="s"), secrets=["s"]) == (one == other)


@given(st.uuids(), st.text(max_size=60))
def test_a_guess_opens_nothing(route: uuid.UUID, guess: str) -> None:
    assert not is_signed(route, guess, secrets=["secret", "older"]) or guess in (
        sign_route(route, secret="secret"),
        sign_route(route, secret="older"),
    )


def test_a_link_signed_before_the_key_changed_still_opens() -> None:
    route = uuid.uuid4()
    assert is_signed(route, sign_route(route, secret="older"), secrets=["newer", "older"])
    assert not is_signed(route, sign_route(route, secret="older"), secrets=["newer"])
