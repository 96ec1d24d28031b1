"""Speakers on a phone that goes from hand to hand: described, corrected, found, promised."""

import re

import pytest
from playwright.sync_api import Page, expect

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, PromptReport, Session
from backend.clips.state import State
from backend.coverage.models import Cell
from backend.speakers.models import Speaker
from tests.browser.steps import (
    add_speaker,
    agree,
    describe_speaker,
    enrol,
    go_home,
    go_offline,
    hand_over,
    keep,
    new_code,
    rows,
    sit_down,
    take,
    wait_until,
    wait_until_sent,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_question_is_asked_again_and_never_becomes_unknown_by_itself(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    page.get_by_role("button", name="Add a speaker").click()
    page.get_by_role("group", name="Gender").get_by_text("female", exact=True).click()
    page.get_by_role("button", name="Next").click()
    asked = page.get_by_role("alert")
    expect(asked).to_contain_text("Please answer: Year of birth, Age, Accent or region, Languages")
    assert rows(page, "speakers") == []
    asked.get_by_role("button", name="They'd rather not say").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Hand over")).to_be_visible()
    (row,) = rows(page, "speakers")
    assert row["request"]["demographics"] == {
        "gender": "female",
        "birth_year": "declined",
        "age_band": "declined",
        "accent": "declined",
        "languages": "declined",
    }


def test_a_speaker_whom_the_server_refused_is_corrected_and_sent_with_all_that_hung_on_it(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    go_offline(page)
    add_speaker(page)
    sit_down(page)
    take(page, milliseconds=1200)
    keep(page)
    # Since the pack was fetched, the campaign asks for other answers.
    gender, *others = campaign.demographics
    campaign.demographics = [{**gender, "choices": ["woman", "man"]}, *others]
    campaign.save()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#status")).to_contain_text("1 needs help")
    # The new questions come after the refusal; the form asks those that are here when it is opened.
    wait_until(page, lambda: "woman" in str(rows(page, "packs")))
    go_home(page, address)
    page.locator(".person").click()
    expect(page.get_by_text("Correct the answers and save")).to_be_visible()
    page.get_by_role("button", name="Correct the answers").click()
    expect(page.get_by_role("textbox", name="Year of birth")).to_have_value("1994")
    page.get_by_role("group", name="Gender").get_by_text("woman", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#status")).to_contain_text("0 on this phone, 1 safe")
    assert Speaker.objects.get().demographics["gender"] == "woman"
    assert Clip.objects.get().state == State.UPLOADED


def test_answers_are_corrected_after_they_were_sent(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    page.get_by_role("button", name="Add a speaker").click()
    page.get_by_role("group", name="Gender").get_by_text("female", exact=True).click()
    page.get_by_role("group", name="Year of birth").get_by_text("rather not say").click()
    page.get_by_role("group", name="Age").get_by_text("18-29").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="They don't know").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Somebody else").click()
    wait_until_sent(page, "speakers")
    assert Speaker.objects.get().cell == "gender=female|age_band=18-29"
    page.get_by_role("button", name=re.compile("^About ")).click()
    expect(page.get_by_text("18-29")).to_be_visible()
    page.get_by_role("button", name="Correct the answers").click()
    page.get_by_role("textbox", name="Year of birth").fill("1994")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1994")).to_be_visible()
    wait_until_sent(page, "posts")
    # The year that is known now decides, not the band that was told before.
    assert Speaker.objects.get().cell == "gender=female|age_band=30-39"


def test_the_phone_is_handed_over_before_every_speaker(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    first = page.locator("h1").inner_text()
    page.get_by_role("button", name="Back").click()
    describe_speaker(page)
    expect(page.get_by_text("Hand the phone to")).to_be_visible()
    second = page.locator(".code").inner_text()
    assert first != second
    expect(page.get_by_text("This voice is needed.")).to_be_visible()
    hand_over(page)
    agree(page)
    page.get_by_role("button", name="Back").click()
    page.locator(".person", has_text=first).click()
    expect(page.locator(".code")).to_have_text(first)
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_hidden()
    page.get_by_role("button", name=f"I am {first}").click()
    expect(page.get_by_role("heading", name=first)).to_be_visible()


def test_nobody_is_turned_away_where_there_is_enough(
    page: Page, address: str, campaign: Campaign
) -> None:
    # Before the phone comes: what it was promised ahead would stand, though the cell is full since.
    Cell.objects.filter(key="gender=female|age_band=30-39").update(accepted_clips=10)
    enrol(page, address, new_code(campaign))
    describe_speaker(page)
    expect(page.get_by_text("on the waiting list")).to_be_visible()
    expect(page.locator(".find li")).to_have_count(3)
    expect(page.locator(".find")).not_to_contain_text("female, 30-39")
    hand_over(page)
    agree(page)
    sit_down(page)
    page.get_by_role("button", name="Back").click()
    go_offline(page)
    page.locator(".person").click()
    expect(page.get_by_text("No network: whether this voice is still needed")).to_be_visible()


def test_the_session_names_what_was_set_aside_for_it(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    describe_speaker(page)
    expect(page.get_by_text("This voice is needed.")).to_be_visible()
    hand_over(page)
    agree(page)
    sit_down(page)
    wait_until_sent(page, "sessions")
    assert Session.objects.get().hold is not None


def test_a_text_that_is_wrong_is_reported_and_not_shown_again(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    sit_down(page)
    go_offline(page)
    text = page.locator(".prompt-text").inner_text()
    page.get_by_role("button", name="Not this text").click()
    page.get_by_role("dialog").get_by_role("button", name="It is offensive").click()
    expect(page.locator(".prompt-text")).not_to_have_text(text)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page, "posts")
    report = PromptReport.objects.select_related("prompt").get()
    assert (report.kind, report.reason, report.prompt.text) == ("report", "offensive", text)


def test_many_speakers_are_searched_by_their_spoken_names(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    go_offline(page)
    for _ in range(9):
        page.get_by_role("button", name="Add a speaker").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="They don't know").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Somebody else").click()
    people = page.locator(".person")
    expect(people).to_have_count(9)
    name = people.nth(4).locator("strong").inner_text()
    page.get_by_role("searchbox").fill(name)
    expect(people).to_have_count(1)
    expect(people).to_contain_text(name)
