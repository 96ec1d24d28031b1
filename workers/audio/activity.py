"""Where something rises above the background, and how loud that is: energy-gated activity of 16 kHz
mono sound.

The phone finds the same in mobile_client/src/checks/activity.js; tests/vectors/measures.json holds
both to the same numbers. This is not a speech detector: it tells sound from a steady background,
not a voice from a barking dog.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.audio.frames import HOP_S, frame_power, unit_power
from workers.audio.runs import runs_of
from workers.audio.sound import Floats

# A frame is active within 25 dB of the loud frames and 6 dB over the quiet ones. Loud and quiet
# frames less than 8 dB apart are one steady background: noise stays below that, speech has pauses
# and closures.
_BELOW_LOUD_DB = 25.0
_ABOVE_QUIET_DB = 6.0
_STEADY_DB = 8.0
_BRIDGED_FRAMES = 8  # stop closures inside words last up to about 80 ms
_SHORTEST_FRAMES = 3  # a click is shorter than any syllable
# Background is what lies at least 30 ms from any activity: words fade in and out. Fewer frames than
# that tell nothing by their mean.
_FADE_FRAMES = 3
_FEWEST_BACKGROUND = 5
_EDGE, _UNIT = 1600, 80  # 100 ms, in whole 5 ms
_LEAST_DB = -20.0  # less than this is nothing
_FLOOR = 1e-12


@dataclass(frozen=True)
class Activity:
    """Activity of one clip: seconds, first and last active second, levels in dBov; None where
    nothing is active.

    `noise_dbov` is the level of the background, of everything where nothing is active. `snr_db` is
    the activity without the background over the background; `edge_start_db` and `edge_end_db` are
    the first and last 100 ms without it over the activity.
    """

    active_s: float
    range_db: float
    noise_dbov: float
    level_dbov: float | None = None
    first_s: float | None = None
    last_s: float | None = None
    snr_db: float | None = None
    edge_start_db: float | None = None
    edge_end_db: float | None = None


def find_activity(x: Floats) -> Activity:
    """Return the activity of `x`, 16 kHz mono. 0 dBov is the power of a full-scale square wave
    (ITU-T G.100.1).
    """
    centred = x - x.mean(dtype=np.float64)
    energy = frame_power(unit_power(centred))
    level = 10 * np.log10(np.maximum(energy, _FLOOR))
    quiet, loud = (float(v) for v in np.percentile(level, (5, 95)))
    spread = loud - quiet
    active = level > max(loud - _BELOW_LOUD_DB, quiet + _ABOVE_QUIET_DB)
    starts, ends = runs_of(_bridged(active))
    long_enough = ends - starts >= _SHORTEST_FRAMES
    starts, ends = starts[long_enough], ends[long_enough]
    if spread < _STEADY_DB or not len(starts):
        return Activity(0.0, spread, _decibels(float(energy.mean())))
    inside = _within(starts, ends, len(active))
    outside = ~_within(starts - _FADE_FRAMES, ends + _FADE_FRAMES, len(active))
    enough = outside.sum() >= _FEWEST_BACKGROUND
    noise = max(float(energy[outside].mean()) if enough else 10 ** (quiet / 10), _FLOOR)
    power = float(energy[inside & active].mean())

    def above_noise(part: npt.NDArray[np.float64]) -> float:
        return max(_LEAST_DB, _decibels((float(np.mean(part * part)) - noise) / power))

    return Activity(
        active_s=float((ends - starts).sum()) * HOP_S,
        range_db=spread,
        noise_dbov=_decibels(noise),
        level_dbov=_decibels(power),
        first_s=float(starts[0]) * HOP_S,
        last_s=float(ends[-1]) * HOP_S,
        snr_db=max(_LEAST_DB, _decibels((power - noise) / noise)),
        edge_start_db=above_noise(centred[:_EDGE]),
        edge_end_db=above_noise(centred[: max(_UNIT, len(x) // _UNIT * _UNIT)][-_EDGE:]),
    )


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, _FLOOR))


def _within(
    starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp], count: int
) -> npt.NDArray[np.bool_]:
    """Return which of `count` frames lie in one of the runs."""
    mask = np.zeros(count, bool)
    for start, end in zip(starts, ends, strict=True):
        mask[max(0, int(start)) : int(end)] = True
    return mask


def _bridged(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Close gaps of at most 80 ms between active frames."""
    closed = mask.copy()
    starts, ends = runs_of(~mask)
    for start, end in zip(starts, ends, strict=True):
        if start > 0 and end < len(mask) and end - start <= _BRIDGED_FRAMES:
            closed[start:end] = True
    return closed
