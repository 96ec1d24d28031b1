"""The console's page of a campaign in a browser: it refreshes itself and plays a clip."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.cast import Person, make_campaign, make_manager, make_phone
from tests.factories import Sitting, sit_down, upload_clip

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager() -> Person:
    return make_manager(make_campaign())


@pytest.fixture
def sitting(manager: Person) -> Sitting:
    campaign = manager.user.memberships.get().campaign
    assert campaign is not None
    return sit_down(make_phone(campaign))


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def page(
    playwright: Playwright, address: str, manager: Person, faults: list[str]
) -> Iterator[Page]:
    """A manager's browser, signed in by the form and on the campaign's page."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{address}/console/campaigns/spring")
        page.get_by_label("Name").fill(manager.user.username)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Spring in the valley")).to_be_visible()
        yield page
    finally:
        browser.close()


def test_a_clip_that_arrives_is_shown_and_heard_without_a_reload(
    page: Page, sitting: Sitting, faults: list[str]
) -> None:
    expect(page.get_by_text("No clip here yet.")).to_be_visible()
    page.evaluate("window.stillHere = true")
    upload_clip(sitting)
    play = page.get_by_role("button", name="Play: The bus to the market")
    expect(play).to_be_visible()
    expect(page.locator(".counts .uploaded strong")).to_have_text("1")
    with page.expect_response(lambda answer: "/clips/" in answer.url and answer.ok) as heard:
        play.click()
    assert "X-Amz-Signature" in heard.value.json()["url"]
    expect(play).to_have_text("■")
    # Three seconds of sound: it ends by itself, or an error would have put another sign.
    expect(play).to_have_text("▶")
    assert page.evaluate("window.stillHere")
    assert faults == []


def test_what_somebody_is_typing_is_not_refreshed_away(page: Page) -> None:
    field = page.get_by_label("Version")
    field.fill("2.0.0")
    with page.expect_response("**/live"):
        pass
    page.wait_for_timeout(300)
    expect(field).to_have_value("2.0.0")
    expect(field).to_be_focused()


def test_the_page_fits_a_phone(page: Page, sitting: Sitting) -> None:
    upload_clip(sitting)
    page.set_viewport_size({"width": 400, "height": 860})
    page.reload()
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) == 0
