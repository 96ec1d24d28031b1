"""Collectors, speakers, consent and withdrawal on a phone that goes from hand to hand."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend import storage
from backend.accounts.models import Device, EnrolmentCode
from backend.campaigns.models import Campaign, CampaignState
from backend.clips.models import Clip, Session
from backend.clips.state import State
from backend.speakers.models import Consent, ConsentForm, Speaker
from tests.browser.chromium import phone_with
from tests.browser.steps import (
    add_speaker,
    agree,
    allow_publication,
    describe_speaker,
    enrol,
    hand_over,
    keep,
    new_code,
    sit_down,
    take,
)
from tests.cast import make_campaign
from tests.sounds import speech_like

RATE = 44_100
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    voice = np.concatenate([speech_like(10.0, rate=RATE, seed=seed) for seed in range(3)])
    soundfile.write(path, voice, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    return phone.pages[0]


def rows(page: Page, table: str) -> list[dict[str, Any]]:
    """Read a table of the phone's database."""
    found: list[dict[str, Any]] = page.evaluate(
        """(table) => new Promise((done) => {
          const opening = indexedDB.open("fieldvoice");
          opening.onsuccess = () => {
            const all = opening.result.transaction(table).objectStore(table).getAll();
            all.onsuccess = () => {
              opening.result.close();
              done(all.result.map(({ bytes, ...row }) => ({ ...row, size: bytes?.byteLength })));
            };
          };
        })""",
        table,
    )
    return found


def go_home(page: Page, address: str) -> None:
    page.goto(f"{address}/app/")
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()


def chooser(page: Page) -> Any:
    return page.get_by_role("group", name="Campaigns and collectors")


def add_collector(page: Page, code: str, name: str) -> None:
    page.get_by_role("button", name="Add a campaign or collector").click()
    page.get_by_role("button", name="Add a campaign or collector").click()
    page.get_by_label("Code").fill(code)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()


def test_two_collectors_share_a_phone_and_one_code_and_see_their_own_speakers(
    page: Page, address: str, campaign: Campaign
) -> None:
    code = new_code(campaign, uses=2)
    enrol(page, address, code, name="Ada")
    describe_speaker(page)
    expect(page.get_by_role("heading", name="Hand over")).to_be_visible()
    page.get_by_role("button", name="Somebody else").click()
    expect(page.locator(".person")).to_have_count(1)

    add_collector(page, code, "Ben")
    expect(page.locator(".person")).to_have_count(0)
    expect(chooser(page).locator("[aria-pressed=true]")).to_have_text("Spring in the valley · Ben")
    assert EnrolmentCode.objects.get().uses == 2
    assert Device.objects.values("collector").distinct().count() == 2

    page.get_by_role("button", name="Spring in the valley · Ada").click()
    expect(page.locator(".person")).to_have_count(1)
    go_home(page, address)
    expect(chooser(page).locator("[aria-pressed=true]")).to_have_text("Spring in the valley · Ada")


def test_one_collector_works_in_two_campaigns_and_leaves_one(
    page: Page, address: str, campaign: Campaign
) -> None:
    autumn = make_campaign("autumn", name="Autumn on the coast")
    enrol(page, address, new_code(campaign))
    enrol(page, address, new_code(autumn))
    expect(chooser(page).locator("[aria-pressed=true]")).to_have_text("Autumn on the coast · Ada")
    assert len({row["install_id"] for row in rows(page, "enrolments")}) == 1
    page.context.set_offline(True)
    describe_speaker(page)
    page.get_by_role("button", name="Somebody else").click()

    # What is only on the phone keeps it in the campaign.
    page.get_by_role("button", name="Add a campaign or collector").click()
    mine = page.locator(".campaigns li", has_text="Autumn on the coast")
    mine.get_by_role("button", name="Leave").click()
    expect(mine.get_by_role("alert")).to_contain_text("Not yet: 1")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    for _ in range(50):
        if Speaker.objects.exists() and rows(page, "speakers")[0]["sent"]:
            break
        page.wait_for_timeout(100)
    mine.get_by_role("button", name="Leave").click()
    mine.get_by_role("button", name="Leave now").click()
    expect(page.locator(".campaigns li")).to_have_count(1)
    assert Device.objects.get(campaign=autumn).revoked_at is not None
    assert Device.objects.get(campaign=campaign).revoked_at is None
    assert rows(page, "speakers") == []
    assert [row["campaign"] for row in rows(page, "packs")] == ["spring"]
    assert Speaker.objects.count() == 1
