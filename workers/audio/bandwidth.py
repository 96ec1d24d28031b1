"""Whether speech reaches above what a narrowband telephone carries."""

from __future__ import annotations

import numpy as np

from workers.audio.frames import Powers
from workers.audio.resample import RATE
from workers.audio.sound import Floats
from workers.audio.spectra import HOP, LENGTH
from workers.audio.voice import BLOCK

_EVERY = 2  # every 32 ms is enough
_SPEECH_P = 0.5
_LOW_HZ, _HIGH_HZ = (1_000, 3_400), (4_300, 7_000)
_FLOOR = 1e-12


def high_over_low(spectra: Floats, probabilities: Floats, samples: int) -> float | None:
    """Return power at 4.3-7 kHz over that at 1-3.4 kHz in speech, dB, from `power_spectra` and
    `speech_probabilities` of a clip of `samples`; None without speech. Narrowband sound lies below
    -40, wideband speech above -25.
    """
    frames = spectra[::_EVERY]
    middle = np.minimum(np.arange(len(frames)) * HOP * _EVERY + LENGTH // 2, samples - 1)
    speech = probabilities[middle // BLOCK] >= _SPEECH_P
    if not speech.any():
        return None
    mean = frames[speech].mean(axis=0, dtype=np.float64)
    return _level(mean, _HIGH_HZ) - _level(mean, _LOW_HZ)


def _level(mean: Powers, band: tuple[int, int]) -> float:
    hertz = np.fft.rfftfreq(LENGTH, 1 / RATE)
    inside = (hertz > band[0]) & (hertz < band[1])
    return float(10 * np.log10(max(float(mean[inside].mean()), _FLOOR)))
