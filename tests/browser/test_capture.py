"""The microphone's sound on its way to the phone's storage: every sample, whatever happens."""

import json
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

pytestmark = pytest.mark.django_db(transaction=True)
PRE_ROLL = RATE // 2
TAIL = round(0.3 * RATE)
SOURCE_SECONDS = 80
NO_STREAM = "delete window.MediaStreamTrackProcessor"

# The page's own modules, without its screens; what they tell is kept in `told`.
LAB = """async () => {
  const at = (name) => import(new URL(`src/${name}.js`, location.href));
  const [{ Microphone }, rows, recovery, db] = await Promise.all(
    ["capture/microphone", "capture/take_rows", "capture/recovery", "db"].map(at));
  const told = [];
  const tell = (what) => (...more) => told.push({ what, more, at: performance.now() });
  const names = ["silence", "lost", "stored", "bound", "full"];
  const listener = { level() {}, ...Object.fromEntries(names.map((one) => [one, tell(one)])) };
  const session = { id: "session", collector: "c", campaign: "k", speaker: "s" };
  const prompt = { id: "p", kind: "read", text: "The bus to the market", repeats: 1 };
  window.lab = {
    told, rows, recovery, db,
    async open() { this.mic = await Microphone.open(listener); },
    async begin(seconds = 100) {
      const row = rows.newTake(session, prompt, { seq: 0, take: 1, rate: this.mic.rate });
      this.id = row.id;
      await rows.holdTake(row.id);
      this.tapAt = performance.now();
      return this.mic.begin(row, seconds);
    },
    async end(how) {
      const over = await this.mic.end(how);
      this.over = over;
      // As the record screen does: a full phone cannot even note that the take is whole.
      await rows.reviewTake(this.id, "", over.facts).catch(() => {});
      return over;
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

    def wait(self, seconds: float) -> None:
        """Let sound come in."""
        self.page.wait_for_timeout(1000 * seconds)

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


def test_a_minute_comes_through_both_ways_without_a_sample_lost_or_added(
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
        stream.wait(60)
        for path, one in both.items():
            over = one.do("end()")
            assert over["facts"]["path"] == path
            # Not what the clocks say of it (a busy machine's jump): the samples themselves.
            assert over["facts"]["pre_roll_ms"] == 500
            assert over["stored"] == over["samples"]
            row, take = one.keep()
            assert len(take) == over["samples"] > 60 * RATE
            assert row["state"] == "ready"
            assert row["request"]["duration_ms"] == round(len(take) / RATE * 1000)
            [part] = parts_of(take, source)
            assert (part.at, part.length) == (0, len(take)), path


def test_a_take_has_what_was_said_before_the_tap_and_after_the_stop(
    lab: Lab, source: Samples
) -> None:
    lab.wait(1)
    assert lab.do("begin()") == 500
    lab.wait(1)
    # An interrupted take has no tail: what comes after it begins the next one.
    first_over = lab.do("end({ tail: false })")
    _, first = lab.keep()
    assert lab.do("begin()") < 500
    second_over = lab.do("end()")
    _, second = lab.keep()
    [one], [two] = parts_of(first, source), parts_of(second, source)
    assert one == Part(0, one.source, len(first))
    # The second begins with the sample that follows the first: no sound is lost, and none twice.
    assert two == Part(0, one.source + len(first), len(second))
    for over, take, tail in ((first_over, first, 0), (second_over, second, TAIL)):
        before = over["facts"]["pre_roll_ms"] * RATE / 1000
        live = over["wallMs"] * RATE / 1000
        assert abs(len(take) - before - live) < RATE / 4
        assert len(take) >= before + tail - RATE / 1000


def test_what_the_phone_plays_is_not_in_the_next_take(lab: Lab, source: Samples) -> None:
    lab.wait(1)
    lab.do("mic.hush(true)")
    lab.wait(0.3)
    assert lab.do("begin()") == 0
    lab.do("end()")
    _, take = lab.keep()
    assert len(parts_of(take, source)) == 1


def test_a_take_ends_at_its_longest_by_itself(lab: Lab) -> None:
    lab.wait(1)
    lab.do("begin(2)")
    lab.wait(2.5)
    assert len(lab.told("bound")) == 1
    assert lab.do("end()")["why"] == "bound"
    _, take = lab.keep()
    assert len(take) == 2 * RATE


def test_a_full_phone_ends_the_take_and_keeps_what_it_took(lab: Lab, source: Samples) -> None:
    origin = str(lab.page.evaluate("location.origin"))
    used = lab.page.evaluate("navigator.storage.estimate().then((now) => now.usage)")
    devtools = lab.page.context.new_cdp_session(lab.page)
    lab.wait(1)
    lab.do("begin()")
    lab.wait(1)
    quota = {"origin": origin, "quotaSize": used}
    devtools.send("Storage.overrideQuotaForOrigin", quota)
    for _ in range(120):
        if lab.told("full"):
            break
        lab.wait(0.5)
    over = lab.do("end()")
    assert over["why"] == "full"
    assert 0 < over["stored"] <= over["samples"]
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin})
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
        lab.wait(0.7)
        lab.do("begin()")
        lab.wait(2)
        [silence] = lab.told("silence")
        assert silence["at"] - lab.do("tapAt") < 1000
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
        lab.wait(2.2)
        told = lab.page.evaluate(
            "({ stored: lab.told.filter((one) => one.what === 'stored').at(-1).more[0],"
            " ms: performance.now() - lab.tapAt, id: lab.id })"
        )
        lab.page.reload()
        lab.load()
        found = lab.page.evaluate("lab.recovery.recoverTakes()")
        assert [(row["id"], row["state"], row["note"]) for row in found] == [
            (told["id"], "review", "recovered")
        ]
        lab.page.evaluate("(id) => { lab.id = id; }", told["id"])
        measures = lab.page.evaluate("(row) => lab.recovery.measureFile(row)", found[0])
        _, take = lab.keep()
        assert len(take) >= told["stored"] * 4096
        assert len(take) >= PRE_ROLL + (told["ms"] / 1000 - 0.15) * RATE
        assert measures["duration_s"] == pytest.approx(len(take) / RATE, abs=1e-4)
        assert measures["peak"] == pytest.approx(np.abs(take.astype(int)).max() / 32768, abs=0.01)
        [part] = parts_of(take, source)
        assert (part.at, part.length) == (0, len(take))


def test_another_tab_leaves_a_take_alone_that_is_being_recorded(lab: Lab, address: str) -> None:
    lab.do("begin()")
    lab.wait(0.5)
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
