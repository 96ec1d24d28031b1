"""Every screen of the phone client at 360 x 640, from left to right and from right to left.

With SCREENSHOTS=DIR the pictures are left there to be looked at; the checks need no eyes.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.utils import timezone
from playwright.sync_api import BrowserContext, FloatRect, Page, Playwright, expect

from backend.campaigns.models import Campaign
from backend.campaigns.services import import_prompts
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.state import State
from backend.settings import BASE_DIR
from tests.browser.chromium import phone_with
from tests.browser.steps import new_code
from tests.cast import CONSENT_TEXT, TARGETS, make_campaign
from tests.sounds import noise, speech_like

RATE = 44_100
ROOM_SECONDS = 4
LANGUAGES = ["en", "es", "ar"]
PROMPTS = [
    ("The bus to the market leaves at half past seven.", "read", "en", 15, 1),
    ("ok fieldvoice", "hotword", "en", 12, 3),
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


def said_in(language: str) -> dict[str, str]:
    """Return the words of a language."""
    path = BASE_DIR / "mobile_client" / "i18n" / f"{language}.json"
    words: dict[str, str] = json.loads(path.read_text())
    return words


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


ANSWERS = (
    "gender-female",
    "birth_year-unknown",
    "age_band-30-39",
    "accent-declined",
    "languages-unknown",
)
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


# What is wrong with the page as it stands: too wide, too small for a finger, or cut off.
FAULTS = """() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide`);
  const shown = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && one.getBoundingClientRect().width > 0;
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className} "${
    (one.getAttribute('aria-label') || one.innerText || one.id || '').slice(0, 40)}"`;
  for (const one of document.querySelectorAll('button, select, input, summary, .chip label, a[href]')) {
    if (!shown(one)) continue;
    const target = one.matches('[type=checkbox], [type=radio]') ? one.closest('label') : one;
    if (!target) continue;
    const {width, height, left, right} = target.getBoundingClientRect();
    if (width < 47.5 || height < 47.5) faults.push(`${name(one)} is ${width} x ${height}`);
    if (left < -0.5 || right > root.clientWidth + 0.5) faults.push(`${name(one)} leaves the screen`);
    if (one.scrollWidth > one.clientWidth + 1 && !one.matches('input, select')) {
      faults.push(`${name(one)} is cut`);
    }
  }
  for (const one of document.querySelectorAll('h1, h2, p, span, strong, dt, dd, li, legend')) {
    if (!shown(one) || one.closest('.short')) continue;
    const style = getComputedStyle(one);
    const cut = style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1;
    const {left, right} = one.getBoundingClientRect();
    if (cut) faults.push(`${name(one)} is cut`);
    if (left < -0.5 || right > root.clientWidth + 0.5) faults.push(`${name(one)} leaves the screen`);
  }
  return faults;
}"""


class Tour:
    """A walk through the screens in one language, which looks at each."""

    def __init__(self, page: Page, language: str, pictures: Path) -> None:
        self.page = page
        self.language = language
        self.words = said_in(language)
        self.pictures = pictures
        self.faults: dict[str, list[str]] = {}

    def button(self, key: str, **values: str) -> Any:
        """Return the button with the words of a key."""
        text = self.words[key].format(**values)
        return self.page.get_by_role("button", name=text, exact=True).first

    def look(self, name: str) -> None:
        """Check the screen as it is and take its picture."""
        found = self.page.evaluate(FAULTS)
        if found:
            self.faults[name] = found
        self.page.screenshot(path=self.pictures / f"{self.language}-{name}.png")

    def enrol(self, address: str, code: str) -> None:
        """Let the phone in; ends on the list of speakers."""
        self.page.goto(f"{address}/app/#code={code}")
        self.page.locator("footer select").select_option(self.language)
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        expect(self.page.get_by_role("heading", name=self.words["enrol.title"])).to_be_visible()
        self.look("enrol")
        self.page.locator("#name").fill("Ada")
        self.button("enrol.start").click()
        expect(self.button("people.add")).to_be_visible()
        self.look("people-none")

    def add_speaker(self) -> None:
        """Add a speaker who agrees; ends where the place is asked for."""
        self.button("people.add").click()
        expect(self.page.locator("form")).to_be_visible()
        self.look("speaker")
        for chip in ANSWERS:
            self.page.locator(f"label[for='{chip}']").click()
        self.button("next").click()
        handover = self.page.locator(".screen.handover .primary")
        expect(handover.or_(self.page.locator(".screen.consent"))).to_be_visible()
        if handover.is_visible():
            self.look("handover")
            handover.click()
        agree = self.button("consent.agree")
        expect(agree).to_be_visible()
        self.look("consent")
        for scope in self.page.locator(".consent fieldset .chip:first-child label").all():
            scope.click()
        agree.click()

    def sit_down(self) -> None:
        """Choose the place and let the phone listen to the room; ends in the booth."""
        place = self.button("place.quiet-room")
        expect(place).to_be_visible()
        self.look("where")
        place.click()
        expect(self.page.get_by_role("heading", name=self.words["room.listen"])).to_be_visible()
        self.look("room")
        expect(self.page.locator(".tap")).to_be_visible(timeout=10_000)

    def tap_box(self) -> FloatRect:
        """Return where the record button, or what stands in its place, is."""
        box = self.page.locator(".tap:visible, .keep:visible").bounding_box()
        assert box is not None
        return box


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
    expect(page.locator(".said.safe")).to_be_visible(timeout=15_000)
    reject_newest()
    expect(page.locator(".said.bad")).to_be_visible(timeout=20_000)
    tour.look("rejected")
    assert tour.tap_box() == place

    page.locator(".back").click()
    expect(page.locator(".person").first).to_be_visible()
    tour.look("people")
    page.locator("footer .counts").click()
    expect(page.locator(".clips li").first).to_be_visible()
    tour.look("clips")
    tour.button("today.title").click()
    expect(page.locator(".day")).to_be_visible()
    expect(page.get_by_text(tour.words["today.none"])).to_be_hidden(timeout=10_000)
    tour.look("today")
    tour.button("settings.title").click()
    expect(page.locator("#choose-language")).to_be_visible()
    tour.look("settings")
    assert tour.faults == {}
