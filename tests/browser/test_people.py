"""Collectors, speakers, consent and withdrawal on a phone that goes from hand to hand."""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend import storage
from backend.accounts.models import Device, EnrolmentCode
from backend.campaigns.models import Campaign, CampaignState
from backend.clips.models import Clip, PromptReport, Session
from backend.clips.state import State
from backend.coverage.models import Cell
from backend.speakers.models import Consent, ConsentForm, Speaker
from tests.browser.chromium import phone_with
from tests.browser.steps import (
    add_speaker,
    agree,
    allow_publication,
    describe_speaker,
    enrol,
    go_offline,
    hand_over,
    keep,
    new_code,
    sit_down,
    take,
)
from tests.cast import CONSENT_TEXT, make_campaign
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


def wait_until_sent(page: Page, table: str) -> None:
    """Wait until the server has every row of a table."""
    for _ in range(100):
        if all(row["sent"] or row["refused"] for row in rows(page, table)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{table} are not sent")


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
    Device.objects.update(revoked_at=timezone.now())
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
    expect(page.locator("#status")).to_contain_text("1 needs help", timeout=15_000)
    go_home(page, address)
    page.locator(".person").click()
    expect(page.get_by_text("Correct the answers and save")).to_be_visible()
    page.get_by_role("button", name="Correct the answers").click()
    expect(page.get_by_role("textbox", name="Year of birth")).to_have_value("1994")
    page.get_by_role("group", name="Gender").get_by_text("woman", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#status")).to_contain_text("0 on this phone, 1 safe", timeout=15_000)
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
    enrol(page, address, new_code(campaign))
    Cell.objects.filter(key="gender=female|age_band=30-39").update(accepted_clips=10)
    describe_speaker(page)
    expect(page.get_by_text("There are enough voices like this one.")).to_be_visible()
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


def test_a_consent_is_spoken_and_its_words_are_kept(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    describe_speaker(page)
    hand_over(page)
    allow_publication(page)
    page.get_by_role("button", name="Say it instead").click()
    expect(page.get_by_text("Tap the button and say: “I agree”.")).to_be_visible()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    page.get_by_role("button", name="This is my consent").click()
    expect(page.get_by_role("button", name="Quiet room")).to_be_visible()
    assert rows(page, "clips") == []
    assert rows(page, "frames") == []
    for _ in range(100):
        if Consent.objects.filter(evidence_stored_at__isnull=False).exists():
            break
        page.wait_for_timeout(100)
    consent = Consent.objects.get()
    assert (consent.method, consent.evidence_type) == ("spoken", "audio/flac")
    body = storage.read(storage.consent_key(consent.pk), max_bytes=consent.evidence_bytes or 0)
    assert hashlib.sha256(body).hexdigest() == consent.evidence_sha256
    words, rate = soundfile.read(io.BytesIO(body))
    assert rate == RATE
    assert len(words) > RATE
    assert np.abs(words).max() > 0.1
    assert consent.scopes == ["collect", "publish"]


def test_a_consent_is_signed_and_one_scope_refused(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    describe_speaker(page)
    hand_over(page)
    page.get_by_role("button", name="Sign instead").click()
    expect(page.get_by_role("alert")).to_contain_text("May the recordings be published?")
    page.get_by_role("group", name="May the recordings be published?").get_by_text("No").click()
    page.get_by_role("button", name="Sign instead").click()
    done = page.get_by_role("button", name="This is my signature")
    expect(done).to_be_disabled()
    place = page.locator("canvas").bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 20, place["y"] + 20)
    page.mouse.down()
    page.mouse.move(place["x"] + 120, place["y"] + 60, steps=8)
    page.mouse.up()
    done.click()
    expect(page.get_by_role("button", name="Quiet room")).to_be_visible()
    for _ in range(100):
        if Consent.objects.filter(evidence_stored_at__isnull=False).exists():
            break
        page.wait_for_timeout(100)
    consent = Consent.objects.get()
    assert (consent.method, consent.evidence_type) == ("signature", "image/png")
    assert consent.scopes == ["collect"]
    body = storage.read(storage.consent_key(consent.pk), max_bytes=consent.evidence_bytes or 0)
    assert body.startswith(b"\x89PNG")


def test_a_consent_is_read_aloud_by_a_voice_of_its_language(
    page: Page, address: str, campaign: Campaign
) -> None:
    page.add_init_script(
        """window.said = [];
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
        Object.defineProperty(window, "speechSynthesis", { value: {
          getVoices: () => [{ lang: "en-GB", localService: true }],
          speak: (one) => said.push([one.lang, one.text]), cancel() {},
          addEventListener() {}, removeEventListener() {} } });"""
    )
    enrol(page, address, new_code(campaign))
    page.get_by_role("button", name="Add a speaker").click()
    page.get_by_role("textbox", name="Year of birth").fill(str(timezone.now().year - 15))
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="They don't know").click()
    page.get_by_role("button", name="Next").click()
    hand_over(page)
    expect(page.get_by_text("The speaker is under 18")).to_be_visible()
    page.get_by_role("button", name="Read aloud").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert page.evaluate("said") == [["en", CONSENT_TEXT]]


def test_a_text_that_was_replaced_is_agreed_to_anew(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    wait_until_sent(page, "consents")
    old = ConsentForm.objects.get()
    ConsentForm.objects.update(retired_at=timezone.now())
    new = ConsentForm.objects.create(
        campaign=campaign,
        version=2,
        locale="en",
        text="We record your voice. And we keep it.",
        scopes=["collect", "publish"],
        sha256="0" * 64,
        created_at=timezone.now(),
    )
    go_home(page, address)
    expect(page.get_by_text("has not agreed yet")).to_be_visible()
    page.locator(".person").click()
    hand_over(page)
    expect(page.get_by_text("And we keep it.")).to_be_visible()
    agree(page)
    wait_until_sent(page, "consents")
    assert set(Consent.objects.values_list("form", flat=True)) == {old.pk, new.pk}
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name=re.compile("^About ")).click()
    expect(page.get_by_text("version 1 · the text has changed since")).to_be_visible()


def test_a_speaker_withdraws_everything_without_a_network(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    sit_down(page)
    take(page, milliseconds=1200)
    keep(page)
    expect(page.locator("#status")).to_contain_text("1 safe", timeout=15_000)
    go_offline(page)
    take(page, milliseconds=1200)
    keep(page)
    assert [row["size"] > 0 for row in rows(page, "sounds")] == [True]
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name=re.compile("^About ")).click()
    page.get_by_role("button", name="Withdraw everything of this speaker").click()
    expect(page.get_by_role("alert")).to_contain_text("This cannot be undone.")
    page.get_by_role("button", name="Withdraw everything", exact=True).click()
    expect(page.locator(".person")).to_have_count(0)
    assert rows(page, "sounds") == []
    assert {row["state"] for row in rows(page, "clips")} == {"withdrawn"}
    assert "1994" not in str(rows(page, "speakers"))
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page, "posts")
    assert Speaker.objects.get().withdrawn_at is not None
    assert Clip.objects.get().state == State.WITHDRAWN


def test_one_clip_is_withdrawn_without_a_network(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    sit_down(page)
    for _ in range(2):
        take(page, milliseconds=1200)
        keep(page)
    expect(page.locator("#status")).to_contain_text("2 safe", timeout=15_000)
    go_offline(page)
    page.locator("#status .counts").click()
    line = page.locator(".clips li").first
    line.get_by_text("More", exact=True).click()
    page.on("dialog", lambda asked: asked.accept())
    line.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back and deleted")).to_be_visible()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page, "posts")
    assert sorted(Clip.objects.values_list("state", flat=True)) == [State.UPLOADED, State.WITHDRAWN]


def test_of_a_speaker_who_withdraws_before_anything_was_sent_nothing_is_sent(
    page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    go_offline(page)
    add_speaker(page)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name=re.compile("^About ")).click()
    page.get_by_role("button", name="Withdraw everything of this speaker").click()
    page.get_by_role("button", name="Withdraw everything", exact=True).click()
    expect(page.locator(".person")).to_have_count(0)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page, "posts")
    assert not Speaker.objects.exists()
    assert not Consent.objects.exists()


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
