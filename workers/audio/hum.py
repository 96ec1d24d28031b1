"""Hum of the mains: harmonics of 50 or 60 Hz that stand out of what lies around them."""

from __future__ import annotations

import math

import numpy as np
import scipy.fft

from workers.audio.frames import Powers
from workers.audio.resample import RATE
from workers.audio.sound import Floats

_LENGTH = 8_192  # half a second: bins of 1.95 Hz
_WINDOW = np.hanning(_LENGTH).astype(np.float32)
_HARMONICS, _BEST = 8, 3
_RING_FROM, _RING_TO = 5, 10  # bins to either side, 8 to 20 Hz
# Up to the surroundings of the eighth harmonic of 60 Hz.
_BINS = 260
_STEADY = 0.25
_FLOOR = 1e-12


def hum_comb(x: Floats) -> float:
    """Return how far the best three of the first eight harmonics of 50 or of 60 Hz stand above the
    median of their surroundings, dB, in what is there three quarters of the time: the 25 % quantile
    of each bin over half-second frames of `x` at 16 kHz. A hum stays, a low voice moves.
    """
    padded = np.pad(x, (0, -len(x) % _LENGTH or (0 if len(x) else _LENGTH)))
    frames = padded.reshape(-1, _LENGTH)[: max(1, len(x) // _LENGTH)]
    spectrum = scipy.fft.rfft(frames * _WINDOW, axis=1)[:, :_BINS]
    power = spectrum.real**2 + spectrum.imag**2
    steady = np.quantile(power, _STEADY, axis=0)
    return max(_comb(steady, 50), _comb(steady, 60))


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
