"""The bytes of a planned take, made when they are needed: read or spoken, then perhaps damaged."""

import hashlib
import io
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import soundfile

from workers.rehearsal.damage import damage_take
from workers.rehearsal.plan import PlannedClip, PlannedSpeaker
from workers.rehearsal.sources import content_type_of
from workers.rehearsal.voices import Synthesiser, encode

_FALLBACK_SECONDS = 3.0
_FASTER = 0.08


@dataclass(frozen=True)
class Take:
    """What a phone holds: the bytes it sends, what it knows of them, and how loud they were.

    `duration_ms` is what the recorder counted while it recorded: a file that was cut afterwards,
    or turned into something else, keeps it. `measures` are those of the undamaged sound that can
    be told without decoding more than FLAC and WAV; empty for other types.
    """

    content: bytes
    sha256: str
    content_type: str
    duration_ms: int
    measures: dict[str, float]


class Takes:
    """Makes takes; the same plan gives the same bytes again."""

    def __init__(self, synthesiser: Synthesiser | None, seed: int) -> None:
        self._synthesiser = synthesiser
        self._seed = seed

    def make(self, speaker: PlannedSpeaker, clip: PlannedClip) -> Take:
        """Return the take of a planned clip; raises SpeechUnusable, NoVoices or OSError."""
        rng = Random(f"take-{self._seed}-{clip.number}")
        if clip.path is not None:
            content = clip.path.read_bytes()
            content_type = content_type_of(clip.path.name, content)
        else:
            content_type = rng.choice(("audio/flac", "audio/wav"))
            content = self._spoken(speaker, clip, content_type, rng)
        measures = _measures(content)
        seconds = measures.get("duration_s", _FALLBACK_SECONDS)
        if clip.damage:
            content = damage_take(content, content_type, clip.damage, rng)
        return Take(
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            content_type=content_type,
            duration_ms=round(1000 * seconds),
            measures=measures,
        )

    def _spoken(
        self, speaker: PlannedSpeaker, clip: PlannedClip, content_type: str, rng: Random
    ) -> bytes:
        if self._synthesiser is None or speaker.voice is None:
            raise RuntimeError("a take without a file needs a voice")
        # Nobody reads a text twice at one pace; a voice that did would be its own duplicate.
        pace = round(speaker.voice.rate * (1 + _FASTER * (clip.take - 1)))
        pcm = self._synthesiser.speak(clip.prompt, replace(speaker.voice, rate=pace))
        return encode(pcm, self._synthesiser.sample_rate, content_type, rng)


def _measures(content: bytes) -> dict[str, float]:
    """Return `duration_s` and `peak` of a FLAC or WAV file, nothing of others."""
    try:
        sound, rate = soundfile.read(io.BytesIO(content))
    except soundfile.SoundFileError:
        return {}
    if not len(sound):
        return {}
    return {"duration_s": len(sound) / rate, "peak": float(np.abs(sound).max())}
