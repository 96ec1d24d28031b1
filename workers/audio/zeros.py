"""Runs of digital zeros inside a clip: by a broken recorder, or a phone that mutes pauses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.audio.sound import Floats

_ONE_STEP = 1 / 32768
_SHORTEST_GAP_S = 0.0015
_UNITS_PER_SECOND = 200
_LOUD = 0.01


def longest_zero_run(x: Floats) -> int:
    """Return the longest run of samples within one 16-bit step of zero that touches neither end."""
    starts, ends = _inner_runs(np.abs(x) <= _ONE_STEP)
    return int((ends - starts).max(initial=0))


def zero_gaps(x: Floats, rate: int) -> int:
    """Return how many runs of zeros of more than 1.5 ms have sound right before and right after.

    Sound: a peak over 1 % of full scale within the 5 ms where the run begins or the 5 ms before
    that, and the same behind it. A phone that mutes pauses fades into zeros and has no such runs;
    a recorder that drops or inserts blocks has. Zeros survive in lossless sound only.
    """
    starts, ends = _inner_runs(x == 0)
    long_enough = ends - starts > _SHORTEST_GAP_S * rate
    starts, ends = starts[long_enough], ends[long_enough]
    if not len(starts):
        return 0
    count = -(-len(x) * _UNITS_PER_SECOND // rate)
    peaks = np.maximum.reduceat(np.abs(x), np.arange(count) * rate // _UNITS_PER_SECOND)
    peaks = np.concatenate(([0], peaks, [0]))

    def unit(at: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        # One more than the unit that sample `at` lies in, since `peaks` begins with another one.
        return -(-(at + 1) * _UNITS_PER_SECOND // rate)

    first, last = unit(starts - 1), unit(ends)
    before = np.maximum(peaks[first - 1], peaks[first])
    after = np.maximum(peaks[last], peaks[last + 1])
    return int(((before > _LOUD) & (after > _LOUD)).sum())


def _inner_runs(
    mask: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return starts and ends (exclusive) of the runs of True that touch neither end."""
    step = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(step == 1), np.flatnonzero(step == -1)
    inside = (starts > 0) & (ends < len(mask))
    return starts[inside], ends[inside]
