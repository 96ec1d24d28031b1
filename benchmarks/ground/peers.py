"""What else measures recordings, in the same run: other tools, where they are installed, and a
straightforward script of librosa.
"""

import io
import json
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile

from benchmarks.ground.server import REPOSITORY

_FFMPEG_FILTERS = "ebur128,astats,silencedetect"


@dataclass(frozen=True)
class Peer:
    """One tool: its processor time over the sound's, or in words why there is none."""

    name: str
    real_time: float | None
    missing: str = ""


def peers(flacs: Sequence[bytes], seconds: float) -> list[Peer]:
    """Return what each tool took for these FLAC files of `seconds` together."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.flac" for number in range(len(flacs))]
        for file, data in zip(files, flacs, strict=True):
            file.write_bytes(data)
        return [
            _program("sox stats", "sox", lambda file: [file, "-n", "stats"], files, seconds),
            _program("ffmpeg " + _FFMPEG_FILTERS, "ffmpeg", _ffmpeg, files, seconds),
            _within("librosa script", lambda: [by_librosa(data) for data in flacs], seconds),
            _speechmos(files),
        ]


def by_librosa(data: bytes) -> dict[str, float]:
    """Return about what stage A measures, as one would write it down with librosa; what it has
    nothing for (a voice detector, loudness, other containers) is left out.
    """
    native, rate = librosa.load(io.BytesIO(data), sr=None)
    x = librosa.resample(native, orig_sr=rate, target_sr=16_000)
    rms = librosa.feature.rms(y=x, frame_length=400, hop_length=160)[0]
    level = librosa.amplitude_to_db(rms, ref=1.0)
    sounding = librosa.effects.split(x, top_db=30)
    power = np.abs(librosa.stft(x, n_fft=1024, hop_length=512)) ** 2
    hertz = librosa.fft_frequencies(sr=16_000, n_fft=1024)
    slow = np.abs(librosa.stft(x, n_fft=8192, hop_length=4096)) ** 2
    low = librosa.power_to_db(slow.mean(axis=1))
    bins = np.round(np.arange(1, 9) * 50 * 8192 / 16_000).astype(int)
    slope = np.diff(level) / 0.01
    known_by = librosa.feature.melspectrogram(y=x, sr=16_000, n_fft=1024, hop_length=256, n_mels=33)
    written = io.BytesIO()
    soundfile.write(written, x, 16_000, format="FLAC", subtype="PCM_16")
    return {
        "sounding_s": float(sum(end - start for start, end in sounding) / 16_000),
        "level_db": float(librosa.amplitude_to_db(np.array([rms.mean()]))[0]),
        "range_db": float(np.subtract(*np.percentile(level, (95, 5)))),
        "peak": float(np.abs(native).max()),
        "dc": float(native.mean()),
        "clipped": float((np.abs(native) >= 0.99 * np.abs(native).max()).mean()),
        "zeros": float((np.abs(native) <= 2**-15).mean()),
        "flatness": float(librosa.feature.spectral_flatness(S=power).mean()),
        "bandwidth": float(librosa.feature.spectral_bandwidth(S=power, sr=16_000).mean()),
        "high_low": float(power[hertz > 4300].mean() / max(1e-12, power[hertz < 3400].mean())),
        "hum": float((low[bins] - low[bins + 8]).max()),
        "decay": float(np.percentile(slope[slope < 0], 20)) if (slope < 0).any() else 0.0,
        "print": float((np.diff(librosa.power_to_db(known_by), axis=1) > 0).mean()),
    }


def _ffmpeg(file: Path) -> list[str | Path]:
    quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"]
    return [*quiet, "-i", file, "-af", _FFMPEG_FILTERS, "-f", "null", "-"]


def _program(
    name: str,
    program: str,
    arguments: Callable[[Path], Sequence[str | Path]],
    files: Sequence[Path],
    seconds: float,
) -> Peer:
    path = shutil.which(program)
    if path is None:
        return Peer(name, None, f"{program} is not installed (deploy/setup.sh peers)")
    before = _of_programs()
    for file in files:
        subprocess.run([path, *arguments(file)], check=True, capture_output=True)
    return Peer(name, (_of_programs() - before) / seconds)


def _of_programs() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _within(name: str, work: Callable[[], object], seconds: float) -> Peer:
    # Its first call compiles.
    work()
    began = time.process_time()
    work()
    return Peer(name, (time.process_time() - began) / seconds)


def _speechmos(files: Sequence[Path]) -> Peer:
    name, python = "speechmos package", REPOSITORY / ".venv-peers" / "bin" / "python"
    if not python.exists():
        return Peer(name, None, "its environment is not installed (deploy/setup.sh peers)")
    script = REPOSITORY / "benchmarks" / "ground" / "speechmos_peer.py"
    # The first one only loads and compiles.
    told = subprocess.run(
        [python, script, files[0], *files[::6]], check=True, capture_output=True, text=True
    )
    took = json.loads(told.stdout)
    return Peer(name, took["processor_s"] / took["seconds"])
