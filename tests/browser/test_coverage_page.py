"""The console's coverage page in a browser: wide and narrow, light and dark, open to all.

With SCREENSHOTS=DIR the pictures are left there to be looked at; the checks need no eyes.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Playwright, expect

from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.coverage.models import Cell
from backend.coverage.supply import note_whereabouts
from tests.browser.accessibility import breaches
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.cast import make_campaign, make_manager, make_phone
from tests.field import make_site, meet, play_days

pytestmark = pytest.mark.django_db(transaction=True)
BANDS = ("18-29", "30-39", "40-49", "50-59", "60+")


def key_of(gender: str, band: str) -> str:
    return f"gender={gender}|age_band={band}"


@pytest.fixture
def campaign() -> Campaign:
    """A campaign of some weeks: young men come by, old women do not."""
    cells = [
        {"key": {"gender": gender, "age_band": band}, "target": 1800}
        for gender in ("female", "male")
        for band in BANDS
    ]
    ends = (timezone.now().date() + timedelta(days=30)).isoformat()
    made = make_campaign(targets={"unit": "seconds", "cells": cells, "ends": ends})
    sites = {
        "market": (
            "The market",
            {("male", "18-29"): 30, ("male", "30-39"): 20, ("female", "18-29"): 8},
        ),
        "clinic": (
            "The clinic",
            {("female", "40-49"): 12, ("male", "50-59"): 14, ("female", "50-59"): 9},
        ),
        "college": (
            "The college",
            {("female", "18-29"): 30, ("male", "18-29"): 25, ("male", "40-49"): 2},
        ),
    }
    for slug, (name, people) in sites.items():
        site = make_site(made, slug, name)
        for days_ago in (3, 9):
            meet(made, site, {key_of(*who): n for who, n in people.items()}, days_ago=days_ago)
    make_site(made, "mosque", "The mosque in the old town")
    pace = {
        ("male", "18-29"): 1.2,
        ("male", "30-39"): 0.9,
        ("female", "18-29"): 0.8,
        ("female", "40-49"): 0.5,
        ("male", "40-49"): 0.6,
        ("male", "50-59"): 0.4,
        ("female", "50-59"): 0.3,
        ("female", "30-39"): 0.7,
    }
    play_days(made, {key_of(*who): each for who, each in pace.items()}, days=21, clips_each=16)
    Cell.objects.filter(key=key_of("female", "40-49")).update(pending_clips=60, pending_ms=300_000)
    for number in range(3):
        device = make_phone(made, install_id=f"install-000{number}").device
        if number:
            where = made.sites.get(slug="market" if number == 1 else "clinic")
            note_whereabouts(
                campaign_id=made.pk,
                collector_id=device.collector_id,
                site_id=where.pk,
                now=timezone.now(),
            )
        else:
            Device.objects.filter(pk=device.pk).update(
                seen_at=timezone.now() - timedelta(days=6),
                report={"unsent": 41, "unsent_bytes": 9_400_000},
            )
    return made


@pytest.fixture
def page(playwright: Playwright, address: str, campaign: Campaign) -> Iterator[Page]:
    """A manager's browser on the page."""
    manager = make_manager(campaign)
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/console/campaigns/spring")
        page.get_by_label("Name").fill(manager.user.username)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="what is missing").click()
        expect(page.get_by_role("heading", name="Coverage", exact=True)).to_be_visible()
        yield page
    finally:
        browser.close()


def test_the_page_is_whole_on_every_screen_and_open_to_all(page: Page, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.reload()
    for heading in ("Whom to recruit", "How it goes on", "Where to go", "Today", "Silent phones"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text("out of reach")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in ((1280, 900), (400, 860)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"coverage-{scheme}-{width}.png", full_page=True)
            faults += [f"{scheme} {width}: {fault}" for fault in breaches(page)]
            wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            if (beyond := page.evaluate(wider)) > 0:
                faults.append(f"{scheme} {width}: {beyond} pixels too wide")
    assert faults == []


def test_phones_silent_for_longer_are_asked_for_in_the_page(page: Page) -> None:
    silent = page.get_by_role("region", name="Silent phones", exact=True)
    expect(silent).to_contain_text("6 days")
    page.get_by_label("Silent for at least").fill("7")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("not heard of for 7 days")).to_be_visible()
    expect(silent).to_have_count(0)
