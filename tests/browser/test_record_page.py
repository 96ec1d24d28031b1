"""The record page on a phone: from the enrolment link to the receipt and the verdict."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend import storage
from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.clips.models import Clip, Session
from backend.clips.state import State
from backend.speakers.codes import speaker_code
from backend.speakers.models import Consent, Speaker
from tests.browser.chromium import phone_with
from tests.browser.steps import add_speaker, enrol, keep, new_code, sit_down, take
from tests.cast import make_campaign
from tests.sounds import speech_like
from tests.walk import run_job

RATE = 44_100
SOURCE_SECONDS = 60
pytestmark = pytest.mark.django_db(transaction=True)
Samples = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """What the microphone hears: 44.1 kHz, the rate at which the fake device adds nothing."""
    parts = [speech_like(10.0, rate=RATE, seed=seed) for seed in range(SOURCE_SECONDS // 10)]
    return np.round(np.concatenate(parts) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def microphone(source: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    soundfile.write(path, source, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def code(campaign: Campaign) -> str:
    return new_code(campaign)


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture
def faults(phone: BrowserContext) -> list[str]:
    """What the page complains about: errors of scripts and breaches of its policy."""
    found: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on(
            "console",
            lambda message: (
                found.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )

    phone.on("page", listen)
    for page in phone.pages:
        listen(page)
    return found


def stored_sound(clip: Clip) -> Samples:
    """Return the stored file's samples; it must be mono FLAC of 16 bits at the mic's rate."""
    body = storage.read(storage.clip_key(clip.pk), max_bytes=clip.bytes)
    with soundfile.SoundFile(io.BytesIO(body)) as file:
        assert (file.format, file.subtype) == ("FLAC", "PCM_16")
        assert (file.channels, file.samplerate) == (1, RATE)
        samples: Samples = file.read(dtype="int16")
    return samples


def correlation(taken: Samples, source: Samples) -> float:
    """Return the correlation of the take's middle second with the place of the source it fits best.

    The device plays its file over and over, so that the source is looked at as a ring.
    """
    start = len(taken) // 2 - RATE // 2
    piece = taken[start : start + RATE].astype(np.float64)
    ring = np.concatenate([source, source[:RATE]]).astype(np.float64)
    size = 1 << (len(ring) + len(piece)).bit_length()
    found = np.fft.irfft(np.fft.rfft(ring, size) * np.conj(np.fft.rfft(piece, size)), size)
    squares = np.concatenate([[0.0], np.cumsum(ring**2)])
    energy = squares[RATE:] - squares[:-RATE]
    length = len(energy)
    best = found[:length] / np.sqrt(np.maximum(energy, 1.0) * (piece**2).sum())
    return float(best.max())


def test_a_collector_records_a_speaker_and_sees_the_clip_home_and_judged(
    phone: BrowserContext, address: str, code: str, source: Samples, faults: list[str]
) -> None:
    page = phone.pages[0]
    enrol(page, address, code)
    assert code not in page.url
    add_speaker(page)
    sit_down(page)
    take(page)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    keep(page)
    expect(page.locator("#status")).to_contain_text("0 on this phone, 1 safe")
    expect(page.get_by_text("Being checked")).to_be_visible()

    clip = Clip.objects.select_related("session", "speaker").get()
    assert clip.state == State.UPLOADED
    taken = stored_sound(clip)
    assert clip.duration_ms == round(1000 * len(taken) / RATE)
    assert clip.duration_ms > 2000
    assert correlation(taken, source) > 0.99

    speaker = Speaker.objects.get()
    assert speaker.demographics == {
        "gender": "female",
        "birth_year": 1994,
        "accent": "declined",
        "languages": ["English", "Welsh"],
    }
    assert speaker.code == speaker_code(speaker.pk)
    expect(page.get_by_role("heading", name=speaker.code)).to_be_visible()
    assert Consent.objects.get().method == "tap"
    facts = Session.objects.get().device_facts
    assert facts["sample_rate"] == RATE
    asked, got = facts["settings_asked"], facts["settings_got"]
    for setting in ("echoCancellation", "noiseSuppression", "autoGainControl"):
        assert asked[setting] is False
        assert got[setting] is False
    assert "deviceId" not in got
    assert clip.client_checks["peak"] > 0.1

    run_job("check_quality", clip.pk)
    clip.refresh_from_db()
    shown = {
        State.PASSED: "Good recording",
        State.REVIEW: "A person will listen to it",
        State.REJECTED: "Record it again",
    }[State(clip.state)]
    expect(page.get_by_text(shown)).to_be_visible()
    assert faults == []


def test_a_kept_take_survives_a_closed_browser_and_goes_home_later(
    playwright: Playwright, microphone: Path, tmp_path: Path, address: str, code: str
) -> None:
    profile = tmp_path / "phone"
    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        page = context.pages[0]
        enrol(page, address, code)
        add_speaker(page)
        sit_down(page)
        context.set_offline(True)
        take(page, milliseconds=1500)
        keep(page)
        expect(page.locator("#status")).to_contain_text("1 on this phone, 0 safe")
        take(page, milliseconds=500)  # not kept: nobody said it was good
    assert not Clip.objects.exists()
    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        page = context.pages[0]
        page.goto(f"{address}/app/")
        expect(page.get_by_role("heading", name="Keep these?")).to_be_visible()
        page.get_by_role("button", name="Throw away").click()
        expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
        expect(page.locator("#status")).to_contain_text("0 on this phone, 1 safe")
    clip = Clip.objects.get()
    assert clip.state == State.UPLOADED
    assert len(stored_sound(clip)) / RATE == pytest.approx(clip.duration_ms / 1000, abs=0.001)


def test_a_reload_in_the_middle_of_an_upload_sends_the_take_once(
    phone: BrowserContext, address: str, code: str
) -> None:
    page = phone.pages[0]
    enrol(page, address, code)
    add_speaker(page)
    sit_down(page)
    # The bytes reach the store, the answer never reaches the phone.
    confirmations = re.compile(r"/v1/clips/uploaded$")
    phone.route(confirmations, lambda route: route.abort())
    take(page, milliseconds=1500)
    with page.expect_event("requestfailed", lambda gone: bool(confirmations.search(gone.url))):
        keep(page)
    expect(page.locator("#status")).to_contain_text("1 on this phone, 0 safe")
    # Before the reload: a second lost answer would only make the phone wait longer to ask again.
    phone.unroute(confirmations)
    puts: list[str] = []
    page.on("request", lambda sent: puts.append(sent.url) if "X-Amz-" in sent.url else None)
    page.reload()
    expect(page.locator("#status")).to_contain_text("0 on this phone, 1 safe")
    assert Clip.objects.get().state == State.UPLOADED
    # One PUT more at most: the store answers it with 412 and keeps the first.
    assert len(puts) <= 1


def test_again_throws_a_take_away_and_counts_it(
    phone: BrowserContext, address: str, code: str
) -> None:
    page = phone.pages[0]
    enrol(page, address, code)
    add_speaker(page)
    sit_down(page)
    take(page, milliseconds=1200)
    page.get_by_role("button", name="Again").click()
    take(page, milliseconds=1200)
    keep(page)
    expect(page.locator("#status")).to_contain_text("1 safe")
    assert Clip.objects.get().take == 2


def test_a_rejected_clip_is_recorded_again_at_once(
    phone: BrowserContext, address: str, code: str
) -> None:
    page = phone.pages[0]
    enrol(page, address, code)
    add_speaker(page)
    sit_down(page)
    prompt = page.locator(".prompt-text").inner_text()
    take(page, milliseconds=1200)
    keep(page)
    expect(page.locator("#status")).to_contain_text("1 safe")
    first = Clip.objects.get()
    reason = {"code": "too_quiet", "hint": "move_closer", "text": "Too quiet."}
    lifecycle.move(
        clip_id=first.pk,
        to=State.REJECTED,
        actor="system",
        at=timezone.now(),
        reason="quality_check",
        values={
            "verdict": {
                "outcome": "reject",
                "provisional": False,
                "profile_version": 1,
                "reasons": [reason],
            }
        },
    )
    expect(page.get_by_text("Too quiet. Move closer or speak up.")).to_be_visible()
    page.get_by_role("button", name="Record it again").click()
    expect(page.locator(".prompt-text")).to_have_text(prompt)
    take(page, milliseconds=1200)
    keep(page)
    expect(page.locator("#status")).to_contain_text("2 safe")
    second = Clip.objects.exclude(pk=first.pk).get()
    assert second.prompt_id == first.prompt_id
    assert (first.take, second.take) == (1, 2)


def test_a_wrong_code_is_told_in_plain_words(phone: BrowserContext, address: str) -> None:
    page = phone.pages[0]
    enrolled = f"{address}/app/#code=ZZZZ-ZZZZ-ZZZZ"
    page.goto(enrolled)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_have_text(
        "This code is not known. Check it letter by letter."
    )
    assert not Device.objects.exists()


def test_the_page_speaks_spanish_and_keeps_the_prompts_own_language(
    phone: BrowserContext, address: str, code: str
) -> None:
    page = phone.pages[0]
    page.goto(f"{address}/app/#code={code}")
    page.get_by_label("Language").select_option("es")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_label("Tu nombre").fill("Ada")
    page.get_by_role("button", name="Empezar").click()
    page.get_by_role("button", name="Añadir hablante").click()
    page.get_by_role("button", name="Siguiente").click()
    page.get_by_role("button", name="No lo saben").click()
    page.get_by_role("button", name="Siguiente").click()
    page.get_by_role("button", name=re.compile("^Soy ")).click()
    expect(page.get_by_text("We record your voice.")).to_be_visible()
    page.get_by_role("group", name="¿Se pueden publicar").get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Acepto", exact=True).click()
    page.get_by_role("button", name="Habitación tranquila").click()
    anyway = page.get_by_role("button", name="Seguir igual")
    prompt = page.locator(".prompt-text")
    expect(anyway.or_(prompt)).to_be_visible()
    if anyway.is_visible():
        anyway.click()
    expect(prompt).to_have_attribute("lang", "en")
    expect(prompt).to_have_attribute("dir", "ltr")
    expect(page.get_by_role("button", name="Grabar")).to_be_visible()


def test_a_whole_take_is_made_by_keyboard(phone: BrowserContext, address: str, code: str) -> None:
    page = phone.pages[0]
    enrol(page, address, code)
    add_speaker(page)
    sit_down(page)
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("1 safe")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_focused()


def test_nothing_on_the_phones_screen_is_wider_than_the_phone(
    phone: BrowserContext, address: str, code: str
) -> None:
    page = phone.pages[0]

    def fits() -> bool:
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(page.evaluate(wide))

    enrol(page, address, code)
    assert fits()
    page.get_by_role("button", name="Add a speaker").click()
    assert fits()
    page.get_by_role("button", name="Back").click()
    add_speaker(page)
    sit_down(page)
    assert fits()
    button = page.get_by_role("button", name="Record", exact=True).bounding_box()
    assert button is not None
    assert button["width"] >= 96
    assert button["y"] + button["height"] <= 640
