"""Every screen of the phone client at 360 x 640, from left to right and from right to left.

With SCREENSHOTS=DIR the pictures are left there to be looked at; the checks need no eyes.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.utils import timezone
from playwright.sync_api import BrowserContext, Playwright, ViewportSize, expect

from backend import storage
from backend.campaigns.models import Campaign, Prompt
from backend.campaigns.services import import_prompts
from backend.clips import lifecycle
from backend.clips.models import Clip, Session
from backend.clips.state import State
from tests.browser.chromium import phone_with
from tests.browser.steps import add_speaker, enrol, new_code, wait_until
from tests.browser.tour import Tour, said_in
from tests.cast import CONSENT_TEXT, TARGETS, make_campaign
from tests.sounds import noise, speech_like, wav

RATE = 44_100
ROOM_SECONDS = 4
LANGUAGES = ["en", "es", "ar"]
PROMPTS = [
    ("The bus to the market leaves at half past seven.", "read", "en", 15, 1),
    ("ok fieldvoice", "hotword", "en", 60, 3),
    ("Turn the light in the kitchen off", "command", "en", 8, 1),
    ("What did you do yesterday evening, and with whom?", "question", "en", 45, 1),
    (
        "My sister bought six oranges and a bag of rice at the market, then she waited for the bus"
        " beside the old bridge because it had begun to rain and nobody in the valley had brought"
        " an umbrella that day.",
        "read",
        "en",
        30,
        1,
    ),
    ("تغادر الحافلة إلى السوق في السابعة والنصف صباحًا.", "read", "ar", 15, 1),
    (
        "اشترت أختي ست برتقالات وكيسًا من الأرز من السوق، ثم انتظرت الحافلة بجانب الجسر القديم لأن"
        " المطر كان قد بدأ، ولم يحمل أحد في الوادي مظلة في ذلك اليوم الطويل من أيام الشتاء.",
        "read",
        "ar",
        30,
        1,
    ),
    ("बाज़ार जाने वाली बस साढ़े सात बजे निकलती है, और मेरी बहन उसी से जाएगी।", "read", "hi", 15, 1),
    ("รถเมล์ไปตลาดออกตอนเจ็ดโมงครึ่ง น้องสาวของฉันจะไปด้วยรถคันนั้น", "read", "th", 15, 1),
    ("去市场的公交车七点半出发，我妹妹会坐那班车去买六个橙子和一袋米。", "read", "zh", 15, 1),
    ("ወደ ገበያ የሚሄደው አውቶቡስ በሰባት ሰዓት ተኩል ይነሳል።", "read", "am", 15, 1),
]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quiet room for the room check, then a voice."""
    room = noise(ROOM_SECONDS, level_dbfs=-62, rate=RATE)
    voice = [speech_like(10.0, rate=RATE, seed=seed) for seed in range(9)]
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    soundfile.write(path, np.concatenate([room, *voice]), RATE, subtype="PCM_16")
    return path


@pytest.fixture
def campaign() -> Campaign:
    forms = [
        {"locale": "en", "text": CONSENT_TEXT, "scopes": ["collect", "publish"]},
        {"locale": "ar", "text": "نسجّل صوتك. هل توافق؟", "scopes": ["collect"]},
    ]
    made = make_campaign(consent_forms=forms, targets=TARGETS)
    made.prompt_sets.get().prompts.update(active=False)
    rows = [json.dumps(dict(zip(FIELDS, row, strict=True)), ensure_ascii=False) for row in PROMPTS]
    import_prompts(
        campaign=made, body="\n".join(rows), name="scripts", actor="system", now=timezone.now()
    )
    return made


