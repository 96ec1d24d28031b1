"""The page on which saved copies are brought: who sees it, and what it tells of each."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend import policy
from backend.campaigns.models import Campaign
from tests.cast import Person, Phone, make_campaign, make_person
from tests.phone_copies import Copy, bring, take_in

pytestmark = pytest.mark.django_db
PAGE = "/console/campaigns/spring/imports"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def words(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_an_import_shows_what_became_of_its_clips_in_words(manager: Person, phone: Phone) -> None:
    copy = Copy(phone)
    sitting = copy.sit_down()
    copy.clip(sitting)
    refused = copy.clip(sitting, seed=1, duration_ms=10**8)
    take_in(manager, copy.zipped())
    for address in (PAGE, f"{PAGE}/live"):
        page = words(signed_in(manager), address)
        assert "1 taken, 0 already there, 1 refused" in page
        assert "1 refused: The clip is longer than this campaign takes." in page
        assert refused["id"] in page


def test_a_file_that_is_none_shows_why(manager: Person, campaign: Campaign) -> None:
    take_in(manager, b"no ZIP at all, but long enough to be one")
    page = words(signed_in(manager))
    assert "The file is not a ZIP" in page
    assert 'class="pill failed"' in page


def test_one_that_waits_shows_its_progress(manager: Person, phone: Phone) -> None:
    copy = Copy(phone)
    copy.clip(copy.sit_down())
    bring(manager, copy.zipped())
    assert "<progress" in words(signed_in(manager), f"{PAGE}/live")


def test_the_number_of_queries_does_not_grow_with_the_imports(
    manager: Person, phone: Phone
) -> None:
    client = signed_in(manager)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            words(client)
        return len(seen)

    copy = Copy(phone)
    sitting = copy.sit_down()
    copy.clip(sitting)
    take_in(manager, copy.zipped())
    few = count()
    for seed in range(1, 4):
        copy.clip(sitting, seed=seed, duration_ms=10**8)
        take_in(manager, copy.zipped())
    assert count() == few


def test_only_this_page_may_send_to_the_store(manager: Person, campaign: Campaign) -> None:
    client = signed_in(manager)

    def connections(address: str) -> str:
        rules = client.get(address)["Content-Security-Policy"].split("; ")
        return next(rule for rule in rules if rule.startswith("connect-src"))

    assert connections(PAGE) == f"connect-src 'self' {settings.S3_PUBLIC_URL}"
    assert connections("/console/campaigns/spring") == "connect-src 'self'"


def test_only_the_campaigns_managers_see_it(campaign: Campaign) -> None:
    stranger = signed_in(make_person(policy.MANAGER, make_campaign("autumn"), name="stranger"))
    scientist = signed_in(make_person(policy.SCIENTIST, campaign))
    for address in (PAGE, f"{PAGE}/live"):
        assert stranger.get(address).status_code == 404
        assert scientist.get(address).status_code == 403
        assert Client().get(address).status_code == 302
