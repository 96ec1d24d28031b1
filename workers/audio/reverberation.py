"""How fast speech dies away: in a reverberant room the sound of a syllable lingers.

After the decay-rate distribution of Wen, Habets & Naylor (2008). Noise hides the end of each decay,
so the rate says something only where there is little of it.
"""

from __future__ import annotations

import numpy as np

from workers.audio.frames import HOP_S, Powers

_SPAN = 8  # frames, 80 ms
_ABOVE_NOISE_DB = 15.0
_PERCENTILE = 20
_FEWEST = 10
_FLOOR = 1e-12


def decay_rate(power: Powers, noise_power: float) -> float | None:
    """Return the 20 % quantile of the slopes of falling level in dB a second, from frame powers;
    None where fewer than 11 falls begin 15 dB above the noise. Dry speech lies near -190.
    """
    level = 10 * np.log10(np.maximum(power, _FLOOR))
    start = level[:-_SPAN]
    slope = (level[_SPAN:] - start) / (_SPAN * HOP_S)
    above = 10 * np.log10(max(noise_power, _FLOOR)) + _ABOVE_NOISE_DB
    falling = slope[(slope < 0) & (start > above)]
    return float(np.percentile(falling, _PERCENTILE)) if len(falling) > _FEWEST else None
