"""What a condition is: a clip that something happened to, as the file that a phone would send."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.ground import surroundings
from benchmarks.ground.read_speech import Reading, Wave
from tests.sounds import flac, mp4, ogg, wav, webm

Made = tuple[Wave, int]
Coding = Callable[[Wave, int], bytes]


def _aac(x: Wave, rate: int, *, bits: int, to: int = 44_100, fragments: bool = True) -> bytes:
    # FFmpeg's muxer refuses a last packet of a few samples.
    over = len(x) * to // rate % 1024
    kept = x[: len(x) - -(-over * rate // to) - 1] if over < 64 else x
    return mp4(kept, rate, bits=bits, to=to, fragments=fragments)


CODINGS: dict[str, tuple[Coding, str]] = {
    "flac": (flac, "audio/flac"),
    "wav": (wav, "audio/wav"),
    "opus16": (partial(webm, bits=16_000), "audio/webm"),
    "opus24": (partial(webm, bits=24_000), "audio/webm"),
    "opus48": (partial(webm, bits=48_000), "audio/webm"),
    "ogg": (ogg, "audio/ogg"),
    "aac64": (partial(_aac, bits=64_000), "audio/mp4"),
    "aac96": (partial(_aac, bits=96_000, to=48_000), "audio/mp4"),
    "aac64whole": (partial(_aac, bits=64_000, fragments=False), "audio/mp4"),
}


@dataclass(frozen=True)
class Setting:
    """What a condition is made from: the clip, one of another reader, the texts of all of these,
    the noise that they make together.
    """

    clip: Reading
    other: Reading
    texts: tuple[str, ...]
    babble: surroundings.Noise
    rng: np.random.Generator


def _own_text(setting: Setting) -> str:
    return setting.clip.text


@dataclass(frozen=True)
class Condition:
    """One kind of file. `codes` would name the fault, none for a good clip; `claim` is the group
    whose recall is claimed, "" for what is only told; `bad`: it must not get in. `text` is the
    prompt that was shown; `made_of` clean clips, or of all whose text is known ("texts"); `models`:
    they hear it too, and not the signal's checks alone.
    """

    name: str
    codes: frozenset[str]
    make: Callable[[Setting], Made]
    coding: str = "flac"
    claim: str = ""
    bad: bool = True
    text: Callable[[Setting], str] = _own_text
    made_of: str = "clean"
    models: bool = False

    def file(self, setting: Setting) -> tuple[bytes, str]:
        """Return the bytes of the file and their declared type."""
        encode, content_type = CODINGS[self.coding]
        return encode(*self.make(setting)), content_type


def setting(clip: Reading, among: Sequence[Reading], condition: str) -> Setting:
    """Return the setting of a clip for a condition; the same every time it is asked for."""
    seed = [ord(letter) for letter in f"{condition}/{clip.name}"]
    rng = np.random.default_rng(seed)
    others = [one for one in among if one.speaker != clip.speaker]
    other = others[int(rng.integers(len(others)))]
    texts = tuple(one.text for one in others if one.text)
    return Setting(clip, other, texts, surroundings.babble(others), rng)
