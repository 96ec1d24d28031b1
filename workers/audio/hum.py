"""Hum of the mains: harmonics of 50 or 60 Hz that stand out of what lies around them."""

from __future__ import annotations

import math

import numpy as np
import scipy.fft

from workers.audio.frames import Powers
from workers.audio.resample import RATE
from workers.audio.sound import Floats

_LENGTH = 8_192  # half a second: bins of 1.95 Hz
_HOP = _LENGTH // 2
_WINDOW = np.hanning(_LENGTH).astype(np.float32)
_HARMONICS, _BEST = 8, 3
_RING_FROM, _RING_TO = 5, 10  # bins to either side, 8 to 20 Hz
_FLOOR = 1e-12


def hum_comb(x: Floats) -> float:
    """Return how far the best three of the first eight harmonics of 50 or of 60 Hz stand above the
    median of their surroundings, dB, in the quieter half of half-second frames of `x` at 16 kHz.
    """
    padded = np.pad(x, (0, max(0, _LENGTH - len(x))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _LENGTH)[::_HOP]
    power = np.einsum("ij,ij->i", frames, frames)
    quiet = frames[np.argsort(power, kind="stable")[: max(1, len(frames) // 2)]]
    spectrum = scipy.fft.rfft(quiet * _WINDOW, axis=1)
    mean = (spectrum.real**2 + spectrum.imag**2).mean(axis=0, dtype=np.float64)
    return max(_comb(mean, 50), _comb(mean, 60))


def _comb(spectrum: Powers, hertz: int) -> float:
    above = []
    for harmonic in range(1, _HARMONICS + 1):
        centre = round(hertz * harmonic * _LENGTH / RATE)
        around = np.concatenate(
            [
                spectrum[centre - _RING_TO : centre - _RING_FROM + 1],
                spectrum[centre + _RING_FROM : centre + _RING_TO + 1],
            ]
        )
        highest = float(spectrum[centre - 1 : centre + 2].max())
        above.append(_level(highest) - _level(float(np.median(around))))
    return float(np.mean(sorted(above)[-_BEST:]))


def _level(power: float) -> float:
    return 10 * math.log10(max(power, _FLOOR))
