"""Bring mono sound to 16 kHz, once, for the measures and the derivative alike."""

from __future__ import annotations

import numpy as np
import soxr

from workers.audio.sound import Floats

RATE = 16_000


def at_16_khz(x: Floats, rate: int) -> Floats:
    """Return `x` (samples,) at 16 kHz by soxr's HQ filter; sound that has this rate already is not
    touched.
    """
    if rate == RATE:
        return x
    resampled: Floats = soxr.resample(x, rate, RATE, quality="HQ")
    return np.ascontiguousarray(resampled, dtype=np.float32)
