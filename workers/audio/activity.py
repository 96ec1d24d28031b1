"""Where something rises above the background: energy-gated activity of 16 kHz mono sound.

This is not a speech detector: it tells sound from a steady background, not a voice from a barking
dog.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.audio.sound import Floats

FRAME, HOP = 400, 160  # 25 ms and 10 ms at 16 kHz
HOP_S = HOP / 16_000

# A frame is active within 25 dB of the loud frames and 6 dB over the quiet ones. Loud and quiet
# frames less than 8 dB apart are one steady background: noise stays below that, speech has pauses
# and closures.
_BELOW_LOUD_DB = 25.0
_ABOVE_QUIET_DB = 6.0
_STEADY_DB = 8.0
_BRIDGED_FRAMES = 8  # stop closures inside words last up to about 80 ms
_SHORTEST_FRAMES = 3  # a click is shorter than any syllable
_FLOOR = 1e-12


@dataclass(frozen=True)
class Activity:
    """Activity of one clip: seconds, first and last active second (None: none), and frame levels
    in dBov.
    """

    active_s: float
    level_dbov: float | None
    range_db: float
    first_s: float | None
    last_s: float | None


def find_activity(x: Floats) -> Activity:
    """Return the activity of `x`, 16 kHz mono. 0 dBov is the power of a full-scale square wave
    (ITU-T G.100.1).
    """
    energy = _frame_energy(x - x.mean(dtype=np.float64).astype(np.float32))
    level = 10 * np.log10(np.maximum(energy, _FLOOR))
    quiet, loud = (float(v) for v in np.percentile(level, (5, 95)))
    spread = loud - quiet
    if spread < _STEADY_DB:
        return Activity(0.0, None, spread, None, None)
    active = level > max(loud - _BELOW_LOUD_DB, quiet + _ABOVE_QUIET_DB)
    starts, ends = _runs(_bridged(active))
    long_enough = ends - starts >= _SHORTEST_FRAMES
    starts, ends = starts[long_enough], ends[long_enough]
    if not len(starts):
        return Activity(0.0, None, spread, None, None)
    inside = np.zeros(len(active), bool)
    for start, end in zip(starts, ends, strict=True):
        inside[start:end] = True
    return Activity(
        active_s=float((ends - starts).sum()) * HOP_S,
        level_dbov=float(10 * np.log10(energy[inside & active].mean())),
        range_db=spread,
        first_s=float(starts[0]) * HOP_S,
        last_s=float(ends[-1]) * HOP_S,
    )


def _frame_energy(x: Floats) -> npt.NDArray[np.float64]:
    padded = np.pad(x, (0, max(0, FRAME - len(x)))).astype(np.float64)
    total = np.concatenate(([0.0], np.cumsum(padded * padded)))
    ends = np.arange(FRAME, len(total), HOP)
    energy: npt.NDArray[np.float64] = (total[ends] - total[ends - FRAME]) / FRAME
    return np.maximum(energy, 0.0)


def _runs(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return starts and ends (exclusive) of the runs of True."""
    step = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    return np.flatnonzero(step == 1), np.flatnonzero(step == -1)


def _bridged(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Close gaps of at most 80 ms between active frames."""
    closed = mask.copy()
    starts, ends = _runs(~mask)
    for start, end in zip(starts, ends, strict=True):
        if start > 0 and end < len(mask) and end - start <= _BRIDGED_FRAMES:
            closed[start:end] = True
    return closed
