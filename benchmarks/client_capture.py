"""How soon a take is safe after the tap, and judged after the stop, by a microphone that is open.

For information: the milliseconds depend on the machine. `first_frame`: 150 ms over the time from
the tap to the first frame in the phone's storage. `verdict`: 300 ms over the time from the last
sample, which is 300 ms after the tap on stop, to the verdict by the default profile.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.ground.claims import claim_line
from benchmarks.ground.phone_page import phone_page
from tests.sounds import speech_like

RATE = 44_100
TAIL_MS = 300
FIRST_FRAME_MS = 150
VERDICT_MS = 300
PROFILE = Path(__file__).resolve().parent.parent / "backend" / "campaigns" / "default_profile.json"

_TAKES = """async ([count, rules, worklet]) => {
  if (worklet) delete window.MediaStreamTrackProcessor;
  const { openMicrophone } = await import("/src/capture/microphone.js");
  const { newTake } = await import("/src/capture/take_rows.js");
  const { judge } = await import("/src/checks/verdict.js");
  const none = () => {};
  const listener = {
    level: none, silence: none, lost: none, stored: none, bound: none, full: none };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const mic = await openMicrophone(listener);
  const session = { id: "session", collector: "c", campaign: "k", speaker: "s" };
  const prompt = { id: "p", kind: "read", text: "The bus to the market leaves", repeats: 1 };
  const found = [];
  await wait(2000);
  for (let take = 1; take <= count; take++) {
    const row = newTake(session, prompt, { seq: take, take, rate: mic.rate });
    await mic.begin(row, 60);
    await wait(3000);
    const stoppedAt = performance.now();
    const over = await mic.end();
    const { outcome } = judge(over.measures, rules, { kind: "read", where: "phone" });
    const verdict = performance.now() - stoppedAt;
    found.push({ first: over.facts.first_frame_ms, verdict, outcome });
    await wait(1000);
  }
  mic.close();
  return found;
}"""


def main() -> int:
    """Measure, print the claims. Returns 0: nothing here fails a build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=10)
    chosen = parser.parse_args()
    rules = json.loads(PROFILE.read_text())
    lines = []
    with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
        voice = Path(directory) / "voice.wav"
        sound = np.concatenate([speech_like(10.0, rate=RATE, seed=seed) for seed in range(6)])
        soundfile.write(voice, sound, RATE, subtype="PCM_16")
        for worklet in (False, True):
            with phone_page(microphone=voice) as page:
                found = page.evaluate(_TAKES, [chosen.takes, rules, worklet])
            lines += _claims(found, "audio worklet" if worklet else "track processor")
    print("\n".join(lines))
    return 0


def _claims(found: list[dict[str, Any]], path: str) -> list[str]:
    first = [take["first"] for take in found]
    verdict = [take["verdict"] - TAIL_MS for take in found]
    outcomes = ", ".join(sorted({take["outcome"] for take in found}))
    return [
        claim_line(
            name=name,
            value=bound / max(statistics.median(values), 1),
            unit=f"{bound} ms over ours",
            aim=1.0,
            detail=f"{path}, {len(found)} takes: median {statistics.median(values):.0f} ms,"
            f" longest {max(values):.0f} ms{more}",
        )
        for name, bound, values, more in (
            ("first_frame", FIRST_FRAME_MS, first, ""),
            ("verdict", VERDICT_MS, verdict, f" after the last sample ({outcomes})"),
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
