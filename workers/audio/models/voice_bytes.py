"""Pure: voices as bytes and back, and how close they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workers.audio.models.mel import Floats
from workers.audio.models.speaker_voice import SIZE, unit

_STORED = np.dtype("<f2")
_BLOCK = 4_096


def pack_voice(voice: Floats) -> bytes:
    """Return 256 numbers as little-endian float16: cosines keep three digits."""
    return voice.astype(_STORED).tobytes()


def mean_voice(voices: Sequence[bytes]) -> bytes:
    """Return the direction in the middle of several voices."""
    return pack_voice(unit(_matrix(voices).mean(axis=0)))


def closest(voice: bytes, others: Sequence[bytes]) -> float | None:
    """Return the highest cosine of `voice` and any other; None where there is no other."""
    if not others:
        return None
    one = unit(_matrix([voice])[0])
    # In blocks: tens of thousands of voices take half the memory as they are stored.
    starts = range(0, len(others), _BLOCK)
    return max(float((_matrix(others[n : n + _BLOCK]) @ one).max()) for n in starts)


def _matrix(voices: Sequence[bytes]) -> Floats:
    stored = np.frombuffer(b"".join(voices), _STORED).reshape(-1, SIZE)
    return stored.astype(np.float32)
