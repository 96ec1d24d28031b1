"""What can go wrong with a take, done to good ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile
import soxr

from benchmarks.ground.spoken import RATE, Spoken, Wave, folder, hiss
from workers.audio.activity import Activity

_VOICES = 8
Maker = Callable[[Spoken, Activity, np.random.Generator], Wave | None]


@dataclass(frozen=True)
class Damage:
    """`make` does it, or returns None where it cannot be done; `codes` would name it."""

    name: str
    codes: frozenset[str]
    make: Maker


def _scaled(factor: float) -> Maker:
    return lambda take, activity, rng: take.x * factor


def _clipped(gain: float) -> Maker:
    return lambda take, activity, rng: np.clip(take.x / np.abs(take.x).max() * gain, -1, 1)


def _turned_down(gain: float) -> Maker:
    return lambda take, activity, rng: 0.4 * np.clip(take.x / np.abs(take.x).max() * gain, -1, 1)


def _start_cut(take: Spoken, activity: Activity, rng: np.random.Generator) -> Wave:
    return take.x[round(((activity.first_s or 0) + _lost_s(activity)) * RATE) :]


def _end_cut(take: Spoken, activity: Activity, rng: np.random.Generator) -> Wave:
    return take.x[: round(((activity.last_s or 0) - _lost_s(activity)) * RATE)]


def _lost_s(activity: Activity) -> float:
    """Return 300 ms, of a single word not more than 40 %."""
    return min(0.3, 0.4 * activity.active_s)


def _zeros_inserted(seconds: float, *, within_sound: bool) -> Maker:
    def make(take: Spoken, activity: Activity, rng: np.random.Generator) -> Wave | None:
        size = round(0.01 * RATE)
        places = list(range(size, len(take.x) - 2 * size, size))
        if within_sound:
            least = 10 ** ((activity.level_dbov or 0) / 10 - 1)
            places = [at for at in places if np.mean(take.x[at - size : at + size] ** 2) > least]
        if not places:
            return None
        at = places[int(rng.integers(len(places)))]
        zeros = np.zeros(round(seconds * RATE))
        broken: Wave = np.concatenate([take.x[:at], zeros, take.x[at:]])
        return broken

    return make


def _muted_pauses(take: Spoken, activity: Activity, rng: np.random.Generator) -> Wave:
    """Write zeros where nothing within 50 ms lies above -46 dBFS, as some phones do."""
    around = round(0.05 * RATE)
    loud = np.pad(np.cumsum(np.abs(take.x) > 0.005), (around, around), mode="edge")
    return take.x * (loud[2 * around :] > loud[: -2 * around])


def _mixed(noise: Callable[[int, np.random.Generator], Wave], ratio_db: float) -> Maker:
    def make(take: Spoken, activity: Activity, rng: np.random.Generator) -> Wave | None:
        if activity.level_dbov is None:
            return None
        made = noise(len(take.x), rng)
        made = made - made.mean()
        factor = 10 ** ((activity.level_dbov - ratio_db) / 20) / float(np.sqrt(np.mean(made**2)))
        mixed: Wave = take.x + made * factor
        return mixed

    return make


def _white(samples: int, rng: np.random.Generator) -> Wave:
    return hiss(samples, 0.0, rng)


def _babble(samples: int, rng: np.random.Generator) -> Wave:
    """Return eight voices at once, made of the recordings themselves or of nothing."""
    talk = _talk()
    total = np.zeros(samples)
    for _ in range(_VOICES):
        total += _somewhere(talk, samples, rng)
    return total


@cache
def _talk() -> Wave:
    from_disk = sorted(folder().glob("librispeech/train-clean-100/**/*.flac"))
    voices = [soundfile.read(path)[0] for path in from_disk[:20]]
    joined = np.concatenate([v / np.sqrt(np.mean(v**2)) for v in voices] or [np.ones(16_000)])
    talk: Wave = soxr.resample(joined, 16_000, RATE)
    return talk


def _surroundings(samples: int, rng: np.random.Generator) -> Wave:
    sounds = _recorded_noise()
    sound = sounds[int(rng.integers(len(sounds)))]
    return _somewhere(sound, samples, rng)


def _somewhere(sound: Wave, samples: int, rng: np.random.Generator) -> Wave:
    """Return a stretch of sound that begins anywhere, and goes on at its beginning."""
    places = np.arange(samples) + int(rng.integers(len(sound)))
    stretch: Wave = np.take(sound, places, mode="wrap")
    return stretch


@cache
def _recorded_noise() -> list[Wave]:
    return [
        soxr.resample(*soundfile.read(path), RATE) for path in sorted(folder().glob("noise/*.wav"))
    ] or [np.random.default_rng(3).standard_normal(RATE)]


def _damage(name: str, codes: str, make: Maker) -> Damage:
    return Damage(name, frozenset(codes.split()), make)


DAMAGES = (
    _damage("silence", "silent", _scaled(0.0)),
    _damage("hiss alone", "silent", lambda take, activity, rng: hiss(len(take.x), -60.0, rng)),
    _damage("x 0.005", "silent too_quiet", _scaled(0.005)),
    _damage("clipped x 4", "clipped", _clipped(4)),
    _damage("clipped x 20", "clipped", _clipped(20)),
    _damage("clipped x 4, then turned down", "clipped", _turned_down(4)),
    _damage("first 300 ms of speech cut", "cut_start", _start_cut),
    _damage("last 300 ms of speech cut", "cut_end", _end_cut),
    _damage("10 ms of zeros within sound", "glitch", _zeros_inserted(0.01, within_sound=True)),
    _damage("10 ms of zeros anywhere", "glitch", _zeros_inserted(0.01, within_sound=False)),
    _damage("white noise, 0 dB", "noisy", _mixed(_white, 0)),
    _damage("white noise, 5 dB", "noisy", _mixed(_white, 5)),
    _damage("white noise, 10 dB", "noisy", _mixed(_white, 10)),
    _damage("eight voices, 0 dB", "noisy", _mixed(_babble, 0)),
    _damage("eight voices, 5 dB", "noisy", _mixed(_babble, 5)),
    _damage("recorded noise, 0 dB", "noisy", _mixed(_surroundings, 0)),
    _damage("recorded noise, 5 dB", "noisy", _mixed(_surroundings, 5)),
    _damage("recorded noise, 20 dB (no fault)", "noisy", _mixed(_surroundings, 20)),
    _damage("pauses muted to zeros (no fault)", "glitch", _muted_pauses),
)
