"""Consent and withdrawal on a phone: spoken, signed, read aloud, agreed to anew, taken back."""

import hashlib
import io
import re

import numpy as np
import pytest
import soundfile
from django.utils import timezone
from playwright.sync_api import Page, expect

from backend import storage
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.clips.state import State
from backend.speakers.models import Consent, ConsentForm, Speaker
from tests.browser.steps import (
    add_speaker,
    agree,
    allow_publication,
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
from tests.cast import CONSENT_TEXT

RATE = 44_100
pytestmark = pytest.mark.django_db(transaction=True)


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
    wait_until(page, Consent.objects.filter(evidence_stored_at__isnull=False).exists)
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
    wait_until(page, Consent.objects.filter(evidence_stored_at__isnull=False).exists)
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
    expect(page.locator("#status")).to_contain_text("1 safe")
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
    expect(page.locator("#status")).to_contain_text("2 safe")
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
