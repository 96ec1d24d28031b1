"""Speech to check the checks with: recordings that lie beside the repository, and made voices."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import soxr

from tests.phone_meter import ROOT
from tests.sounds import real_clips
from workers.audio.activity import find_activity
from workers.audio.decode import decode
from workers.audio.resample import at_16_khz
from workers.rehearsal.voices import NoVoices, Synthesiser, pick_voice

RATE = 48_000
# What the recorder takes of the room before the tap and after the second one.
PRE_ROLL_S, POST_ROLL_S = 0.5, 0.3
_ROOM_DBOV = (-75.0, -55.0)
_SENTENCES = (
    "The bus to the market leaves at half past seven in the morning.",
    "She put the blue cup beside the lamp and closed the window.",
    "Please turn down the music in the kitchen before dinner.",
    "Nobody had seen the river so high since the winter of his birth.",
)
_TYPES = {".mp4": "audio/mp4", ".webm": "audio/webm"}
Wave = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spoken:
    """One take at 48 kHz: where it came from, what kind of prompt it answers, and the sound."""

    origin: str
    kind: str
    text: str
    x: Wave


def folder() -> Path:
    """Return where recordings may lie."""
    return Path(os.environ.get("FIELDVOICE_SPEECH") or ROOT.parent / "shared" / "speech")


def recorded() -> Iterator[Spoken]:
    """Yield the recordings as they are, and the spoken digits, which are cut close, in a room too.

    That room is a hiss as loud as the quietest moments of the recording itself.
    """
    rng = np.random.default_rng(1)
    for clip in real_clips():
        sound = decode(clip.path.read_bytes(), content_type=clip.content_type)
        x = _at_rate(sound.mono(), sound.rate)
        origin = {"read": "sentences", "question": "free speech"}.get(clip.kind, "digits")
        yield Spoken(origin, clip.kind, clip.text, x)
        if origin == "digits":
            low = at_16_khz(sound.mono(), sound.rate)
            level = min(-40.0, find_activity(low).noise_dbov)
            yield Spoken("digits in a room", clip.kind, clip.text, _in_room(x, level, rng))
    table = folder() / "encodes.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                path = folder() / row["file"]
                sound = decode(path.read_bytes(), content_type=_TYPES[path.suffix])
                yield Spoken("coded", "read", row["text"], _at_rate(sound.mono(), sound.rate))


def synthetic(speakers: int) -> Iterator[Spoken]:
    """Yield sentences read by espeak-ng's voices in quiet rooms, some softly; none without it."""
    try:
        synthesiser = Synthesiser()
    except NoVoices:
        return
    noise = np.random.default_rng(2)
    for number in range(speakers):
        rng = Random(f"voice-{number}")
        text = rng.choice(_SENTENCES)
        pcm = synthesiser.speak(text, pick_voice(rng, number * 3))
        x = _at_rate((pcm / 32768).astype(np.float32), synthesiser.sample_rate)
        x = x / np.abs(x).max() * 10 ** (rng.uniform(-20, -1) / 20)
        room = _in_room(x, rng.uniform(*_ROOM_DBOV), noise)
        yield Spoken("synthetic voices", "read", text, room)


def _at_rate(x: npt.NDArray[np.float32], rate: int) -> Wave:
    resampled: Wave = np.asarray(soxr.resample(x, rate, RATE), dtype=np.float64)
    return resampled


def _in_room(x: Wave, level_dbov: float, rng: np.random.Generator) -> Wave:
    quiet = (np.zeros(round(seconds * RATE)) for seconds in (PRE_ROLL_S, POST_ROLL_S))
    before, after = quiet
    whole = np.concatenate([before, x, after])
    return whole + hiss(len(whole), level_dbov, rng)


def hiss(samples: int, level_dbov: float, rng: np.random.Generator) -> Wave:
    """Return noise that is white up to 8 kHz, as loud as said there."""
    made: Wave = soxr.resample(rng.standard_normal(-(-samples // 3) + 1), 16_000, RATE)[:samples]
    return made * 10 ** (level_dbov / 20)
