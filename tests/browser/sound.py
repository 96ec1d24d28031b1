"""What a microphone of the tests hears, and where in it a take lies, to the sample."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from tests.sounds import speech_like

# The rate at which Chromium's fake device gives a file's samples as they are.
RATE = 44_100
# So many samples of speech with its noise come only once.
KEY = 256
Samples = npt.NDArray[np.int16]


def speech(seconds: int) -> Samples:
    """Return speech in which no tenth of a second comes twice."""
    parts = [speech_like(10.0, rate=RATE, seed=seed) for seed in range(-(-seconds // 10))]
    return np.round(np.concatenate(parts)[: seconds * RATE] * 32767).astype(np.int16)


def write_microphone(path: Path, samples: Samples) -> Path:
    """Write the file that Chromium plays over and over as its microphone."""
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def read_flac(body: bytes | str) -> Samples:
    """Return the samples of a file, in bytes or base64; it must be mono FLAC of 16 bits."""
    data = base64.b64decode(body) if isinstance(body, str) else body
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert (file.format, file.subtype) == ("FLAC", "PCM_16")
        assert (file.channels, file.samplerate) == (1, RATE)
        samples: Samples = file.read(dtype="int16")
    return samples


@dataclass(frozen=True)
class Part:
    """So many samples of a take, from `at`, are those of the source from `source`."""

    at: int
    source: int
    length: int


def parts_of(take: Samples, source: Samples) -> list[Part]:
    """Return the longest parts in which a take is its source, which is played over and over.

    A take without a sample lost or added is one part.
    """
    ring = np.concatenate([source, source])
    haystack = ring.tobytes()
    found: list[Part] = []
    at = 0
    while at < len(take) - KEY:
        start = _find(haystack, take[at : at + KEY].tobytes())
        if start < 0:
            at += 1
            continue
        length = min(len(take) - at, len(ring) - start)
        other = np.flatnonzero(take[at : at + length] != ring[start : start + length])
        length = int(other[0]) if len(other) else length
        found.append(Part(at, start, length))
        at += length
    return found


def _find(haystack: bytes, needle: bytes) -> int:
    start = haystack.find(needle)
    while start % 2 == 1:
        start = haystack.find(needle, start + 1)
    return start // 2 if start >= 0 else -1
