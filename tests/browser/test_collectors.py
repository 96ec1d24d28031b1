"""Collectors and campaigns that share a phone; phones that are signed out or cannot begin."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from backend.accounts.models import Device, EnrolmentCode
from backend.campaigns.models import Campaign, CampaignState
from backend.speakers.models import Speaker
from tests.browser.steps import (
    describe_speaker,
    enrol,
    go_home,
    go_offline,
    new_code,
    rows,
    wait_until_sent,
)
from tests.cast import make_campaign

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
pytestmark = pytest.mark.django_db(transaction=True)


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
    go_offline(page)
    describe_speaker(page)
    page.get_by_role("button", name="Somebody else").click()

    # What is only on the phone keeps it in the campaign.
    page.get_by_role("button", name="Add a campaign or collector").click()
    mine = page.locator(".campaigns li", has_text="Autumn on the coast")
    mine.get_by_role("button", name="Leave").click()
    expect(mine.get_by_role("alert")).to_contain_text("Not yet: 1")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page, "speakers")
    mine.get_by_role("button", name="Leave").click()
    mine.get_by_role("button", name="Leave now").click()
    expect(page.locator(".campaigns li")).to_have_count(1)
    assert Device.objects.get(campaign=autumn).revoked_at is not None
    assert Device.objects.get(campaign=campaign).revoked_at is None
    assert rows(page, "speakers") == []
    assert [row["campaign"] for row in rows(page, "packs")] == ["spring"]
    assert Speaker.objects.count() == 1


def test_a_phone_that_was_signed_out_says_so_and_comes_back_with_everything(
    page: Page, address: str, campaign: Campaign
) -> None:
    code = new_code(campaign)
    enrol(page, address, code)
    go_offline(page)
    describe_speaker(page)
    page.get_by_role("button", name="Somebody else").click()
    collector = rows(page, "enrolments")[0]["collector"]
    # A database of yesterday, say: the server knows the phone, and not its newest token.
    Device.objects.update(token_hash="0" * 64)
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_text("The server has signed this phone out.")).to_be_visible()
    page.locator("#app").get_by_role("button", name="Enrol this phone again").click()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The server has signed this phone out.")).to_be_hidden()
    expect(page.locator(".person")).to_have_count(1)
    wait_until_sent(page, "speakers")
    assert str(Speaker.objects.get().collector_id) == collector
    assert EnrolmentCode.objects.get().uses == 1


def test_a_closed_campaign_takes_no_new_takes(page: Page, address: str, campaign: Campaign) -> None:
    enrol(page, address, new_code(campaign))
    describe_speaker(page)
    page.get_by_role("button", name="Somebody else").click()
    Campaign.objects.update(state=CampaignState.CLOSED)
    page.reload()
    expect(page.get_by_text("This campaign is over: nothing new is recorded.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a speaker")).to_be_hidden()
    page.locator(".person").click()
    expect(page.get_by_role("heading", name="Consent")).to_be_visible()
    expect(page.get_by_role("button", name="Read the consent again")).to_be_hidden()


def test_a_tab_on_an_iphone_shows_how_to_install_and_uses_no_code(
    page: Page, address: str, campaign: Campaign
) -> None:
    page.add_init_script(
        f"Object.defineProperty(navigator, 'userAgent', {{get: () => {IPHONE!r}}})"
    )
    code = new_code(campaign)
    page.goto(f"{address}/app/#code={code}")
    expect(page.get_by_role("heading", name="Install the app first")).to_be_visible()
    expect(page.get_by_text(code)).to_be_visible()
    expect(page.get_by_text("Choose “Add to Home Screen”.")).to_be_visible()
    assert code not in page.url
    assert page.evaluate("history.length") <= 2
    assert EnrolmentCode.objects.get().uses == 0
    page.add_init_script("navigator.standalone = true")
    page.reload()
    expect(page.get_by_role("heading", name="Enrol this phone")).to_be_visible()
