"""The app shuts nobody out: axe-core over the screens that the tour of test_screens.py passes by.

The tour looks at every other screen with the same rules, in each language.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend.campaigns.models import Campaign, Prompt
from tests.browser.accessibility import breaches
from tests.browser.chromium import phone_with
from tests.browser.steps import (
    add_speaker,
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
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    voice = np.concatenate([speech_like(10.0, rate=RATE, seed=seed) for seed in range(3)])
    soundfile.write(path, voice, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def campaign() -> Campaign:
    made = make_campaign()
    # A look at a take that is being recorded may last longer than a sentence.
    Prompt.objects.filter(campaign=made).update(max_seconds=60)
    return made


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    return phone.pages[0]


def test_a_fault_would_be_found(page: Page, address: str) -> None:
    page.goto(f"{address}/app/")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert breaches(page) == []
    page.evaluate("document.querySelector('h1').after(document.createElement('button'))")
    page.evaluate("document.querySelector('.lead').style.opacity = 0.3")
    found = {fault.split(":")[0] for fault in breaches(page)}
    assert found == {"axe button-name", "axe color-contrast"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_way_to_agree_and_to_record_is_open_to_all(
    page: Page, address: str, campaign: Campaign, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found = breaches(page)
        if found:
            faults[name] = found

    enrol(page, address, new_code(campaign))
    look("people")
    describe_speaker(page)
    look("handover")
    hand_over(page)
    allow_publication(page)
    look("consent")
    page.get_by_role("button", name="Sign instead").click()
    expect(page.get_by_role("button", name="Clear")).to_be_visible()
    look("consent by signature")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    look("people, one without consent")

    add_speaker(page)
    look("where")
    sit_down(page)
    look("booth")
    page.get_by_role("button", name="Not this text").click()
    expect(page.get_by_role("button", name="I cannot read it")).to_be_visible()
    look("report of a prompt")
    page.reload()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    page.locator(".person").first.click()
    hand_over(page)
    sit_down(page)
    take(page)
    look("review")
    keep(page)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    page.wait_for_timeout(1000)
    look("recording")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name=re.compile("^Keep"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Keep these?")).to_be_visible()
    look("recovered")
    assert faults == {}


def test_the_rule_for_iphones_is_told_to_all(page: Page, address: str) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    page.add_init_script(f"Object.defineProperty(navigator, 'userAgent', {{get: () => {agent!r}}})")
    page.goto(f"{address}/app/#code=ABCD-EFGH-JKLM")
    expect(page.get_by_role("heading", name="Install the app first")).to_be_visible()
    assert breaches(page) == []
