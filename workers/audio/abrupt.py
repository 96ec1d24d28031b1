"""How abruptly a clip begins: a word's end before its first pause, where the word was cut off.

A voice detector takes the rest of a cut word for nothing and hears speech begin after the pause.
What is left of the word still stands far above the background, which a recording that begins in
quiet does not.
"""

from __future__ import annotations

import numpy as np

from workers.audio.sound import Floats

_FRAME = 320  # 20 ms at 16 kHz
_FIRST = 3
_QUIET_PERCENTILE = 10
# Silence that is digital is no background to measure by: phones that suppress noise make it.
_LEAST_BELOW_LEVEL_DB = 40.0
_FLOOR = 1e-12


def start_over_noise_db(x: Floats, level_dbov: float) -> float | None:
    """Return the level of the first 60 ms (the middle one of three frames) over the background, dB.

    `x`: 16 kHz mono; `level_dbov`: its active level. The background is the level that a tenth of
    the frames stay below, at least 40 dB under the active level. None for less than 60 ms.
    """
    count = len(x) // _FRAME
    if count < _FIRST:
        return None
    frames = x[: count * _FRAME].reshape(count, _FRAME)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    level = 10 * np.log10(np.maximum(power, _FLOOR))
    quiet = float(np.percentile(level, _QUIET_PERCENTILE))
    start = float(np.median(level[:_FIRST]))
    return start - max(quiet, level_dbov - _LEAST_BELOW_LEVEL_DB)
