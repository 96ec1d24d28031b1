"""The browser is killed in every state of a take: nothing kept is lost, and nothing is sent twice.

One death in each state, by seed; fifty with CHAOS=full.
"""

import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend import storage
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from tests.browser.chromium import phone_with
from tests.browser.sound import RATE, Samples, parts_of, read_flac, speech, write_microphone
from tests.browser.steps import (
    PATIENCE_S,
    add_speaker,
    enrol,
    keep,
    new_code,
    sit_down,
    take,
    wait_until,
)
from tests.browser.sudden_death import doomed_phone, kill_browser
from tests.cast import make_campaign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
log = logging.getLogger(__name__)
FULL = os.environ.get("CHAOS") == "full"
STATES = ("recording", "review", "saving", "uploading", "confirming")
DEATHS = 50 if FULL else len(STATES)
UPLOAD = "X-Amz-"
CONFIRMATION = "/uploaded"
FRAME = 4096
# By two clocks, and so only where the machine does nothing else.
MOST_MISSING_S = 0.15
# What the page's microphone says of a take, as the page hears it: how long it is, and when; and how
# many frames of it are safe.
LISTEN = """
const Plain = Worker;
window.Worker = class extends Plain {
  constructor(...how) {
    super(...how);
    this.addEventListener("message", ({ data }) => {
      if (data.type === "level" && data.seconds) console.log("heard", data.seconds, Date.now());
      if (data.type === "stored") console.log("stored", data.frames);
    });
  }
};
// A request whose address holds `heldUp` is never answered; with `arrives` it is at least sent.
const send = window.fetch;
window.fetch = async (to, how) => {
  if (!window.heldUp || !String(to).includes(window.heldUp)) return send(to, how);
  if (window.arrives) await send(to, how);
  console.log("held up");
  return new Promise(() => {});
};
"""
ROWS = """async () => {
  const db = await import(new URL("src/db.js", location.href));
  const rows = await db.all("clips");
  const samples = async ({ id }) =>
    (await db.framesOf(id)).reduce((sum, frame) => sum + frame.samples, 0);
  return Promise.all(rows.map(async (row) => (
    { id: row.id, state: row.state, samples: await samples(row) })));
}"""


@pytest.fixture(scope="module")
def source() -> Samples:
    return speech(90)


