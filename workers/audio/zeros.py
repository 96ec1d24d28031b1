"""Runs of digital zeros inside a clip: by a broken recorder, or a phone that mutes pauses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.audio.runs import Places, runs_of
from workers.audio.sound import Floats

_ONE_STEP = 1 / 32768
_SHORTEST_GAP_S = 0.0015
_UNITS_PER_SECOND = 200
_LOUD = 1e-5  # the mean power of a flank that can be heard, -50 dBFS


def zero_runs(x: Floats) -> tuple[Places, Places]:
    """Return starts and ends (exclusive) of the runs of samples within one 16-bit step of zero that
    touch neither end.
    """
    step = np.float32(_ONE_STEP)
    starts, ends = runs_of((x <= step) & (x >= -step))
    inside = (starts > 0) & (ends < len(x))
    return starts[inside], ends[inside]


def longest_zero_run(x: Floats, runs: tuple[Places, Places] | None = None) -> int:
    """Return the samples of the longest of the `zero_runs` of `x`, 0 where there is none; `runs`:
    those, where they are known already.
    """
    starts, ends = runs or zero_runs(x)
    return int((ends - starts).max(initial=0))


def zero_gaps(x: Floats, rate: int, runs: tuple[Places, Places] | None = None) -> int:
    """Return how many of the `zero_runs` of `x` last more than 1.5 ms and have sound right before
    and right after.

    Sound: -50 dBFS in the 5 ms where the run begins or in the 5 ms before that, and the same where
    it ends. A phone that mutes pauses fades into zeros and has no such runs; a recorder that drops
    or inserts blocks has. Zeros survive in lossless sound only.
    """
    starts, ends = runs or zero_runs(x)
    long_enough = ends - starts > _SHORTEST_GAP_S * rate
    starts, ends = starts[long_enough], ends[long_enough]
    if not len(starts):
        return 0
    bounds = np.arange(len(x) * _UNITS_PER_SECOND // rate + 1) * rate // _UNITS_PER_SECOND
    total = np.concatenate(([0.0], np.cumsum(np.square(x, dtype=np.float64))))
    power = np.diff(total[bounds]) / np.diff(bounds)

    def loud(units: Places) -> npt.NDArray[np.bool_]:
        # What lies beyond the ends is no sound.
        padded = np.pad(power, (1, 3))
        heard: npt.NDArray[np.bool_] = np.maximum(padded[units + 1], padded[units + 2]) > _LOUD
        return heard

    begins_in = -(-starts * _UNITS_PER_SECOND // rate) - 1
    ends_in = -(-(ends + 1) * _UNITS_PER_SECOND // rate) - 1
    return int((loud(begins_in - 1) & loud(ends_in)).sum())
