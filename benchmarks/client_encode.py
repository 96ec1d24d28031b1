"""How fast the phone's own FLAC encoder is on a slow phone, and how small its files are.

`encode`: seconds of sound at 48 kHz that a second of a processor slowed down twenty times encodes,
on the page's own thread, because the slowing down does not reach workers. `size`: the bytes of
libFLAC's level 5 for real speech (../shared/speech or FIELDVOICE_SPEECH, else speech made by
seed) over ours, without the files' heads.
"""

import argparse
import base64
import io
import statistics
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from playwright.sync_api import Page

from benchmarks.ground.claims import claim_line
from benchmarks.ground.phone_page import phone_page
from tests.sounds import noise, real_clips, speech_like

THROTTLE = 20
RATE = 48_000
Samples = npt.NDArray[np.int16]

# How long the frames of a sound take, and how many bytes they are.
_ENCODE = """async ([sound, rate, size]) => {
  const { frame, frameSize } = await import("/src/capture/flac.js");
  const bytes = Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0));
  const samples = new Int16Array(bytes.buffer);
  const step = size || frameSize(rate);
  const startedAt = performance.now();
  let length = 0;
  for (let at = 0, n = 0; at < samples.length; at += step, n++) {
    length += frame(samples.subarray(at, at + step), n, rate).length;
  }
  return { ms: performance.now() - startedAt, length };
}"""
_IN_WORKER = """async (given) => {
  const code = `onmessage = async ({ data }) => postMessage(await (${ENCODE})(data));`;
  const absolute = code.replace('"/src', `"${location.origin}/src`);
  const file = new Blob([absolute], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(file), { type: "module" });
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = ({ message }) => fail(new Error(message));
    worker.postMessage(given);
  });
}""".replace("${ENCODE}", _ENCODE.replace("`", ""))


def main() -> int:
    """Measure, print the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with phone_page() as page:
        lines = [_speed(page, chosen.rounds), _size(page)]
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _speed(page: Page, rounds: int) -> str:
    seconds = 10.0
    voice = speech_like(seconds, rate=RATE) + noise(seconds, level_dbfs=-60, rate=RATE)
    given = [_text(_whole(voice)), RATE, 0]
    # Compiled and warm, as after the first second of a take.
    page.evaluate(_ENCODE, given)
    plain = [seconds * 1000 / page.evaluate(_ENCODE, given)["ms"] for _ in range(rounds)]
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    slow = [seconds * 1000 / page.evaluate(_ENCODE, given)["ms"] for _ in range(rounds)]
    worker = seconds * 1000 / page.evaluate(_IN_WORKER, given)["ms"]
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    print(f"encode: {max(plain):.0f} x real time without slowing down")
    return claim_line(
        name="encode",
        # Whatever else the machine does can only take time away.
        value=max(slow),
        unit=f"x real time, processor slowed down {THROTTLE} times",
        aim=10.0,
        detail=f"{RATE} Hz, best of {rounds} rounds on the page's thread, median"
        f" {statistics.median(slow):.1f}; a worker, which is not slowed down: {worker:.0f}",
    )


def _size(page: Page) -> str:
    sounds = _speech()
    ours = theirs = alike = 0
    worst = np.inf
    for sound, rate in sounds:
        text = _text(sound)
        mine = page.evaluate(_ENCODE, [text, rate, 0])["length"]
        reference = _libflac(sound, rate)
        ours += mine
        theirs += reference
        alike += page.evaluate(_ENCODE, [text, rate, 4096])["length"]
        worst = min(worst, reference / mine)
    return claim_line(
        name="size",
        value=theirs / ours,
        unit="bytes of libFLAC -5 over ours",
        aim=0.99,
        detail=f"{len(sounds)} recordings, the worst {worst:.3f};"
        f" {theirs / alike:.4f} with libFLAC's own length of frames, 4096 samples",
    )


def _speech() -> list[tuple[Samples, int]]:
    clips = [clip for clip in real_clips() if clip.path.suffix in {".flac", ".wav"}][::3]
    if not clips:
        return [(_whole(speech_like(10.0, rate=RATE, seed=seed)), RATE) for seed in range(5)]
    found: list[tuple[Samples, int]] = []
    for clip in clips:
        sound, rate = soundfile.read(clip.path, dtype="int16")
        found.append((sound if sound.ndim == 1 else sound[:, 0], rate))
    return found


def _libflac(sound: Samples, rate: int) -> int:
    file = io.BytesIO()
    # Level 5 of 8, which is libFLAC's own choice too.
    soundfile.write(file, sound, rate, format="FLAC", subtype="PCM_16", compression_level=5 / 8)
    data = file.getvalue()
    at = 4
    while True:
        last, length = data[at] >> 7, int.from_bytes(data[at + 1 : at + 4])
        at += 4 + length
        if last:
            return len(data) - at


def _whole(sound: "npt.NDArray[np.floating[Any]]") -> Samples:
    return np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def _text(sound: Samples) -> str:
    return base64.b64encode(sound.tobytes()).decode()


if __name__ == "__main__":
    sys.exit(main())
