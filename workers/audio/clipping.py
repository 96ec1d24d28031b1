"""Signs of clipping: plateaus in plain samples, crowded peaks where a codec has blurred them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.audio.runs import runs_of
from workers.audio.sound import Floats

_SILENT_PEAK = 1e-4
_NEAR_PEAK = 0.99
_SHORTEST_RUN = 3
# One tall wave gives a run by itself, and a take normalised to full scale touches it once or twice;
# in a short clip that is already a large share. Clipping happens many times over.
_FEWEST_RUNS = 5
_FEWEST_SAMPLES = 4
_FULL_SCALE = 0.999
_BAND_WEIGHT = 15.0  # dB; a clean take's band share varies by 0.03, its spread by 1 dB and more

_TOP, _UPPER = 0.999, 0.99
_BIG, _LARGER, _BAND = 0.3, 0.4, (0.85, 1.15)
_BIG_QUANTILE = 0.9
# A sample of the sound tells where its highest hundredth begins well enough to sort only that.
_SAMPLED, _GUESS = 16, 0.97


def plateau_share(x: Floats) -> float:
    """Return the share of native-rate samples in runs of 3 or more within 1 % of the peak of their
    own sign.

    Works at any level: a clipped take that was turned down afterwards keeps its plateaus. Lossless
    sound only.
    """
    if not len(x):
        return 0.0
    top, bottom = float(x.max()), float(x.min())
    if max(top, -bottom) < _SILENT_PEAK:
        return 0.0
    near = []
    if top > 0:
        near.append(x >= np.float32(_NEAR_PEAK * top))
    if bottom < 0:
        near.append(x <= np.float32(_NEAR_PEAK * bottom))
    samples = runs = 0
    for mask in near:
        starts, ends = runs_of(mask)
        lengths = ends - starts
        long_enough = lengths[lengths >= _SHORTEST_RUN]
        runs += len(long_enough)
        samples += int(long_enough.sum())
    return samples / len(x) if runs >= _FEWEST_RUNS else 0.0


def full_scale_share(x: Floats) -> float:
    """Return the share of native-rate samples at or beyond full scale (|x| >= 0.999), 0 for fewer
    than 4.

    After Opus or AAC a clipped take overshoots full scale all over; a loud clean one hardly does.
    """
    limit = np.float32(_FULL_SCALE)
    count = int(np.count_nonzero(x >= limit)) + int(np.count_nonzero(x <= -limit))
    return count / len(x) if count >= _FEWEST_SAMPLES else 0.0


def crowding(x: Floats) -> tuple[float, float]:
    """Return `band_share` and `spread_db` of sound at 16 kHz.

    The share of the larger local maxima of |x| that crowd within 15 % of one height; and the
    distance of the 99.9 % and 99 % amplitudes in dB, small where the tops are cut off.
    """
    amplitude = np.abs(x - np.float32(x.mean(dtype=np.float64)))
    top, upper = _high_quantiles(amplitude, (_TOP, _UPPER))
    spread = 20 * np.log10((top + 1e-9) / (upper + 1e-9))
    return _band_share(amplitude, top), float(spread)


def blurred_clipping(*, band_share: float, spread_db: float) -> float:
    """Return how much both signs together speak for clipping before a codec.

    A level-limited recording has one of them, cut tops have both: of 40 readers' clean takes in
    Opus and AAC none is over 1.4, of those with 1 % of their samples cut off 94 % are over 0.6.
    """
    return _BAND_WEIGHT * band_share - spread_db


def _band_share(amplitude: Floats, top: float) -> float:
    big_from = _BIG * (top + 1e-9)
    # No height that is counted lies lower: the big ones begin here, the larger at 0.4 of theirs.
    heights = _maxima(amplitude, least=_LARGER * big_from)
    big = heights[heights > big_from]
    height = float(np.quantile(big, _BIG_QUANTILE)) if len(big) else 1.0
    larger = int((heights > _LARGER * height).sum())
    band = (heights > _BAND[0] * height) & (heights < _BAND[1] * height)
    return int(band.sum()) / max(1, larger)


def _maxima(amplitude: Floats, *, least: float) -> Floats:
    inner = np.flatnonzero(amplitude[1:-1] > least) + 1
    height = amplitude[inner]
    peaks: Floats = height[(height >= amplitude[inner - 1]) & (height > amplitude[inner + 1])]
    return peaks


def _high_quantiles(values: Floats, shares: tuple[float, ...]) -> list[float]:
    """Return what `np.quantile` would for shares near 1, sorting only the highest values."""
    positions = [share * (len(values) - 1) for share in shares]
    guess = np.quantile(values[::_SAMPLED], _GUESS)
    high: npt.NDArray[np.floating] = values[values >= guess]
    if len(values) - len(high) > int(min(positions)):
        high = values
    ordered = np.sort(high)
    missing = len(values) - len(high)
    return [float(np.interp(at - missing, np.arange(len(ordered)), ordered)) for at in positions]
