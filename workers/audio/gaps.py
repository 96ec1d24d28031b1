"""Gaps that a broken recorder or link leaves: an abrupt fall into near silence, and an abrupt
return. They survive a codec, where runs of zeros do not.
"""

from __future__ import annotations

import numpy as np

from workers.audio.frames import Powers

_STEP_DB = 25.0  # within 10 ms
_LONGEST_UNITS = 80  # 0.4 s
_DEEP_DB, _QUIET_DB = 20.0, -55.0
_FLOOR = 1e-10


def gap_count(units: Powers) -> int:
    """Return how often level falls by 25 dB within 10 ms and rises so again within 0.4 s, all
    between lying 20 dB below and under -55 dBov. `units`: powers of 5 ms (`unit_power`).
    """
    level = 10 * np.log10(units + _FLOOR)
    change = level[2:] - level[:-2]
    rises = np.flatnonzero(change > _STEP_DB)
    count, passed = 0, -1
    for fall in np.flatnonzero(change < -_STEP_DB):
        if fall <= passed:
            continue
        after = np.searchsorted(rises, fall, side="right")
        if after == len(rises) or rises[after] >= fall + _LONGEST_UNITS:
            continue
        between = level[fall + 2 : rises[after] + 1]
        if len(between) and between.max() < min(level[fall] - _DEEP_DB, _QUIET_DB):
            count, passed = count + 1, int(rises[after])
    return count
