"""The store is away, a confirmation is lost, bytes never come or come late: nothing is lost."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests import sounds
from tests.chaos.conftest import IMPATIENT
from tests.flow.phone import Phone, Take
from tests.platforms import RunningPlatform, running_platform, wait_for
from tests.services import Services

SECONDS = 3.0
LINK_SECONDS = 20
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def platform(services: Services) -> Iterator[RunningPlatform]:
    """A platform whose links and windows run out while a test looks on."""
    short = {"UPLOAD_URL_SECONDS": str(LINK_SECONDS), "UPLOAD_WINDOW_SECONDS": str(LINK_SECONDS)}
    with running_platform(
        services.directory / "uploads", database=services.database, settings=IMPATIENT | short
    ) as running:
        yield running


@pytest.fixture
def phone(platform: RunningPlatform) -> Iterator[Phone]:
    facts = platform.facts()
    with httpx.Client(base_url=facts["web_url"], timeout=60, trust_env=False) as manager:
        code = manager.post(
            f"/v1/campaigns/{facts['campaign']}/enrolment-codes",
            json={"uses": 1},
            headers={"Authorization": f"Bearer {facts['api_token']}"},
        ).json()["code"]
    phone = Phone(facts["web_url"], code)
    phone.sits_down_with(gender="male", age_band="40-49")
    yield phone
    phone.close()


def some_take(phone: Phone, seed: int) -> Take:
    sound = sounds.flac(sounds.speech_like(SECONDS, seed=seed))
    return phone.keeps(sound, SECONDS, phone.next_prompt())


@contextmanager
def the_store_away(platform: RunningPlatform) -> Iterator[None]:
    """Kill the store, and hold the supervisor so that it does not start it again meanwhile."""
    supervisor = platform.process.pid
    store = platform.pid("seaweedfs")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(store, signal.SIGKILL)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    platform.wait_for_restart("seaweedfs", store)


def test_a_store_that_is_away_is_a_503_and_costs_nothing(
    platform: RunningPlatform, phone: Phone
) -> None:
    take = some_take(phone, seed=1)
    upload = phone.announces(take)["upload"]
    assert phone.puts(take.sound, upload) == 200
    with the_store_away(platform):
        # Announcing needs no store: a phone may go on recording.
        assert phone.announces(some_take(phone, seed=2))["state"] == "expected"
        refused = phone.tries_to_confirm(take)
        assert refused.status_code == 503
        assert refused.json()["type"] == "urn:fieldvoice:problem:storage-away"
        assert phone.looks_at(take)["state"] == "expected"
    wait_for(
        "the confirmation to work again",
        lambda: phone.tries_to_confirm(take).status_code == 200,
        seconds=300,
    )
    assert phone.looks_at(take)["receipt"]["sha256"] == take.sha256
    phone.waits_for(take, "passed", "review", "rejected")


def test_a_lost_confirmation_is_found_and_late_bytes_are_welcome(phone: Phone) -> None:
    unconfirmed, never_put = some_take(phone, seed=3), some_take(phone, seed=4)
    phone.puts(unconfirmed.sound, phone.announces(unconfirmed)["upload"])
    phone.announces(never_put)

    # Nobody confirms. The sweep finds the one, and gives the other up when its links have run out.
    found = phone.waits_for(unconfirmed, "passed", "review", "rejected", seconds=600)
    assert found["receipt"]["sha256"] == unconfirmed.sha256
    phone.waits_for(never_put, "expired", seconds=600)

    # The phone comes out of the valley days later: it announces again, and all goes its way.
    again = phone.announces(never_put)
    assert phone.puts(never_put.sound, again["upload"]) == 200
    assert phone.confirms(never_put)["receipt"]["sha256"] == never_put.sha256
    phone.waits_for(never_put, "passed", "review", "rejected")


def test_a_link_that_ran_out_stores_nothing_and_a_new_one_is_given(phone: Phone) -> None:
    take = some_take(phone, seed=5)
    upload = phone.announces(take)["upload"]
    time.sleep(LINK_SECONDS + 1)
    assert phone.puts(take.sound, upload) == 403
    assert phone.puts(take.sound, phone.announces(take)["upload"]) == 200
    assert phone.confirms(take)["receipt"]["bytes"] == len(take.sound)
