"""The microphone's sound on its way to the phone's storage: every sample, whatever happens.

The longest take lasts twenty seconds, and a minute with CHAOS=full.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.chromium import phone_with
from tests.browser.sound import (
    RATE,
    Part,
    Samples,
    parts_of,
    read_flac,
    speech,
    write_microphone,
)
from tests.browser.steps import PATIENCE_S, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FRAME = 4096
TAIL = round(0.3 * RATE)
LONG_SECONDS = 60 if os.environ.get("CHAOS") == "full" else 20
# No take goes once around it.
SOURCE_SECONDS = LONG_SECONDS + 20
NO_STREAM = "delete window.MediaStreamTrackProcessor"

# The page's own modules, without its screens; what they tell is kept in `told`.
LAB = """async () => {
  const at = (name) => import(new URL(`src/${name}.js`, location.href));
  const [{ openMicrophone }, rows, recovery, db] = await Promise.all(
    ["capture/microphone", "capture/take_rows", "capture/recovery", "db"].map(at));
  const told = [];
  // Not by the clock, which goes on while a busy machine's sound waits: by the sound that has come.
  let heard = 0;
  const tell = (what) => (...more) => told.push({ what, more, heard });
  const names = ["silence", "lost", "stored", "bound", "full"];
  const level = (peak, seconds) => {
    heard = seconds;
  };
  const listener = { level, ...Object.fromEntries(names.map((one) => [one, tell(one)])) };
  const session = { id: "session", collector: "c", campaign: "k", speaker: "s" };
  const prompt = { id: "p", kind: "read", text: "The bus to the market", repeats: 1 };
  window.lab = {
    told, rows, recovery, db,
    heard: () => heard,
    async open() { this.mic = await openMicrophone(listener); },
    async begin(seconds = 100) {
      const row = rows.newTake(session, prompt, { seq: 0, take: 1, rate: this.mic.rate });
      this.id = row.id;
      await rows.holdTake(row.id);
      return this.mic.begin(row, seconds);
    },
    async end(how) {
      const over = await this.mic.end(how);
      this.over = over;
      // As the record screen does: a full phone cannot even note that the take is whole.
      await rows.reviewTake(this.id, "", over.facts).catch(() => {});
      return over;
    },
    // Other things, until there is no room for the smallest.
    async fill() {
      for (let length = 500_000, n = 0; length > 500; n++) {
        const bytes = Uint8Array.from({ length }, () => Math.random() * 256).buffer;
        await db.put("sounds", { id: `other-${n}`, bytes }).catch(() => {
          length /= 10;
        });
      }
    },
    // The next take as soon as there can be one; `before`: what it began with, in milliseconds.
    async turn() {
      const [over, id] = [await this.end({ tail: false }), this.id];
      return { over, id, before: await this.begin() };
    },
    // What is stored and what was heard of the take, once the one is less than a frame and a half
    // behind the other: a busy machine's storage comes there late, but it comes there.
    async closeBehind(seconds) {
      for (;;) {
        const stored = 4096 * (told.findLast(({ what }) => what === "stored")?.more[0] ?? 0);
        const samples = heard * this.mic.rate;
        const close = samples - stored < 1.5 * 4096;
        if (heard > seconds && close) return { id: this.id, stored, samples };
        await new Promise((later) => setTimeout(later, 5));
      }
    },
    async keep() {
      await rows.keepTake(this.id, {});
      const { bytes } = await db.get("sounds", this.id);
      let text = "";
      for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
      return { row: await db.get("clips", this.id), file: btoa(text) };
    },
  };
}"""


@pytest.fixture(scope="module")
def source() -> Samples:
    return speech(SOURCE_SECONDS)


@pytest.fixture(scope="module")
def microphone(source: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_microphone(tmp_path_factory.mktemp("microphone") / "voice.wav", source)


class Lab:
    """A page that records without its screens."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(f"{address}/app/")
        self.load()

    def load(self) -> None:
        """Load the modules; after a reload, too."""
        self.page.evaluate(LAB)

    def do(self, call: str) -> Any:
        """Call one of the lab's methods and wait for it."""
        return self.page.evaluate(f"lab.{call}")

    def fill_pre_roll(self) -> None:
        """Let so much sound come in that a take can begin with the half second before its tap."""
        self.do("mic.room(0.5)")

    def hear(self, seconds: float) -> None:
        """Let sound come in, until the take is so long."""
        wait_until(self.page, lambda: bool(self.do("heard()") >= seconds), seconds=10 * PATIENCE_S)

    def wait_for(self, what: str) -> None:
        """Wait until the microphone has told it."""
        wait_until(self.page, lambda: bool(self.told(what)), lambda: what)

    def told(self, what: str) -> list[dict[str, Any]]:
        """Return what the microphone told of a kind so far."""
        everything: list[dict[str, Any]] = self.do("told")
        return [one for one in everything if one["what"] == what]

    def keep(self) -> tuple[dict[str, Any], Samples]:
        """Keep the take and return its row and its samples."""
        kept = self.do("keep()")
        return kept["row"], read_flac(kept["file"])


