"""What else a microphone hears: noise, other people, hum, and the room itself."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import soundfile

from benchmarks.ground.read_speech import RATE, Reading, Wave
from benchmarks.ground.spoken import folder

Noise = Callable[[int, np.random.Generator], Wave]

_VOICES = 8
# Metres; the length of a wall decides how dense the first echoes are.
_ROOM = np.array([5.2, 4.1, 2.7])
_SPEED_OF_SOUND = 343.0


def white(samples: int, rng: np.random.Generator) -> Wave:
    """Return white noise of power 1."""
    return rng.standard_normal(samples).astype(np.float32)


def pink(samples: int, rng: np.random.Generator) -> Wave:
    """Return noise that falls by 3 dB an octave from 40 Hz, as wind and ventilators do; power 1."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    return of_power_1(np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 40.0)), samples))


def recorded(samples: int, rng: np.random.Generator) -> Wave:
    """Return a stretch of one of the recorded noises, of power 1; pink where there are none."""
    sounds = _recordings("noise")
    if not sounds:
        return pink(samples, rng)
    return of_power_1(stretch(sounds[int(rng.integers(len(sounds)))], samples, rng))


def hum(hertz: float, falls_db: float, harmonics: int) -> Noise:
    """Return the noise of a mains frequency whose harmonics fall by so many dB each; power 1."""

    def make(samples: int, rng: np.random.Generator) -> Wave:
        at = np.arange(samples) / RATE
        # No grid keeps its frequency to the last digit.
        base = hertz * (1 + rng.uniform(-0.002, 0.002))
        total = np.zeros(samples)
        for number in range(1, harmonics + 1):
            phase = rng.uniform(0, 2 * np.pi)
            total += 10 ** (-falls_db * (number - 1) / 20) * np.sin(
                2 * np.pi * base * number * at + phase
            )
        return of_power_1(total)

    return make


def babble(voices: Sequence[Reading]) -> Noise:
    """Return the noise of several of these readers speaking at once, of power 1."""
    loud = [clip.x / np.sqrt(np.mean(clip.x**2) + 1e-12) for clip in voices]

    def make(samples: int, rng: np.random.Generator) -> Wave:
        chosen = rng.permutation(len(loud))[:_VOICES]
        total = sum(stretch(loud[i], samples, rng) for i in chosen)
        return of_power_1(np.asarray(total))

    return make


def stretch(sound: Wave, samples: int, rng: np.random.Generator) -> Wave:
    """Return a stretch of sound that begins anywhere and goes on at its beginning."""
    places = np.arange(samples) + int(rng.integers(len(sound)))
    part: Wave = np.take(sound, places, mode="wrap")
    return part


def of_power_1(x: np.ndarray) -> Wave:  # type: ignore[type-arg]
    """Return `x` without its offset and with power 1."""
    centred = x - x.mean()
    return np.asarray(centred / np.sqrt(np.mean(centred**2) + 1e-12), dtype=np.float32)


def diffuse_room(rt60_s: float, rng: np.random.Generator) -> Wave:
    """Return an impulse response: the direct sound and an exponential tail of equal energy."""
    size = round(min(2.0, rt60_s * 1.2) * RATE)
    tail = rng.standard_normal(size) * np.exp(-np.log(1000) * np.arange(size) / (rt60_s * RATE))
    # Nothing comes back within the first 2.5 ms.
    tail[: round(0.0025 * RATE)] = 0
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(tail, dtype=np.float32)


def shoebox_room(rt60_s: float, rng: np.random.Generator) -> Wave:
    """Return the impulse response of a rectangular room by image sources (Allen & Berkley 1979),
    the speaker and the microphone anywhere in it at 0.5 to 2.5 m from each other.
    """
    room = _ROOM * rng.uniform(0.85, 1.3, 3)
    while True:
        here, there = (rng.uniform(0.5, room - 0.5) for _ in range(2))
        if 0.5 <= np.linalg.norm(here - there) <= 2.5:
            break
    volume, surface = room.prod(), 2 * (room[0] * room[1] + room[1] * room[2] + room[0] * room[2])
    # Eyring's formula, solved for the share of energy that a wall gives back.
    kept = np.exp(-24 * np.log(10) * volume / (_SPEED_OF_SOUND * surface * rt60_s))
    size = round(min(1.5, rt60_s) * RATE)
    reach = size / RATE * _SPEED_OF_SOUND
    counts = [np.arange(-(n := int(reach / (2 * side)) + 1), n + 1) for side in room]
    response = np.zeros(size + 2)
    for flip in np.ndindex(2, 2, 2):
        axes = [
            ((1 - 2 * f) * here[d] + 2 * counts[d] * room[d] - there[d]) ** 2
            for d, f in enumerate(flip)
        ]
        bounces = [np.abs(2 * counts[d] - f) for d, f in enumerate(flip)]
        far = np.sqrt(
            axes[0][:, None, None] + axes[1][None, :, None] + axes[2][None, None, :]
        ).ravel()
        times = (
            bounces[0][:, None, None] + bounces[1][None, :, None] + bounces[2][None, None, :]
        ).ravel()
        delay = far / _SPEED_OF_SOUND * RATE
        heard = delay < size
        # Walls of a real room are no mirrors: a random sign keeps the tail from ringing.
        sign = rng.choice([-1.0, 1.0], int(heard.sum()))
        sign[times[heard] == 0] = 1.0
        strength = sign * np.sqrt(kept) ** times[heard] / far[heard]
        whole = delay[heard].astype(int)
        part = delay[heard] - whole
        np.add.at(response, whole, strength * (1 - part))
        np.add.at(response, whole + 1, strength * part)
    return _from_direct_sound(response)


def measured_rooms() -> list[Wave]:
    """Return the recorded impulse responses whose decay was measured at 0.6 s or more."""
    chosen = ("rir1.wav", "rir3.wav", "sim_1ch.wav")
    rooms = [soundfile.read(path)[0] for name in chosen for path in folder().glob(f"rir/{name}")]
    return [_from_direct_sound(room) for room in rooms]


def in_room(x: Wave, response: Wave) -> Wave:
    """Return what is heard of `x` in the room, as long and as loud as `x`."""
    size = 1 << int(len(x) + len(response) - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(response, size), size)[: len(x)]
    factor = np.sqrt(np.mean(x.astype(np.float64) ** 2) / (np.mean(wet**2) + 1e-12))
    return np.asarray(wet * factor, dtype=np.float32)


def _from_direct_sound(response: np.ndarray) -> Wave:  # type: ignore[type-arg]
    direct = int(np.argmax(np.abs(response)))
    return np.asarray(response[direct:] / np.abs(response).max(), dtype=np.float32)


@cache
def _recordings(kind: str) -> list[Wave]:
    paths = sorted(folder().glob(f"{kind}/*.wav"))
    return [soundfile.read(path, dtype="float32")[0] for path in paths]
