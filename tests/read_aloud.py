"""Sentences read aloud by espeak-ng's voices, in a quiet room: speech whose text is known."""

from functools import cache

import numpy as np
import numpy.typing as npt
import soxr

from workers.rehearsal.voices import Synthesiser, Voice

Floats = npt.NDArray[np.float32]

RATE = 16_000
WOMAN = Voice(name="en-us+f2", language="en", gender="female", rate=150, pitch=60)
MAN = Voice(name="en-gb-scotland+m3", language="en", gender="male", rate=150, pitch=35)
OLD_MAN = Voice(name="en-us+m7", language="en", gender="male", rate=140, pitch=38)


@cache
def _synthesiser() -> Synthesiser:
    return Synthesiser()


def read_aloud(text: str, voice: Voice = WOMAN, *, peak: float = 0.4, seed: int = 0) -> Floats:
    """Return 16 kHz sound with half a second of faint room before and after the words."""
    synthesiser = _synthesiser()
    pcm = synthesiser.speak(text, voice).astype(np.float32) / 32768
    said = soxr.resample(pcm, synthesiser.sample_rate, RATE, quality="HQ")
    edge = np.zeros(RATE // 2, np.float32)
    sound = np.concatenate([edge, said * np.float32(peak / np.abs(said).max()), edge])
    room = np.random.default_rng(seed).standard_normal(len(sound)) * 2e-4
    return np.asarray(sound + room, np.float32)