@contextmanager
def lab_with(
    playwright: Playwright, address: str, microphone: Path, profile: Path, script: str = ""
) -> Iterator[Lab]:
    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        if script:
            context.add_init_script(script)
        yield Lab(context.pages[0], address)


@pytest.fixture
def lab(playwright: Playwright, address: str, microphone: Path, tmp_path: Path) -> Iterator[Lab]:
    with lab_with(playwright, address, microphone, tmp_path / "phone") as made:
        made.do("open()")
        yield made


def test_a_long_take_comes_through_both_ways_without_a_sample_lost_or_added(
    playwright: Playwright, address: str, microphone: Path, source: Samples, tmp_path: Path
) -> None:
    with (
        lab_with(playwright, address, microphone, tmp_path / "one") as stream,
        lab_with(playwright, address, microphone, tmp_path / "two", NO_STREAM) as worklet,
    ):
        both = {"processor": stream, "worklet": worklet}
        for one in both.values():
            one.do("open()")
            one.do("mic.room(3)")
            one.do("begin()")
        for one in both.values():
            one.hear(LONG_SECONDS + 0.5)
        for path, one in both.items():
            over = one.do("end()")
            assert over["facts"]["path"] == path
            # Not what the clocks say of it (a busy machine's jump): the samples themselves.
            assert over["facts"]["pre_roll_ms"] == 500
            assert over["stored"] == over["samples"]
            row, take = one.keep()
            assert len(take) == over["samples"] > LONG_SECONDS * RATE
            assert row["state"] == "ready"
            assert row["request"]["duration_ms"] == round(len(take) / RATE * 1000)
            [part] = parts_of(take, source)
            assert (part.at, part.length) == (0, len(take)), path


def test_a_take_has_what_was_said_before_the_tap_and_after_the_stop(
    lab: Lab, source: Samples
) -> None:
    lab.fill_pre_roll()
    assert lab.do("begin()") == 500
    lab.hear(1.5)
    # An interrupted take has no tail: what comes after it begins the next one.
    turn = lab.do("turn()")
    lab.do("end()")
    _, second = lab.keep()
    lab.page.evaluate("(id) => { lab.id = id; }", turn["id"])
    _, first = lab.keep()
    [one], [two] = parts_of(first, source), parts_of(second, source)
    assert one == Part(0, one.source, len(first))
    assert two == Part(0, two.source, len(second))
    # The second begins with the sample that follows the first: no sound is lost, and none twice. If
    # the phone took more than half a second to begin it, it begins with the last half second.
    between = two.source - one.source - len(first)
    assert between == 0 if turn["before"] < 500 else between >= 0
    assert turn["over"]["facts"]["pre_roll_ms"] == 500
    assert len(first) >= 1.5 * RATE
    assert len(second) >= turn["before"] * RATE / 1000 + TAIL - RATE / 1000


def test_what_the_phone_plays_is_not_in_the_next_take(lab: Lab, source: Samples) -> None:
    lab.fill_pre_roll()
    lab.do("mic.hush(true)")
    lab.page.wait_for_timeout(300)
    assert lab.do("begin()") == 0
    lab.hear(0.3)
    lab.do("end()")
    _, take = lab.keep()
    assert len(parts_of(take, source)) == 1


