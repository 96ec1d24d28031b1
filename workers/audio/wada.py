"""Speech over noise from the distribution of amplitudes alone (WADA; Kim & Stern, Interspeech
2008).

Amplitudes of speech are taken as gamma distributed (shape 0.4), those of noise as Gaussian: the
more noise, the closer the logarithm of the mean lies to the mean of the logarithm. It knows no
pauses, so it hears voices in the background as noise where a voice detector hears speech.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.audio.sound import Floats

_SHAPE = 0.4
_DRAWS = 400_000
_LEAST_DB, _MOST_DB = -20, 100
_LEAST_AMPLITUDE = 1e-10
_FEWEST = 100

# What `expected_spread` gives for -20 to 100 dB.
# fmt: off
_SPREAD = np.array((
    0.40985, 0.40994, 0.40996, 0.41013, 0.41024, 0.41065, 0.41078, 0.41145, 0.41260,
    0.41281, 0.41368, 0.41386, 0.41541, 0.41744, 0.42092, 0.42425, 0.42933, 0.43544,
    0.44234, 0.45193, 0.46339, 0.47425, 0.48839, 0.50509, 0.52418, 0.54414, 0.56651,
    0.58978, 0.61520, 0.64159, 0.66887, 0.69743, 0.72635, 0.75571, 0.78560, 0.81455,
    0.84395, 0.87247, 0.90179, 0.92979, 0.95787, 0.98512, 1.01151, 1.03700, 1.06147,
    1.08553, 1.10873, 1.13175, 1.15404, 1.17510, 1.19533, 1.21540, 1.23399, 1.25194,
    1.26910, 1.28550, 1.30142, 1.31658, 1.33098, 1.34482, 1.35805, 1.37065, 1.38276,
    1.39442, 1.40583, 1.41670, 1.42678, 1.43624, 1.44548, 1.45445, 1.46326, 1.47159,
    1.47945, 1.48702, 1.49421, 1.50128, 1.50752, 1.51361, 1.51950, 1.52501, 1.53025,
    1.53542, 1.54038, 1.54544, 1.54999, 1.55408, 1.55797, 1.56185, 1.56550, 1.56908,
    1.57246, 1.57575, 1.57915, 1.58203, 1.58480, 1.58748, 1.58984, 1.59238, 1.59483,
    1.59690, 1.59910, 1.60103, 1.60292, 1.60467, 1.60649, 1.60824, 1.60991, 1.61141,
    1.61277, 1.61420, 1.61555, 1.61678, 1.61787, 1.61905, 1.62007, 1.62107, 1.62206,
    1.62313, 1.62416, 1.62508, 1.62579,
))
# fmt: on


def wada_snr(x: Floats) -> float | None:
    """Return speech over noise in dB, -20 to 100, of sound free of offset; None where fewer than
    100 samples differ from zero.
    """
    amplitude = np.abs(x)
    amplitude = amplitude[amplitude > _LEAST_AMPLITUDE]
    if len(amplitude) < _FEWEST:
        return None
    spread = float(np.log(amplitude.mean(dtype=np.float64)))
    spread -= float(np.log(amplitude).mean(dtype=np.float64))
    return float(np.interp(spread, _SPREAD, np.arange(_LEAST_DB, _MOST_DB + 1)))


def expected_spread() -> npt.NDArray[np.float64]:
    """Return ln(mean|x|) - mean(ln|x|) for speech at -20, -19 … 100 dB over noise, by drawing;
    where chance has it fall it is held level.
    """
    rng = np.random.default_rng(0)
    speech = rng.gamma(_SHAPE, 1, _DRAWS) * rng.choice([-1, 1], _DRAWS)
    speech /= np.sqrt(np.mean(speech**2))
    noise = rng.standard_normal(_DRAWS)
    spreads = []
    for ratio in range(_LEAST_DB, _MOST_DB + 1):
        amplitude = np.abs(speech + noise * 10 ** (-ratio / 20)) + 1e-20
        spreads.append(np.log(amplitude.mean()) - np.log(amplitude).mean())
    return np.maximum.accumulate(spreads)
