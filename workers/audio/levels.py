"""Offset, peak and power of sound at its native rate, in one go over pieces that fit the cache."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_PIECE = 16_384


@dataclass(frozen=True)
class Levels:
    """`offset` is the mean, `peak` the largest distance from it, `power` the mean square of it."""

    offset: float
    peak: float
    power: float


def levels_of(x: npt.NDArray[np.float32]) -> Levels:
    """Return the levels of `x` (samples,), at least one sample; 1 is full scale."""
    total = squares = 0.0
    for start in range(0, len(x), _PIECE):
        piece = x[start : start + _PIECE].astype(np.float64)
        total += float(piece.sum())
        squares += float(piece @ piece)
    offset = total / len(x)
    peak = max(float(x.max()) - offset, offset - float(x.min()))
    return Levels(offset, peak, max(0.0, squares / len(x) - offset * offset))
