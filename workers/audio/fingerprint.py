"""What two recordings of one sound share, however they were coded: words to compare, keys to find.

`words` follow Haitsma & Kalker (ISMIR 2002): for each 16 ms, of 33 log-spaced bands from 300 to
3400 Hz, in which of 32 neighbouring pairs the difference grows. Two things are added. A floor 25 dB
below the loud frames is put under every band, so that what differs between two encodes of a pause
(codec noise) does not count; and frames in which nothing rises above it are the word 0, which is
compared with nothing.

Words are no key: after Opus at 16 kb/s one bit in five differs, so two encodes may share not one
of them. `keys` look at half a second instead: around the loudest syllables (and places a few frames
beside them, where syllables are few) the spectrogram is shortened to 33 frames x 11 bands, each
band in log over its own loud mean (which takes away gain and the tone of a room) with a floor 15 dB
below, and 24 signs of its slowest two-dimensional cosines are the key. Signs of slow cosines
survive coding (2 to 6 % turn at Opus 16 kb/s), trims (the syllable says where, not the clock),
noise and replays (10 to 20 %). A search asks also for the neighbours of its keys: those with the
least certain signs turned (multi-probe, Lv et al., VLDB 2007). docs/duplicates.md has the measured
recall.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from workers.audio.resample import RATE
from workers.audio.sound import Floats
from workers.audio.spectra import LENGTH, power_spectra

Words = npt.NDArray[np.uint32]
_Reals = npt.NDArray[np.float64]

_BANDS = 33
_EDGES: Final = np.searchsorted(
    np.fft.rfftfreq(LENGTH, 1 / RATE), np.geomspace(300, 3400, _BANDS + 1)
)
# Power under every band, and under a whole frame for it to be compared, below the loud frames.
_FLOOR = 10**-2.5
_LOUD_QUANTILE = 0.95
# Under this (about -100 dBov in the bands looked at) there is nothing but rounding.
_SILENT = 1e-6

#: Keys that are stored for one clip, at most; and asked for, at most.
MOST_KEYS = 24
MOST_PROBES = 24 * MOST_KEYS
#: A key has this many bits.
KEY_BITS = 24
_WIDE = 3
_HALF = 16
_PATCH_FLOOR = 10**-1.5
# (slowness in time, slowness over the bands). The whole's level and tilt are left out: a new room
# or a noise changes them first.
_COSINES: Final = (
    *((0, f) for f in range(2, 7)),
    *((1, f) for f in range(7)),
    *((2, f) for f in range(1, 7)),
    *((3, f) for f in range(6)),
)


def _cosines(length: int, count: int) -> _Reals:
    """Return (length, count), the slowest cosines of the DCT-II."""
    at = np.arange(length) + 0.5
    return np.cos(np.pi * at[:, None] * np.arange(count) / length)


_SLOW_IN_TIME: Final = _cosines(2 * _HALF + 1, 4)
_SLOW_OVER_BANDS: Final = _cosines(_BANDS // _WIDE, 7)
_WEIGHTS: Final = 1 << np.arange(KEY_BITS, dtype=np.int64)
# Frames to either side within which no other syllable is louder; how far below the loud frames one
# may be.
_APART = 6
_SOFTEST = 10**-2.2
_BESIDE: Final = (0, *(side * step for step in range(2, 17, 2) for side in (-1, 1)))
# Which of the six least certain signs are turned, in the order of what that costs.
_DOUBTED = 6
_TURNS: Final = np.array(
    [
        np.bincount(turned, minlength=_DOUBTED)
        for turned in sorted(
            (turned for count in range(4) for turned in combinations(range(_DOUBTED), count)),
            key=lambda turned: (sum(turned) + len(turned), turned),
        )[: MOST_PROBES // MOST_KEYS]
    ],
    dtype=np.int64,
)

#: Frames by which one recording may begin or end before the other.
SLACK = 80
_BITS = 32


@dataclass(frozen=True)
class Fingerprint:
    """`words` (frames,) uint32, 62.5 a second; `keys` to be found by and `probes` to search for,
    each below 2 ** KEY_BITS. Sound without speech or anything else above its floor has no keys.
    """

    words: Words
    keys: tuple[int, ...]
    probes: tuple[int, ...]

    def error_to(self, stored: bytes) -> float:
        """Return `bit_error` to the words that `to_bytes` made of another."""
        return bit_error(self.words, from_bytes(stored))


def fingerprint(mono_16_khz: Floats, *, spectra: Floats | None = None) -> Fingerprint:
    """Return the fingerprint of sound (samples,) at 16 kHz; gain changes nothing in it.

    `spectra`: the `power_spectra` of the sound free of offset, where they are known already.
    """
    if spectra is None:
        # An offset many times the sound would leave its rounding in every band.
        offset = mono_16_khz.mean(dtype=np.float64) if len(mono_16_khz) else 0.0
        spectra = power_spectra(mono_16_khz - np.float32(offset))
    power = _band_power(spectra)
    total = power.sum(axis=1)
    loud = float(np.quantile(total, _LOUD_QUANTILE))
    if loud < _SILENT:
        return Fingerprint(np.zeros(len(power) - 1, np.uint32), (), ())
    signs, doubts = _patch_signs(power, total, loud)
    keys = signs @ _WEIGHTS
    probes = keys[:, None] ^ _turned(doubts)
    return Fingerprint(
        words=_words(power, total, loud),
        keys=tuple(dict.fromkeys(keys.tolist())),
        # Column by column: the keys themselves first.
        probes=tuple(dict.fromkeys(probes.T.ravel().tolist())),
    )


def to_bytes(words: Words) -> bytes:
    """Return words as they are stored: 4 bytes each, little-endian."""
    return words.astype("<u4").tobytes()


def from_bytes(stored: bytes) -> Words:
    """Return the words that `to_bytes` stored."""
    return np.frombuffer(stored, dtype="<u4").astype(np.uint32)


def bit_error(a: Words, b: Words) -> float:
    """Return how little alike two recordings are: 0 the same, about 0.5 strangers, 1 incomparable.

    It is the share of bits that differ, at the best of all alignments within SLACK frames in which
    at least half of what sounds in the one with less is compared, plus 0.75 / sqrt(n) - 0.03 where
    that is above 0; n frames are compared. Few frames are alike by chance: the share scatters by
    about 1 / sqrt(n) around its mean (neighbouring frames and bands are not independent) and the
    best of many alignments is taken. The allowance was fitted on new takes of spoken digits: the
    same man saying the same words comes down to a share of 0.30 in 20 frames of sound and 0.38 in
    75, and with it to 0.43, whatever the length. So one threshold serves digits and sentences. From
    625 frames (10 s of sound) on, it is the plain share.
    """
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    sounding = min(int(np.count_nonzero(short)), int(np.count_nonzero(long)))
    least = max(1, -(-sounding // 2))
    later = min(len(long) - len(short), SLACK) + SLACK
    padded = np.zeros(SLACK + len(short) + max(len(long), later), np.uint32)
    padded[SLACK : SLACK + len(long)] = long
    against = np.lib.stride_tricks.sliding_window_view(padded, len(short))[: SLACK + later + 1]
    compared = (against != 0) & (short != 0)
    frames = np.count_nonzero(compared, axis=1)
    enough = frames >= least
    if not enough.any():
        return 1.0
    differing = (np.bitwise_count(against ^ short) * compared).sum(axis=1, dtype=np.int64)[enough]
    frames = frames[enough]
    errors = differing / (_BITS * frames) + np.maximum(0, 0.75 / np.sqrt(frames) - 0.03)
    return min(1.0, round(float(errors.min()), 6))


def _band_power(spectra: Floats) -> _Reals:
    """Return (frames, 33) power; there are at least two frames, so that there is one change."""
    bands: Floats = np.add.reduceat(spectra[:, : _EDGES[-1]], _EDGES[:-1], axis=1)
    return bands.astype(np.float64)


def _words(power: _Reals, total: _Reals, loud: float) -> Words:
    """Return one word for each change from frame to frame, 0 where both are below the floor."""
    levels = np.log(power + loud / _BANDS * _FLOOR)
    grows = np.diff(np.diff(levels, axis=1), axis=0) > 0
    words: Words = np.packbits(grows, axis=1, bitorder="little").view("<u4").ravel()
    words = words.astype(np.uint32)
    heard = total > loud * _FLOOR
    words[~(heard[1:] | heard[:-1])] = 0
    return words


def _patch_signs(power: _Reals, total: _Reals, loud: float) -> tuple[npt.NDArray[np.bool_], _Reals]:
    """Return signs (places, KEY_BITS) of the cosines around each place, and how far from 0 they
    are.
    """
    wide = power.reshape(len(power), -1, _WIDE).sum(axis=2)
    mean = wide[total > loud * 10**-2].mean(axis=0) + _SILENT * _PATCH_FLOOR
    # 0 is the floor, and what lies before the first frame and behind the last.
    levels = np.log1p(wide / mean / _PATCH_FLOOR)
    margin = _HALF + max(_BESIDE)
    padded = np.pad(levels, ((margin, margin), (0, 0)))
    places = _places(total, loud)
    patches = padded[places[:, None] + margin + np.arange(-_HALF, _HALF + 1)]
    both = _SLOW_IN_TIME.T @ patches @ _SLOW_OVER_BANDS
    values = both[:, [t for t, _ in _COSINES], [f for _, f in _COSINES]]
    return values > 0, np.abs(values)


def _places(total: _Reals, loud: float) -> npt.NDArray[np.int64]:
    """Return the frames to look around: the loudest syllables first, then places beside them."""
    level = np.log(total + loud * 1e-3)
    bell = np.hanning(11)[1:-1]
    smooth = np.convolve(np.pad(level, 4, mode="edge"), bell / bell.sum(), "valid")
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(smooth, _APART, constant_values=-np.inf), 2 * _APART + 1
    )
    tops = np.flatnonzero((smooth >= around.max(axis=1)) & (smooth > np.log(loud * _SOFTEST)))
    tops = tops[np.argsort(-smooth[tops], kind="stable")][:MOST_KEYS]
    return (np.array(_BESIDE)[:, None] + tops).ravel()[:MOST_KEYS].astype(np.int64)


def _turned(doubts: _Reals) -> npt.NDArray[np.int64]:
    """Return (places, probes) which bits to turn: of the least certain signs, likely ones first."""
    doubtful = np.argsort(doubts, axis=1, kind="stable")[:, :_DOUBTED]
    return _WEIGHTS[doubtful] @ _TURNS.T