@pytest.fixture(scope="module")
def microphone(source: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_microphone(tmp_path_factory.mktemp("microphone") / "voice.wav", source)


@dataclass
class Life:
    """One life of a phone: from the start of the browser to its death."""

    context: BrowserContext
    profile: Path
    number: int
    rng: random.Random
    heard: list[tuple[float, float]] = field(default_factory=list)
    stored: int = 0
    held_up: bool = False

    @property
    def page(self) -> Page:
        return self.context.pages[0]

    def listen(self) -> None:
        """Follow how long the take is that is being recorded, and what is held up."""
        self.context.add_init_script(LISTEN)
        self.page.on("console", lambda message: self._hear(message.text))

    def _hear(self, text: str) -> None:
        self.held_up |= text == "held up"
        if text.startswith("heard "):
            seconds, at = map(float, text.split()[1:])
            self.heard.append((seconds, at / 1000))
        elif text.startswith("stored "):
            self.stored = int(text.split()[1])

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return what the phone's storage holds."""
        return {row["id"]: row for row in self.page.evaluate(ROWS)}

    def die(self) -> float:
        """Kill the browser; returns when."""
        at = time.time()
        kill_browser(self.profile)
        return at

    def hold_up(self, what: str) -> None:
        """Let requests of a kind wait for ever, before they reach the server or after."""
        # By turns: of the first five deaths the one is before, the other after.
        arrives = self.number % 2 == 0
        self.page.evaluate(
            "([what, arrives]) => Object.assign(window, { heldUp: what, arrives })", [what, arrives]
        )

    def until_held_up(self) -> None:
        """Wait for the first of those requests."""
        wait_until(self.page, lambda: self.held_up)


@dataclass(frozen=True)
class Cut:
    """A take that was being recorded: so many samples the phone called safe, so many it heard."""

    safe: int
    heard: float


@dataclass
class Phone:
    """What must be true of the phone in its next life."""

    kept: set[str] = field(default_factory=set)
    # Takes nobody decided about: how many samples of the whole ones, what was known of the others.
    whole: dict[str, int] = field(default_factory=dict)
    cut: dict[str, Cut] = field(default_factory=dict)
    either: set[str] = field(default_factory=set)
    missing: list[float] = field(default_factory=list)

    def check(self, rows: dict[str, dict[str, Any]]) -> None:
        """Every take is where it was, or further."""
        for clip in self.kept:
            assert rows[clip]["state"] in {"ready", "sent", "confirmed"}, clip
        for clip, samples in self.whole.items():
            assert (rows[clip]["state"], rows[clip]["samples"]) == ("review", samples), clip
        for clip, cut in self.cut.items():
            assert rows[clip]["state"] == "review", clip
            assert rows[clip]["samples"] >= cut.safe, clip
            self.missing.append((cut.heard - rows[clip]["samples"]) / RATE)
            assert self.missing[-1] <= MOST_MISSING_S or not FULL, clip
        for clip in self.either:
            assert rows[clip]["state"] in {"review", "ready", "sent", "confirmed"}, clip


def take_up(page: Page, address: str, phone: Phone, rows: dict[str, dict[str, Any]]) -> None:
    """In the next life: keep what nobody decided about."""
    undecided = [row for row in rows.values() if row["state"] == "review"]
    for left in range(len(undecided), 0, -1):
        keeps = page.get_by_role("button", name=re.compile("^Keep"))
        expect(keeps).to_have_count(left)
        keeps.first.click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    phone.kept |= set(rows)
    for done in (phone.whole, phone.cut, phone.either):
        done.clear()


def die_while_recording(life: Life, phone: Phone) -> None:
    life.page.get_by_role("button", name="Record", exact=True).click()
    life.page.wait_for_timeout(life.rng.uniform(600, 4000))
    wait_until(life.page, lambda: bool(set(life.rows()) - phone.kept))
    [clip] = set(life.rows()) - phone.kept
    life.heard.clear()
    life.page.wait_for_timeout(life.rng.uniform(300, 500))
    wait_until(life.page, lambda: bool(life.heard and life.stored))
    at = life.die()
    seconds, heard_at = life.heard[-1]
    phone.cut[clip] = Cut(life.stored * FRAME, (seconds + at - heard_at) * RATE)


def die_in_review(life: Life, phone: Phone) -> None:
    take(life.page, milliseconds=round(life.rng.uniform(300, 2000)))
    life.page.wait_for_timeout(life.rng.uniform(0, 600))
    rows = life.rows()
    life.die()
    [clip] = set(rows) - phone.kept
    phone.whole[clip] = rows[clip]["samples"]


def die_while_saving(life: Life, phone: Phone) -> None:
    take(life.page, milliseconds=round(life.rng.uniform(300, 2000)))
    phone.either |= set(life.rows()) - phone.kept
    life.page.evaluate(
        "[...document.querySelectorAll('button')].find((one) => /^Keep/.test(one.textContent))"
        ".click()"
    )
    life.page.wait_for_timeout(life.rng.uniform(0, 60))
    life.die()


def die_with_a_request_under_way(life: Life, phone: Phone, what: str) -> None:
    life.hold_up(what)
    take(life.page, milliseconds=round(life.rng.uniform(300, 1500)))
    keep(life.page)
    phone.kept |= set(life.rows())
    life.until_held_up()
    life.die()


DEATH: dict[str, Callable[[Life, Phone], None]] = {
    "recording": die_while_recording,
    "review": die_in_review,
    "saving": die_while_saving,
    "uploading": partial(die_with_a_request_under_way, what=UPLOAD),
    "confirming": partial(die_with_a_request_under_way, what=CONFIRMATION),
}


def lives(playwright: Playwright, microphone: Path, profile: Path) -> Iterator[Life]:
    """Yield one life after another, each with dice of its own."""
    for seed in range(DEATHS):
        with doomed_phone(playwright, microphone=microphone, profile=profile) as context:
            life = Life(context, profile, seed, random.Random(seed))
            life.listen()
            yield life


def test_a_phone_that_dies_again_and_again_brings_every_take_home_once(
    playwright: Playwright, address: str, microphone: Path, source: Samples, tmp_path: Path
) -> None:
    profile = tmp_path / "phone"
    phone = Phone()
    for number, life in enumerate(lives(playwright, microphone, profile)):
        if number == 0:
            enrol(life.page, address, new_code(make_campaign()))
        else:
            life.page.goto(f"{address}/app/")
            expect(life.page.locator("h1")).to_be_visible()
            rows = life.rows()
            phone.check(rows)
            take_up(life.page, address, phone, rows)
        add_speaker(life.page)
        sit_down(life.page)
        DEATH[STATES[number % len(STATES)]](life, phone)

    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        [page] = context.pages
        life = Life(context, profile, DEATHS, random.Random(DEATHS))
        page.goto(f"{address}/app/")
        expect(page.locator("h1")).to_be_visible()
        rows = life.rows()
        phone.check(rows)
        take_up(page, address, phone, rows)
        assert len(rows) == DEATHS
        log.info("missing of unfinished takes, in s: %s", [f"{s:.3f}" for s in phone.missing])
        safe = f"0 on this phone, {DEATHS} safe"
        expect(page.locator("#status")).to_contain_text(safe, timeout=2000 * PATIENCE_S)

    assert {str(clip.pk) for clip in Clip.objects.all()} == phone.kept
    for clip in Clip.objects.all():
        # One event of its arrival, one object, and in it the sound of one stretch of the source.
        assert ClipEvent.objects.filter(clip=clip, to_state=State.UPLOADED).count() == 1
        body = storage.read(storage.clip_key(clip.pk), max_bytes=clip.bytes)
        samples = read_flac(body)
        [part] = parts_of(samples, source)
        assert (part.at, part.length) == (0, len(samples))
