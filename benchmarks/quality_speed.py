"""What judging a clip costs: stage A beside decoding alone, the models, other tools, the memory.

Stage A is the worker's own function (workers/audio/examine.py) as the worker calls it: decoding in
a process apart, resampling, every measure, the fingerprint, the 16 kHz FLAC. The decoding process
lives already, as it does for all but the first of 256 clips; the store and the database are not in
it. The floor is the least that hears a file: a plain PyAV loop and soxr. Times are processor time
of all processes together, for each clip the least of several passes; a busy machine makes all of
them longer. How long an upload waits for its verdict at 5 clips/s: quality_wait.py.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soxr
from threadpoolctl import threadpool_limits

from benchmarks.ground.claims import claim_line
from benchmarks.ground.peers import peers
from benchmarks.ground.processor_time import quickest
from benchmarks.ground.read_speech import readings
from benchmarks.ground.spoken import RATE
from benchmarks.ground.uploads import Upload, seconds_of, uploads
from benchmarks.quality_models import AIMS, costs
from tests.sounds import flac, mp4, speech_like, webm
from workers.audio.examine import examine
from workers.audio.models.scoring import load_models

_NAMES = {"audio/webm": "webm", "audio/mp4": "aac", "audio/flac": "flac"}
_LEAST_REAL_TIME = 250
_MOST_FLOORS = 2.5
_MOST_MB = 400
_MOST_START_S = 5.0
_HIGHEST_RATE = 96_000


def main() -> int:
    """Print the table, what other tools take, and the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=200, help="of sound")
    parser.add_argument("--passes", type=int, default=5)
    chosen = parser.parse_args()
    made = uploads(chosen.seconds)
    if not made:
        print("neither recordings nor espeak-ng: nothing to time", file=sys.stderr)
        return 0
    with threadpool_limits(1):
        lines = _stage_a(made, chosen.passes)
        lines += _models()
    lines += [*_memory()]
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _stage_a(made: list[Upload], passes: int) -> list[str]:
    seconds = seconds_of(made)
    examined, floors = {}, {}
    print(
        "| 48 kHz source | decode + soxr | stage A | ratio | x real time |\n|---|---|---|---|---|"
    )
    for kind, name in _NAMES.items():
        files = [upload.files[kind] for upload in made]
        # Both once: networks and codecs are loaded, the decoding process is started.
        floor(files[0])
        examine(files[0], content_type=kind)
        floors[name] = examined[name] = 0.0
        for data in files:
            floors[name] += quickest(partial(floor, data), passes)
            work = partial(examine, data, content_type=kind, declared_s=5.0, expected_s=5.0)
            examined[name] += quickest(work, passes)
        least, ours = floors[name] / seconds, examined[name] / seconds
        print(f"| {name} | {least:.5f} | {ours:.5f} | {ours / least:.2f} | {1 / ours:.0f} |")
    print("\n| other tools, FLAC | of real time | stage A over it |\n|---|---|---|")
    for peer in peers([upload.files["audio/flac"] for upload in made], seconds):
        if peer.real_time is None:
            print(f"| {peer.name} | {peer.missing} | |")
        else:
            ratio = examined["flac"] / seconds / peer.real_time
            print(f"| {peer.name} | {peer.real_time:.5f} | {ratio:.2f} |")
    took = f"{len(made)} clips, {seconds:.0f} s, least of {passes} passes each"
    lines = [
        claim_line(
            name="webm_floor",
            value=examined["webm"] / floors["webm"],
            unit="x decode and soxr alone",
            aim=_MOST_FLOORS,
            at_most=True,
            detail=took,
        )
    ]
    lines += [
        claim_line(
            name=f"{name}_real_time",
            value=seconds / examined[name],
            unit="x real time on one core",
            aim=_LEAST_REAL_TIME,
            detail=f"{took}; {examined[name] / floors[name]:.2f} x decode and soxr alone",
        )
        for name in examined
    ]
    return lines


def floor(data: bytes) -> npt.NDArray[np.float32]:
    """Return a file's sound at 16 kHz, mono, by the shortest way there is in Python."""
    parts = []
    with av.open(io.BytesIO(data), mode="r") as container:
        stream = container.streams.audio[0]
        for frame in container.decode(stream):
            values: npt.NDArray[Any] = frame.to_ndarray()
            if not frame.format.is_planar:
                values = values.reshape(-1, len(frame.layout.channels)).T
            if values.dtype.kind == "i":
                values = values / -float(np.iinfo(values.dtype).min)
            parts.append(values.astype(np.float32))
        rate = stream.rate
    sound = np.concatenate(parts, axis=1)
    loudest = sound[int(np.argmax((sound**2).mean(axis=1)))]
    low: npt.NDArray[np.float32] = soxr.resample(loudest, rate, 16_000, quality="HQ")
    return low


def _models() -> list[str]:
    clips = readings()
    if not clips:
        print("\nno recordings with texts: the models are not timed", file=sys.stderr)
        return []
    found = costs(load_models(None), clips)
    for name in AIMS.keys() - {name for name, _, _ in found}:
        print(f"\n{name}: the model is not installed", file=sys.stderr)
    return [
        claim_line(
            name=name,
            value=1 / factor,
            unit="of real time",
            aim=AIMS[name],
            at_most=True,
            detail=detail,
        )
        for name, factor, detail in found
    ]


def _memory() -> list[str]:
    """Return the claims of a worker's process that is started anew."""
    alone = {"DATABASE_URL": "sqlite:///:memory:"}
    alone |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        files = _long_takes(Path(folder))
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.ground.one_worker", str(time.time()), *files],
            env=os.environ | alone,
            check=True,
            stdout=subprocess.PIPE,
        )
    told = json.loads(ran.stdout.splitlines()[-1])
    print(
        f"\na worker's process: {told['start_s']:.1f} s from its start until it could work,"
        f" {told['verdict_s']:.2f} s for the first verdict (information: under {_MOST_START_S:g} s)"
    )
    return [
        claim_line(
            name="peak_memory",
            value=told["peak_mb"],
            unit="MB",
            aim=_MOST_MB,
            at_most=True,
            detail="the worker's process, clips of 60 s in two channels at 96 kHz among them; its"
            f" decoding process then holds {told['decoder_own_mb']:.0f} MB of its own",
        )
    ]


def _long_takes(folder: Path) -> list[Path]:
    """Return a usual take, and the longest and richest that may be sent in every format."""
    x = speech_like(20.0, rate=_HIGHEST_RATE)
    stereo = np.tile(np.stack([x, x * np.float32(0.5)], axis=1), (3, 1))
    files = {
        "usual.webm": webm(x[::2][: 7 * RATE], RATE),
        "long.flac": flac(stereo, _HIGHEST_RATE),
        "long.webm": webm(stereo, _HIGHEST_RATE),
        "long.mp4": mp4(stereo, _HIGHEST_RATE, to=_HIGHEST_RATE),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


if __name__ == "__main__":
    sys.exit(main())