FIELDS = ("text", "kind", "language", "max_seconds", "repeats")


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def reject_newest() -> None:
    """Let the server ask for the newest clip again, with the longest of its hints."""
    clip = Clip.objects.latest("id")
    reason = {"code": "too_short", "hint": "say_whole_text", "text": "Too quick."}
    verdict = {"outcome": "reject", "provisional": False, "profile_version": 1, "reasons": [reason]}
    lifecycle.move(
        clip_id=clip.pk,
        to=State.REJECTED,
        actor="system",
        at=timezone.now(),
        reason="quality_check",
        values={"verdict": verdict},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_fits_and_the_record_button_never_moves(
    phone: BrowserContext, address: str, campaign: Campaign, language: str, pictures: Path
) -> None:
    page = phone.pages[0]
    tour = Tour(page, language, pictures)
    tour.enrol(address, new_code(campaign))
    tour.add_speaker()
    tour.sit_down()
    place = tour.tap_box()
    assert place["width"] >= 120
    assert place["y"] + place["height"] <= 640

    # Every prompt, in its script: it fits, and the button stays.
    for _ in PROMPTS:
        text = page.locator(".prompt-text")
        name = re.sub(r"\W+", "-", text.inner_text())[:12].strip("-")
        tour.look(f"prompt-{text.get_attribute('lang')}-{name}")
        assert tour.tap_box() == place, name
        over = page.locator(".prompt").evaluate("(box) => box.scrollHeight - box.clientHeight")
        if over > 1:
            tour.faults[name] = [f"must be scrolled by {over}"]
        tour.button("record.skip").click()

    # One take through every phase, kept, and rejected by the server.
    while "fieldvoice" not in page.locator(".prompt-text").inner_text():
        tour.button("record.skip").click()
    page.locator(".tap").click()
    assert tour.tap_box() == place
    expect(page.locator(".tap[data-phase=recording]")).to_be_visible()
    page.wait_for_timeout(1500)
    tour.look("recording")
    assert tour.tap_box() == place
    page.locator(".tap").click()
    expect(page.locator(".keep")).to_be_visible()
    tour.look("review")
    assert tour.tap_box() == place
    page.locator(".keep").click()
    expect(page.locator(".tap")).to_be_visible()
    assert tour.tap_box() == place
    expect(page.locator(".said.safe")).to_be_visible()
    reject_newest()
    expect(page.locator(".said.bad")).to_be_visible()
    tour.look("rejected")
    assert tour.tap_box() == place

    page.locator(".back").click()
    expect(page.locator(".person").first).to_be_visible()
    tour.look("people")
    page.locator(".people .more").first.click()
    expect(page.locator(".screen.person")).to_be_visible()
    tour.look("person")
    page.locator(".back").click()
    tour.button("campaigns.add").click()
    expect(page.locator(".screen.campaigns")).to_be_visible()
    tour.look("campaigns")
    page.locator("footer .counts").click()
    expect(page.locator(".clips li").first).to_be_visible()
    tour.look("clips")
    tour.button("today.title").click()
    expect(page.locator(".day")).to_be_visible()
    expect(page.get_by_text(tour.words["today.none"])).to_be_hidden()
    tour.look("today")
    tour.button("settings.title").click()
    expect(page.locator("#choose-language")).to_be_visible()
    tour.look("settings")
    for name in ("export", "selftest"):
        tour.button(f"settings.{name}").click()
        expect(page.locator(f".screen.{name}")).to_be_visible()
        tour.look(name)
        page.locator("footer").get_by_text(tour.words["settings.title"]).click()
    assert tour.faults == {}


SIZES: dict[str, tuple[ViewportSize, str]] = {
    "narrow": ({"width": 320, "height": 568}, "100"),
    "sideways": ({"width": 640, "height": 360}, "100"),
    "large-letters": ({"width": 360, "height": 640}, "200"),
    "tall": ({"width": 412, "height": 915}, "100"),
}


def test_the_booth_fits_small_turned_and_large_lettered_phones(
    phone: BrowserContext, address: str, campaign: Campaign, pictures: Path
) -> None:
    page = phone.pages[0]
    enrol(page, address, new_code(campaign))
    add_speaker(page)
    page.locator(".back").click()
    tour = Tour(page, "en", pictures)
    for size, (viewport, letters) in SIZES.items():
        page.set_viewport_size(viewport)
        page.evaluate("(size) => { document.documentElement.style.fontSize = `${size}%` }", letters)
        page.locator(".person").first.click()
        page.locator(".screen.handover .primary").click()
        tour.sit_down()
        # Names are by chance; the widest there is must fit.
        page.locator(".top h1").evaluate("(heading) => { heading.textContent = 'mamu-mumu' }")
        while "My sister" not in page.locator(".prompt-text").inner_text():
            tour.button("record.skip").click()
        tour.look(f"{size}-idle")
        place = tour.tap_box()
        page.locator(".tap").scroll_into_view_if_needed()
        page.locator(".tap").click()
        expect(page.locator(".tap[data-phase=recording]")).to_be_visible()
        page.wait_for_timeout(1000)
        page.locator(".tap").click()
        expect(page.locator(".keep")).to_be_visible()
        tour.look(f"{size}-review")
        if letters == "100":
            # All of it is on the screen at once, whatever the line at the bottom says.
            assert tour.tap_box() == place, size
            heights = {page.evaluate(FOOTER, text) for text in worst_words()}
            assert heights == {60}, size
            assert place["y"] + place["height"] <= viewport["height"] - 60, size
        tour.button("record.again").click()
        expect(page.locator(".tap[data-phase=idle]")).to_be_visible()
        page.locator(".back").click()
    assert tour.faults == {}


# The height of the bottom line when it says this.
FOOTER = """(text) => {
  document.querySelector('#status .warning').textContent = text;
  return document.querySelector('#status').offsetHeight;
}"""


def worst_words() -> list[str]:
    """Return every warning of the bottom line in every language."""
    every = [said_in(language) for language in LANGUAGES]
    keys = [key for key in every[2] if key.startswith("status.") and key != "status.counts"]
    return [words[key].format(n=88, hours=2.5) for words in every for key in keys if key in words]


def test_a_noisy_room_is_told_and_may_be_recorded_in(
    playwright: Playwright, address: str, campaign: Campaign, tmp_path: Path, pictures: Path
) -> None:
    fan = tmp_path / "fan.wav"
    soundfile.write(fan, noise(30, level_dbfs=-20, rate=RATE), RATE, subtype="PCM_16")
    with phone_with(playwright, microphone=fan, profile=tmp_path / "phone") as context:
        page = context.pages[0]
        tour = Tour(page, "en", pictures)
        tour.enrol(address, new_code(campaign))
        tour.add_speaker()
        tour.button("place.indoors").click()
        again = tour.button("room.again")
        expect(again).to_be_focused()
        expect(page.get_by_role("heading", name="It is noisy here.")).to_be_visible()
        tour.look("room-noisy")
        again.click()
        expect(page.get_by_role("heading", name="Quiet, please")).to_be_visible()
        tour.button("room.on").click()
        expect(page.locator(".tap")).to_be_visible()
        assert tour.faults == {}
        wait_until(page, Session.objects.exists)

    session = Session.objects.get()
    room = session.device_facts["room"]
    assert (room["verdict"], room["tries"], room["went_on"]) == ("noisy", 2, True)
    assert room["level_dbov"] == pytest.approx(-20, abs=3)
    assert session.environment == "indoors"


def test_a_prompt_that_has_a_sound_is_heard_at_a_tap_or_by_itself(
    phone: BrowserContext, address: str, campaign: Campaign, pictures: Path
) -> None:
    prompts = Prompt.objects.filter(campaign=campaign, active=True)
    for prompt in prompts:
        key = storage.prompt_audio_key(prompt.pk, "0" * 64)
        storage.write(key=key, body=wav(speech_like(2.0)), content_type="audio/wav")
        prompts.filter(pk=prompt.pk).update(audio_key=key, audio_type="audio/wav")
    page = phone.pages[0]
    tour = Tour(page, "en", pictures)
    tour.enrol(address, new_code(campaign))
    tour.add_speaker()
    tour.sit_down()
    listen, pause = tour.button("record.listen"), tour.button("record.pause")
    expect(listen).to_be_visible()
    place = tour.tap_box()
    tour.look("listen")
    listen.click()
    expect(pause).to_be_visible()
    # Recording ends it: the prompt's own voice is no speaker.
    page.locator(".tap").click()
    expect(page.locator(".tap[data-phase=recording]")).to_be_visible()
    expect(pause).to_be_hidden()
    page.wait_for_timeout(1200)
    page.locator(".tap").click()
    tour.button("record.again").click()
    expect(listen).to_be_visible()
    assert tour.tap_box() == place

    page.locator(".back").click()
    tour.button("settings.title").click()
    page.get_by_label(tour.words["settings.aloud"]).check()
    page.locator(".back").click()
    page.locator(".person").first.click()
    page.locator(".screen.handover .primary").click()
    tour.sit_down()
    expect(pause).to_be_visible()
    expect(listen).to_be_visible()
    # What was fetched once is here for days without a network.
    phone.set_offline(True)
    listen.click()
    expect(pause).to_be_visible()
    assert tour.faults == {}


def test_two_thousand_recordings_are_listed_by_day_and_fifty_at_a_time(
    phone: BrowserContext, address: str, campaign: Campaign, pictures: Path
) -> None:
    page = phone.pages[0]
    tour = Tour(page, "en", pictures)
    tour.enrol(address, new_code(campaign))
    page.evaluate(MANY_CLIPS, 2000)
    page.reload()
    expect(page.locator("#status")).to_contain_text("0 on this phone, 2000 safe")
    page.locator("footer .counts").click()
    rows = page.locator(".clips li")
    expect(rows).to_have_count(50)
    expect(page.locator(".clips h2")).to_have_count(2)
    tour.button("clips.more").click()
    expect(rows).to_have_count(100)
    tour.look("clips-many")
    assert tour.faults == {}


# Rows as a phone has them after weeks; 40 to a day and speaker.
MANY_CLIPS = """async (count) => {
  const of = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const db = await of(indexedDB.open('fieldvoice'));
  const all = (table) => of(db.transaction(table).objectStore(table).getAll());
  const [{collector, campaign}] = await all('enrolments');
  const [{pack: {prompts}}] = await all('packs');
  const writing = db.transaction('clips', 'readwrite');
  for (let n = 0; n < count; n++) {
    const made_at = Date.now() - Math.floor((count - 1 - n) / 40) * 86_400_000;
    const id = (tail) => `01900000-0000-7000-8000-${String(tail).padStart(12, '0')}`;
    writing.objectStore('clips').put({id: id(n), collector, campaign, speaker: id(7),
      session: id(1), prompt: prompts[n % prompts.length],
      request: {duration_ms: 3000, bytes: 9000}, sent: true, refused: '', made_at,
      state: 'confirmed', receipt: null, tries: 0, next_try: 0,
      verdict: {outcome: 'pass', provisional: false, reasons: []}});
  }
  await new Promise((done) => { writing.oncomplete = done; });
  db.close();
}"""
