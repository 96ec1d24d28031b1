"""Power of 16 kHz sound in short pieces, worked out once for all the measures that ask for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Powers = npt.NDArray[np.float64]

UNIT = 80  # 5 ms
FRAME_UNITS, HOP_UNITS = 5, 2  # 25 ms every 10 ms
FRAME, HOP = FRAME_UNITS * UNIT, HOP_UNITS * UNIT
HOP_S, FRAME_S = 0.010, 0.025


def unit_power(x: npt.NDArray[np.floating]) -> Powers:
    """Return the mean square of each whole 5 ms of `x` (samples,), at least those of one frame:
    shorter sound is filled up with zeros.
    """
    long_enough = x if len(x) >= FRAME else np.pad(x, (0, FRAME - len(x)))
    whole = long_enough[: len(long_enough) // UNIT * UNIT]
    units = whole.astype(np.float64, copy=False).reshape(-1, UNIT)
    power: Powers = np.einsum("ij,ij->i", units, units) / UNIT
    return power


def frame_power(units: Powers) -> Powers:
    """Return the mean square of each 25 ms, every 10 ms, from that of 5 ms units."""
    count = (len(units) - FRAME_UNITS) // HOP_UNITS + 1
    total = np.zeros(count)
    # Added up anew for each frame: a running total would leave dust of loud frames in silent ones.
    for at in range(FRAME_UNITS):
        total += units[at : at + HOP_UNITS * count : HOP_UNITS][:count]
    return total / FRAME_UNITS
