"""Clips that are as they should be, and those whose fault is none of the sound's: another text was
read, the clip was sent before.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.ground import degrade, surroundings
from benchmarks.ground.conditions import Condition, Made, Setting
from benchmarks.ground.faults_of_sound import at_48, plain
from benchmarks.ground.read_speech import RATE


def _stereo(s: Setting) -> Made:
    x = degrade.at_rate(s.clip.x, 48_000)
    return np.stack([x, np.zeros_like(x)], axis=1), 48_000


def _good(
    name: str, make: Callable[[Setting], Made], coding: str = "flac", *, models: bool = False
) -> Condition:
    return Condition(name, frozenset(), make, coding, "clean", bad=False, models=models)


_AS_IT_IS = plain(lambda s: s.clip.x)
_AS_48 = at_48(lambda x, rng: x)


CLEAN = (
    _good("clean, FLAC 16 kHz", _AS_IT_IS, models=True),
    _good("clean, FLAC 48 kHz", _AS_48),
    _good("clean, Opus 24k", _AS_48, "opus24", models=True),
    _good("clean, Opus 48k", _AS_48, "opus48"),
    _good("clean, Ogg Opus", _AS_48, "ogg"),
    _good("clean, AAC 64k in fragments", _AS_48, "aac64"),
    _good("clean, AAC 96k", _AS_48, "aac96"),
    _good("clean, AAC 64k, index last", _AS_48, "aac64whole"),
    _good("clean, stereo, one side silent", _stereo, "opus48"),
    _good("clean, 8 dB softer", plain(lambda s: degrade.quieter(s.clip.x, 8))),
)


def _read(name: str, codes: str, text: Callable[[Setting], str], claim: str = "") -> Condition:
    return Condition(
        name,
        frozenset(codes.split()),
        _AS_IT_IS,
        claim=claim,
        bad=bool(codes),
        text=text,
        made_of="texts",
        models=True,
    )


def _without_end(words: int) -> Callable[[Setting], str]:
    """Return a prompt that goes on: the reader stopped so many words before its end."""
    more = ["and", "then", "nobody", "said", "anything", "more"]
    return lambda s: " ".join([s.clip.text, *more[:words]])


def _like_another(s: Setting) -> str:
    """Return another clip's text, of those nearest in length."""
    return min(s.texts, key=lambda text: abs(len(text) - len(s.clip.text)))


PROMPTS = (
    _read("the text that was read", "", lambda s: s.clip.text),
    _read("another text", "wrong_prompt", lambda s: s.other.text, "wrong_prompt"),
    _read("another text, as long", "wrong_prompt", _like_another, "wrong_prompt"),
    _read("stopped 1 word early", "partial_prompt wrong_prompt", _without_end(1)),
    _read("stopped 3 words early", "partial_prompt wrong_prompt", _without_end(3)),
)


def _again(name: str, make: Callable[[Setting], Made], coding: str = "flac") -> Condition:
    claim = "duplicate_exact" if name.startswith("the same") else "duplicate_coded"
    return Condition(name, frozenset({"duplicate"}), make, coding, claim)


def _trimmed(s: Setting) -> Made:
    size = round(0.3 * RATE)
    return s.clip.x[size:-size] * np.float32(0.25), RATE


def _in_noise(s: Setting) -> Made:
    return degrade.mix(s.clip, surroundings.white(len(s.clip.x), s.rng), 20), RATE


REPEATS = (
    _again("the same file", _AS_IT_IS),
    _again("the same samples, WAV", _AS_IT_IS, "wav"),
    *(_again(f"again, {coding}", _AS_48, coding) for coding in ("opus16", "opus24", "opus48")),
    _again("again, aac64", _AS_48, "aac64"),
    _again("again, 12 dB softer", plain(lambda s: degrade.quieter(s.clip.x, 12))),
    _again("again, 12 dB softer, 0.3 s trimmed at both ends, opus24", _trimmed, "opus24"),
    _again("again, white noise 20 dB", _in_noise),
)
