"""Pure: what can happen to a clip's samples, done to 16 kHz or 48 kHz sound."""

import numpy as np
import numpy.typing as npt
import soxr

from benchmarks.ground.read_speech import RATE, Reading, Wave

_SOUND = round(0.02 * RATE)
_CLIPPED_PEAK = (0.6, 0.98)


def at_rate(x: Wave, rate: int) -> Wave:
    """Return 16 kHz sound at another rate."""
    resampled: Wave = soxr.resample(x, RATE, rate).astype(np.float32) if rate != RATE else x
    return resampled


def clip(x: Wave, share: float, rng: np.random.Generator) -> Wave:
    """Return sound whose highest samples, this share of all, are cut off at a random height."""
    ceiling = max(float(np.quantile(np.abs(x), 1 - share)), 1e-4)
    return np.clip(x, -ceiling, ceiling) * np.float32(rng.uniform(*_CLIPPED_PEAK) / ceiling)


def mix(clip: Reading, noise: Wave, snr_db: float) -> Wave:
    """Return the clip with noise of power 1 so many dB below its active level."""
    return clip.x + noise * np.float32(10 ** ((clip.level_dbov - snr_db) / 20))


def quieter(x: Wave, by_db: float) -> Wave:
    """Return sound turned down, rounded to 16 bit as a microphone does."""
    return np.round(x * 10 ** (-by_db / 20) * 32768).astype(np.float32) / np.float32(32768)


def start_cut(clip: Reading, rng: np.random.Generator) -> Wave:
    """Return the clip from a moment 0.15-0.5 s into its speech, at which there is sound."""
    sounding = _sounding(clip)
    return clip.x[_nearest(sounding, clip.first_s + rng.uniform(0.15, 0.5)) :]


def end_cut(clip: Reading, rng: np.random.Generator) -> Wave:
    """Return the clip up to a moment 0.15-0.5 s before its speech ends, where there was sound."""
    sounding = _sounding(clip) + _SOUND
    return clip.x[: _nearest(sounding, clip.last_s - rng.uniform(0.15, 0.5))]


def _sounding(clip: Reading) -> npt.NDArray[np.intp]:
    """Return the samples from which on 20 ms lie within 15 dB of the speech.

    Clean clips have noise 25 dB under it: what is no more than that is a pause between words, and
    a clip cut there begins in quiet, with a word less.
    """
    power = np.convolve(clip.x.astype(np.float64) ** 2, np.ones(_SOUND) / _SOUND, "valid")
    return np.flatnonzero(power > 10 ** ((clip.level_dbov - 15) / 10))


def _nearest(samples: npt.NDArray[np.intp], second: float) -> int:
    at = round(second * RATE)
    return int(samples[np.argmin(np.abs(samples - at))]) if len(samples) else at


def narrowband(x: Wave, rng: np.random.Generator) -> Wave:
    """Return sound that was once at 8 kHz."""
    return np.asarray(soxr.resample(soxr.resample(x, RATE, 8000), 8000, RATE), dtype=np.float32)


def telephone(x: Wave, rng: np.random.Generator) -> Wave:
    """Return sound that once was 300-3400 Hz in 8-bit mu-law (ITU-T G.711)."""
    low = soxr.resample(x, RATE, 8000).astype(np.float64)
    spectrum = np.fft.rfft(low)
    hertz = np.fft.rfftfreq(len(low), 1 / 8000)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    low = np.clip(np.fft.irfft(spectrum, len(low)), -1, 1)
    curve = np.sign(low) * np.log1p(255 * np.abs(low)) / np.log(256)
    steps = np.round(curve * 127) / 127
    back = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255
    return np.asarray(soxr.resample(back, 8000, RATE), dtype=np.float32)


def dropouts(clip: Reading, rng: np.random.Generator, *, seconds: tuple[float, float]) -> Wave:
    """Return the clip with 3 to 6 stretches of its speech replaced by zeros."""
    x = clip.x.copy()
    sounding = _sounding(clip)
    for _ in range(int(rng.integers(3, 7))):
        size = round(rng.uniform(*seconds) * RATE)
        within = rng.uniform(clip.first_s + 0.1, max(clip.first_s + 0.2, clip.last_s))
        at = _nearest(sounding, within)
        x[at : at + size] = 0
    return x


def offset(x: Wave, by: float) -> Wave:
    """Return sound with a constant added."""
    return x + np.float32(by)


def two_at_once(clip: Reading, other: Reading, below_db: float) -> Wave:
    """Return the clip with another reader speaking over it, so many dB softer."""
    over = np.resize(other.x, len(clip.x))
    return clip.x + over * np.float32(10 ** ((clip.level_dbov - other.level_dbov - below_db) / 20))


def two_in_turn(clip: Reading, other: Reading) -> Wave:
    """Return the first half of the clip, then as much of another reader."""
    half = len(clip.x) // 2
    louder = np.float32(10 ** ((clip.level_dbov - other.level_dbov) / 20))
    return np.concatenate([clip.x[:half], other.x[:half] * louder])