def test_a_take_ends_at_its_longest_by_itself(lab: Lab) -> None:
    lab.do("begin(2)")
    lab.wait_for("bound")
    assert lab.do("end()")["why"] == "bound"
    _, take = lab.keep()
    assert len(take) == 2 * RATE
    assert len(lab.told("bound")) == 1


def test_a_full_phone_ends_the_take_and_keeps_what_it_took(
    playwright: Playwright, address: str, microphone: Path, source: Samples, tmp_path: Path
) -> None:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        devtools = context.new_cdp_session(context.pages[0])
        # Before the first write: for half a minute the browser then counts on what room it found.
        quota = {"origin": address, "quotaSize": 5_000_000}
        devtools.send("Storage.overrideQuotaForOrigin", quota)
        lab = Lab(context.pages[0], address)
        lab.do("open()")
        lab.do("begin()")
        lab.hear(1)
        lab.do("fill()")
        lab.wait_for("full")
        over = lab.do("end()")
        assert over["why"] == "full"
        assert 0 < over["stored"] <= over["samples"]
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": address})
        _, take = lab.keep()
    assert len(take) == over["stored"]
    [part] = parts_of(take, source)
    assert (part.at, part.length) == (0, len(take))


@pytest.mark.parametrize("script", ["", NO_STREAM], ids=["processor", "worklet"])
def test_a_silent_microphone_is_told_within_a_second(
    playwright: Playwright, address: str, tmp_path: Path, script: str
) -> None:
    silent = write_microphone(tmp_path / "silent.wav", np.zeros(20 * RATE, np.int16))
    with lab_with(playwright, address, silent, tmp_path / "phone", script) as lab:
        lab.do("open()")
        lab.do("begin()")
        lab.hear(2)
        [silence] = lab.told("silence")
        assert silence["heard"] < 1
        assert lab.do("end()")["measures"]["peak"] == 0


@pytest.mark.parametrize("script", ["", NO_STREAM], ids=["processor", "worklet"])
def test_a_reload_in_the_middle_of_a_take_loses_less_than_a_frame_and_a_half(
    playwright: Playwright,
    address: str,
    microphone: Path,
    source: Samples,
    tmp_path: Path,
    script: str,
) -> None:
    with lab_with(playwright, address, microphone, tmp_path / "phone", script) as lab:
        lab.do("open()")
        lab.do("mic.room(2)")
        lab.do("begin()")
        told = lab.do("closeBehind(2.5)")
        lab.page.reload()
        lab.load()
        found = lab.page.evaluate("lab.recovery.recoverTakes()")
        assert [(row["id"], row["state"], row["note"]) for row in found] == [
            (told["id"], "review", "recovered")
        ]
        lab.page.evaluate("(id) => { lab.id = id; }", told["id"])
        measures = lab.page.evaluate("(row) => lab.recovery.measureFile(row)", found[0])
        _, take = lab.keep()
        assert len(take) >= told["stored"] > told["samples"] - 1.5 * FRAME
        assert measures["duration_s"] == pytest.approx(len(take) / RATE, abs=1e-4)
        assert measures["peak"] == pytest.approx(np.abs(take.astype(int)).max() / 32768, abs=0.01)
        [part] = parts_of(take, source)
        assert (part.at, part.length) == (0, len(take))


def test_another_tab_leaves_a_take_alone_that_is_being_recorded(lab: Lab, address: str) -> None:
    lab.do("begin()")
    lab.wait_for("stored")
    other = Lab(lab.page.context.new_page(), address)
    assert other.page.evaluate("lab.recovery.recoverTakes()") == []
    assert other.page.evaluate("lab.db.clipsBy('state', 'recording')")[0]["state"] == "recording"


def test_the_browser_is_asked_for_raw_sound_and_believed_only_by_what_it_says(lab: Lab) -> None:
    facts = lab.do("mic.facts()")
    for setting in ("echoCancellation", "noiseSuppression", "autoGainControl"):
        assert facts["settings_asked"][setting] is False
        assert facts["settings_got"][setting] is False
    assert facts["sample_rate"] == RATE
    assert not {"deviceId", "groupId"} & set(facts["settings_got"])
    json.dumps(facts)
