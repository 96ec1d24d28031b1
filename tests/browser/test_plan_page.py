"""The console's plan page in a browser: a plan is tried, brought as a file, written.

With SCREENSHOTS=DIR the pictures are left there to be looked at; the checks need no eyes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.accessibility import breaches
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.cast import make_campaign, make_manager, make_phone
from tests.factories import sit_down
from tests.field import play_days

pytestmark = pytest.mark.django_db(transaction=True)
BY_ACCENT = """unit: speakers
mode: margins
dimensions: [gender, accent]
margins:
  gender: {female: 30, male: 30}
  accent: {valley: 20, coast: 40}
"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def page(playwright: Playwright, address: str) -> Iterator[Page]:
    """A manager's browser on the page of a campaign that has collected for some days."""
    campaign = make_campaign()
    manager = make_manager(campaign)
    play_days(campaign, {"gender=female|age_band=18-29": 0.8}, days=5, clips_each=4)
    sit_down(make_phone(campaign), accent="valley")
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/console/campaigns/spring")
        page.get_by_label("Name").fill(manager.user.username)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="plan", exact=True).click()
        expect(page.get_by_role("heading", name="Plan", exact=True)).to_be_visible()
        yield page
    finally:
        browser.close()


def look(page: Page, folder: Path, name: str) -> list[str]:
    """Return what is wrong with the page on wide and narrow, light and dark screens."""
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in ((1280, 900), (400, 860)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
            faults += [f"{name} {scheme} {width}: {fault}" for fault in breaches(page)]
            if (beyond := page.evaluate(WIDER)) > 0:
                faults.append(f"{name} {scheme} {width}: {beyond} pixels too wide")
    page.set_viewport_size({"width": 1280, "height": 900})
    return faults


def test_a_plan_is_tried_refused_brought_and_written(page: Page, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    faults = look(page, folder, "plan")
    page.get_by_role("textbox", name="The plan as YAML").fill(BY_ACCENT)
    page.get_by_role("button", name="What would change?").click()
    expect(page.get_by_text("4 cells: 4 new")).to_be_visible()
    faults += look(page, folder, "plan-tried")
    table = tmp_path / "targets.csv"
    table.write_text("gender,accent,target\nfemale,valley,-5\n", encoding="utf-8")
    page.get_by_label("Or a file instead").set_input_files(table)
    page.get_by_role("button", name="What would change?").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2")
    faults += look(page, folder, "plan-refused")
    page.get_by_role("textbox", name="The plan as YAML").fill(BY_ACCENT)
    page.get_by_role("button", name="Write as version 2").click()
    expect(page.get_by_text("Version 2 holds.")).to_be_visible()
    expect(page.get_by_role("heading", name="Recordings of before")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="its targets as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("dimension,level,target,unit")
    assert faults + look(page, folder, "plan-written") == []
