"""The reviewer's page in a browser: by keys alone, the next clip at once, all of it written."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Playwright, expect

from backend.clips.models import Clip, ClipEvent
from backend.quality.models import Derivative
from backend.quality.reviewing import review_clip
from tests.browser.accessibility import breaches
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.cast import Person, make_campaign, make_manager, make_phone
from tests.factories import sit_down
from tests.judged import judged_clip, write_rules

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clips() -> list[Clip]:
    """Three clips that wait for a person; their originals are what is heard."""
    campaign = make_campaign()
    write_rules(campaign, noisy=10, review=20)
    sitting = sit_down(make_phone(campaign))
    waiting = [judged_clip(sitting, snr_db=value) for value in (15, 16, 17)]
    for clip in waiting:
        Derivative.objects.filter(clip=clip).update(key=f"clips/{clip.pk}")
    return waiting


@pytest.fixture
def manager(clips: list[Clip]) -> Person:
    """Who reviews them."""
    return make_manager(clips[0].campaign)


@pytest.fixture
def page(playwright: Playwright, address: str, manager: Person) -> Iterator[Page]:
    """A manager's browser on the page, with no fault said in its console."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    faults: list[str] = []
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/console/campaigns/spring/review")
        page.get_by_label("Name").fill(manager.user.username)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Review")).to_be_visible()
        yield page
        assert faults == []
    finally:
        browser.close()


def shown(page: Page, clip: Clip) -> None:
    """Wait until the clip's card is on the page."""
    expect(page.locator(f'form[data-clip="{clip.pk}"]')).to_be_visible()


def test_a_reviewer_hears_and_decides_by_keys_alone(page: Page, clips: list[Clip]) -> None:
    shown(page, clips[0])
    with page.expect_response(lambda answer: "/hear" in answer.url and answer.ok):
        page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("[data-key='1']")).to_be_checked()
    # What comes next is heard without a key.
    with (
        page.expect_response(lambda answer: str(clips[0].pk) in answer.url and answer.ok),
        page.expect_response(lambda answer: f"{clips[1].pk}/hear" in answer.url and answer.ok),
    ):
        page.keyboard.press("r")
    shown(page, clips[1])
    with page.expect_response(lambda answer: str(clips[1].pk) in answer.url and answer.ok):
        page.keyboard.press("p")
    shown(page, clips[2])
    page.keyboard.press("n")
    expect(page.get_by_text("That was the last one.")).to_be_visible()
    events = ClipEvent.objects.filter(reason="review").order_by("id")
    assert [(event.clip_id, event.detail) for event in events] == [
        (clips[0].pk, {"decision": "reject", "reasons": ["noisy"]}),
        (clips[1].pk, {"decision": "pass", "reasons": []}),
    ]


def test_a_decision_that_was_not_taken_is_said(
    page: Page, clips: list[Clip], manager: Person
) -> None:
    shown(page, clips[0])
    review_clip(
        clip_id=clips[0].pk,
        decision="reject",
        reasons=[],
        actor=f"user:{manager.user.pk}",
        now=timezone.now(),
    )
    review_clip(
        clip_id=clips[0].pk, decision="pass", reasons=[], actor="user:2", now=timezone.now()
    )
    page.get_by_role("button", name="Reject").click()
    shown(page, clips[1])
    expect(page.get_by_role("alert")).to_contain_text("This clip is not waiting for a decision.")


def test_keys_can_be_switched_off(page: Page, clips: list[Clip]) -> None:
    shown(page, clips[0])
    page.get_by_label("Keys").uncheck()
    page.keyboard.press("p")
    page.reload()
    expect(page.get_by_label("Keys")).not_to_be_checked()
    shown(page, clips[0])


def test_the_page_is_for_everybody(page: Page, clips: list[Clip]) -> None:
    shown(page, clips[0])
    assert breaches(page) == []
