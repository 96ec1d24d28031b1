"""What the record screen does with a take that does not go as planned."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.chromium import phone_with
from tests.browser.sound import RATE, speech, write_microphone
from tests.browser.steps import add_speaker, describe_speaker, enrol, keep, new_code, sit_down, take
from tests.cast import make_campaign

pytestmark = pytest.mark.django_db(transaction=True)
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# A browser that does not play a blob's address, as iOS 16.
NO_BLOBS = """
HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("", "NotSupportedError"));
"""
# Safari's engine while a call has the sound.
INTERRUPTED = """
delete window.MediaStreamTrackProcessor;
AudioContext.prototype.resume = () => new Promise(() => {});
Object.defineProperty(AudioContext.prototype, "state", { get: () => "interrupted" });
"""
# The browser's own quota is felt only after some megabytes.
FULL = """
IDBObjectStore.prototype.put = () => { throw new DOMException("", "QuotaExceededError"); };
"""
DECIDED_TWICE = """async () => {
  const db = await import(new URL("src/db.js", location.href));
  const takes = await import(new URL("src/capture/take_rows.js", location.href));
  const found = {};
  for (const id of ["kept", "withdrawn", "dropped"]) {
    const request = { take: 1, client_checks: {} };
    const prompt = { id, text: id, kind: "read" };
    const row = { id, state: "review", speaker: "s", session: "x", rate: 48000, request, prompt };
    const frame = { clip: id, n: 0, samples: 4096, bytes: new ArrayBuffer(100) };
    await db.commit([{ table: "clips", put: row }, { table: "frames", put: frame }]);
    if (id === "kept") await takes.keepTake(id, {});
    if (id === "withdrawn") {
      await db.change("clips", id, () => ({ state: "withdrawn" }));
      await takes.keepTake(id, {});
    }
    if (id !== "withdrawn") await takes.dropTake(id);
    found[id] = {
      state: (await db.get("clips", id))?.state ?? null,
      sound: Boolean(await db.get("sounds", id)),
      frames: (await db.framesOf(id)).length,
    };
  }
  return found;
}"""
# A prompt's sound is fetched; before it is here, the person taps on record.
LATE_VOICE = """async () => {
  const db = await import(new URL("src/db.js", location.href));
  const { promptVoice } = await import(new URL("src/prompt_voice.js", location.href));
  const prompt = { id: "p", revision: 1, has_audio: true };
  const bytes = new ArrayBuffer(10);
  await db.put("prompt_audio", { id: "p", revision: 1, content_type: "audio/flac", bytes });
  const told = [];
  const voice = promptVoice("", { playing: (on) => told.push(on), missing: () => {} });
  voice.show(prompt);
  const playing = voice.play();
  voice.stop();
  await playing;
  return told;
}"""
CLIPS = """async () => {
  const db = await import(new URL("src/db.js", location.href));
  return (await db.all("clips")).map(({ state, note, request }) => ({ state, note, ...request }));
}"""


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_microphone(tmp_path_factory.mktemp("microphone") / "voice.wav", speech(30))


@pytest.fixture
def phone(playwright: Playwright, voice: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=voice, profile=tmp_path / "phone") as context:
        yield context


def to_the_record_button(page: Page, address: str) -> None:
    enrol(page, address, new_code(make_campaign()))
    add_speaker(page)
    sit_down(page)


def test_a_page_that_goes_into_the_background_ends_the_take_and_says_so(
    phone: BrowserContext, address: str
) -> None:
    [page] = phone.pages
    to_the_record_button(page, address)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    page.wait_for_timeout(1200)
    page.evaluate(HIDE, "hidden")
    page.evaluate(HIDE, "visible")
    expect(page.get_by_text("The recording was interrupted.")).to_be_visible()
    page.get_by_role("button", name="Again").click()
    # The microphone was let go; the next tap opens it again.
    take(page, milliseconds=1200)
    keep(page)
    [clip] = page.evaluate(CLIPS)
    assert (clip["take"], clip["client_checks"]["takes"]) == (2, 2)


def test_a_take_that_is_left_waits_for_a_decision(phone: BrowserContext, address: str) -> None:
    [page] = phone.pages
    to_the_record_button(page, address)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    page.wait_for_timeout(1200)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Keep these?")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    [clip] = page.evaluate(CLIPS)
    assert clip["state"] in {"ready", "sent", "confirmed"}
    assert clip["client_checks"]["note"] == "left"
    assert clip["client_checks"]["recovered"] is True
    assert clip["duration_ms"] > 1000


def test_a_microphone_without_sound_is_told_while_it_is_recorded(
    playwright: Playwright, address: str, tmp_path: Path
) -> None:
    silent = write_microphone(tmp_path / "silent.wav", np.zeros(20 * RATE, np.int16))
    with phone_with(playwright, microphone=silent, profile=tmp_path / "phone") as context:
        [page] = context.pages
        to_the_record_button(page, address)
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text("No sound comes from the microphone!")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Nothing was heard.")).to_be_visible()
        page.get_by_role("button", name="Keep anyway").click()
        # Opened again for the next take: a phone that slept may give zeros for ever.
        take(page, milliseconds=300)
        assert page.evaluate(CLIPS)[0]["client_checks"]["kept_anyway"] is True


def test_a_take_is_heard_where_the_browser_plays_no_blobs(
    playwright: Playwright, voice: Path, address: str, tmp_path: Path
) -> None:
    with phone_with(playwright, microphone=voice, profile=tmp_path / "phone") as context:
        context.add_init_script(NO_BLOBS)
        [page] = context.pages
        to_the_record_button(page, address)
        # Long enough to be seen playing by somebody who does not look all the time.
        take(page, milliseconds=1800)
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        # To its end, which only sound that really plays has.
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_two_taps_on_record_and_on_keep_make_one_take(phone: BrowserContext, address: str) -> None:
    [page] = phone.pages
    to_the_record_button(page, address)
    twice = "(button) => { button.click(); button.click(); }"
    page.get_by_role("button", name="Record", exact=True).evaluate(twice)
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_enabled()
    page.wait_for_timeout(1500)
    stop.evaluate(twice)
    page.get_by_role("button", name="Keep").evaluate(twice)
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    [clip] = page.evaluate(CLIPS)
    facts = clip["client_checks"]
    assert clip["content_type"] == "audio/flac"
    # How many gaps, and how late the first frame: both are the machine's, not the page's.
    assert (facts["path"], facts["takes"]) == ("processor", 1)
    assert facts["pre_roll_ms"] == 500
    assert facts["first_frame_ms"] > 0
    assert facts["gaps"] >= 0


def test_two_pages_that_decide_about_one_take_neither_lose_nor_leave_anything(
    phone: BrowserContext, address: str
) -> None:
    [page] = phone.pages
    enrol(page, address, new_code(make_campaign()))
    found = page.evaluate(DECIDED_TWICE)
    # Kept first: throwing it away comes too late. Taken back first: nothing of it is kept.
    assert found["kept"] == {"state": "ready", "sound": True, "frames": 0}
    assert found["withdrawn"] == {"state": "withdrawn", "sound": False, "frames": 0}
    assert found["dropped"] == {"state": None, "sound": False, "frames": 0}


def test_a_full_phone_still_opens_with_the_take_that_filled_it(
    phone: BrowserContext, address: str
) -> None:
    [page] = phone.pages
    to_the_record_button(page, address)
    take(page, milliseconds=800)
    # As after a death in the middle of it.
    page.evaluate(
        """async () => {
          const db = await import(new URL("src/db.js", location.href));
          const [{ id }] = await db.all("clips");
          await db.change("clips", id, () => ({ state: "recording", note: undefined }));
        }"""
    )
    phone.add_init_script(FULL)
    page.reload()
    expect(page.get_by_role("heading", name="Keep these?")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("This phone is full: it could not be kept.")).to_be_visible()
    page.get_by_role("button", name="Throw away").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    assert page.evaluate(CLIPS) == []
    # What a new speaker said stays in the form, to be saved when there is room.
    describe_speaker(page)
    expect(page.get_by_role("alert")).to_contain_text("This phone is full")
    expect(page.get_by_role("button", name="Next")).to_be_enabled()


def test_a_microphone_that_a_call_keeps_is_given_up_with_words(
    playwright: Playwright, voice: Path, address: str, tmp_path: Path
) -> None:
    with phone_with(playwright, microphone=voice, profile=tmp_path / "phone") as context:
        context.add_init_script(INTERRUPTED)
        [page] = context.pages
        enrol(page, address, new_code(make_campaign()))
        add_speaker(page)
        page.get_by_role("button", name="Quiet room").click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        expect(page.get_by_role("button", name="Quiet room")).to_be_visible()


def test_a_prompt_that_is_heard_too_late_is_not_played_into_the_take(
    phone: BrowserContext, address: str
) -> None:
    [page] = phone.pages
    enrol(page, address, new_code(make_campaign()))
    assert page.evaluate(LATE_VOICE) == []
