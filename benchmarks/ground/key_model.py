"""Pure: keys of clips that nobody recorded, as often alike as those of real speakers are.

Bits of real keys are not independent. They are taken as signs of a Gaussian with the correlations
that real keys show (the sine of pi/2 times that of the signs), a part of which is common to a clip,
since a voice is alike to itself. How far the correlations are taken is then fitted, so that keys of
the model meet real probes exactly as often as the keys of other real clips do.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.audio.fingerprint import KEY_BITS, MOST_KEYS, Fingerprint

Keys = npt.NDArray[np.int64]
_Reals = npt.NDArray[np.float64]
_BITS = np.arange(KEY_BITS)
_TRIED = 5_000


@dataclass(frozen=True)
class KeyModel:
    """`roots` (24, 24) colours what differs within a clip, `common` (24, 24) what a clip shares."""

    roots: _Reals
    common: _Reals

    def clips(self, count: int, rng: np.random.Generator) -> Keys:
        """Return the keys (count, 24) of so many clips."""
        shared = rng.standard_normal((count, KEY_BITS), np.float32) @ self.common.astype(np.float32)
        own = rng.standard_normal((count * MOST_KEYS, KEY_BITS), np.float32)
        latent = (own @ self.roots.astype(np.float32)).reshape(count, MOST_KEYS, KEY_BITS)
        keys: Keys = ((latent + shared[:, None, :]) > 0) @ (np.int64(1) << _BITS)
        return keys


@dataclass(frozen=True)
class Met:
    """How often a probe of one clip equals a key of another, and how many in a million clips share
    at least two keys with one that asks.
    """

    chance: float
    two_shared: float


def meeting(asking: list[Fingerprint], others: list[frozenset[int]], *, itself: bool) -> Met:
    """Return how often they meet; `itself`: clip i of `others` is the one that asks, left out."""
    meetings = pairs = two = clips = 0
    for number, print_ in enumerate(asking):
        probes = frozenset(print_.probes)
        for other, keys in enumerate(others):
            if itself and other == number:
                continue
            shared = len(probes & keys)
            meetings += shared
            pairs += len(probes) * len(keys)
            two += shared >= 2
            clips += 1
    return Met(meetings / max(1, pairs), 1e6 * two / max(1, clips))


def fit(prints: list[Fingerprint]) -> KeyModel:
    """Return the model of keys like those of real clips."""
    wanted = meeting(prints, [frozenset(print_.keys) for print_ in prints], itself=True).chance
    signs = [
        2.0 * ((np.array(print_.keys)[:, None] >> _BITS) & 1) - 1
        for print_ in prints
        if len(print_.keys) > MOST_KEYS // 2
    ]
    pooled = np.concatenate(signs)
    whole = np.sin(np.pi / 2 * np.corrcoef(pooled.T))
    # What the means of clips vary by, beyond what so few keys would make them vary.
    means = np.array([clip.mean(axis=0) for clip in signs])
    excess = means.var(axis=0) - (1 - means.var(axis=0)) / MOST_KEYS
    common = float(np.clip(np.mean(excess), 0, 0.5))
    low, high = 1.0, 3.0
    for _ in range(8):
        power = (low + high) / 2
        model = _coloured(whole, common, power)
        if _chance(model, prints) < wanted:
            low = power
        else:
            high = power
    return _coloured(whole, common, (low + high) / 2)


def _coloured(whole: _Reals, common: float, power: float) -> KeyModel:
    values, vectors = np.linalg.eigh(whole)
    values = np.maximum(values, 1e-3) ** power
    covariance = (vectors * values) @ vectors.T
    spread = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return KeyModel(root * np.sqrt(1 - common), root * np.sqrt(common))


def _chance(model: KeyModel, prints: list[Fingerprint]) -> float:
    keys = np.sort(model.clips(_TRIED, np.random.default_rng(1)).ravel())
    probes = np.concatenate([np.array(print_.probes) for print_ in prints])
    found = np.searchsorted(keys, probes, "right") - np.searchsorted(keys, probes, "left")
    return float(found.sum() / (len(keys) * len(probes)))
