"""Who records what on which phone: made from a seed alone, so that a rehearsal can be resumed."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from workers.rehearsal import damage, texts
from workers.rehearsal.sources import MALE, Recording
from workers.rehearsal.voices import Voice, pick_voice

EVERY = 10
_BANDS = ("18-29", "30-39", "40-49", "50-59", "60+")
_ACCENTS = ("northern", "southern", "coastal", "highland")
_ENVIRONMENTS = ("quiet", "street", "market", "vehicle")
_CLIPS_OF_A_VOICE = 10


@dataclass(frozen=True)
class Choices:
    """What the person who starts a rehearsal chooses; `speakers` 0 takes as many as it needs."""

    clips: int
    speakers: int
    phones: int
    seed: int
    drop: float = 0.0


@dataclass(frozen=True)
class PlannedClip:
    """One take: what is said, from which file or by which voice, and how it is damaged (or "")."""

    number: int
    id: str
    prompt: str
    kind: str
    language: str
    take: int
    path: Path | None
    damage: str


@dataclass
class PlannedSpeaker:
    """One speaker with the ids that their phone makes for them, and their takes."""

    id: str
    consent: str
    session: str
    demographics: dict[str, Any]
    environment: str
    voice: Voice | None
    clips: list[PlannedClip] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """A whole rehearsal: its campaign's slug, and each phone's speakers."""

    slug: str
    phones: tuple[tuple[PlannedSpeaker, ...], ...]

    @property
    def clips(self) -> list[PlannedClip]:
        """Return all takes, in the order of their numbers."""
        speakers = [speaker for phone in self.phones for speaker in phone]
        return sorted((c for s in speakers for c in s.clips), key=lambda clip: clip.number)

    @property
    def synthetic(self) -> bool:
        """Whether a voice has to speak."""
        return any(speaker.voice for phone in self.phones for speaker in phone)


class _Ids:
    """UUIDv7s of one start (RFC 9562) whose random bits come from the seed."""

    def __init__(self, rng: Random, started_ms: int) -> None:
        self._rng, self._ms = rng, started_ms

    def next(self) -> str:
        self._ms += 1
        bits = (self._ms & (2**48 - 1)) << 80 | self._rng.getrandbits(80)
        bits = bits & ~(0xF << 76) | 7 << 76
        return str(uuid.UUID(int=bits & ~(3 << 62) | 2 << 62))


def make_plan(choices: Choices, recordings: Sequence[Recording], started_ms: int) -> Plan:
    """Return the plan of a rehearsal; the same arguments give the same plan.

    Recordings come first, each once, those of the speakers with most of them before others, so
    that few speakers still bring many; what they lack is spoken by voices, each another speaker.
    Every tenth take, beginning at a random one, is damaged.
    """
    rng = Random(f"fieldvoice-rehearsal-{choices.seed}-{started_ms}")
    ids = _Ids(rng, started_ms)
    sampling = Random(choices.seed)
    real = _sampled(choices, recordings, sampling)
    missing = choices.clips - sum(len(rows) for rows in real)
    speakers = [_real_speaker(rows, sampling, ids) for rows in real]
    speakers += _voices(choices, missing, len(real), sampling, ids)
    _number_and_damage(speakers, sampling)
    sampling.shuffle(speakers)
    phones = [tuple(speakers[start :: choices.phones]) for start in range(choices.phones)]
    return Plan(f"rehearsal-{started_ms}", tuple(phone for phone in phones if phone))


def _sampled(
    choices: Choices, recordings: Sequence[Recording], rng: Random
) -> list[list[Recording]]:
    by_speaker: dict[str, list[Recording]] = {}
    for recording in recordings:
        by_speaker.setdefault(recording.speaker, []).append(recording)
    rows = list(by_speaker.values())
    rng.shuffle(rows)
    rows.sort(key=len, reverse=True)
    if choices.speakers:
        most = choices.speakers
        if sum(len(one) for one in rows[:most]) < choices.clips:
            # Some of the speakers must be voices, or the rest could not be spoken at all.
            most -= max(1, most // 5)
        rows = rows[: max(most, 0)]
    pool = [recording for one in rows for recording in one]
    rng.shuffle(pool)
    taken: dict[str, list[Recording]] = {}
    for recording in pool[: choices.clips]:
        taken.setdefault(recording.speaker, []).append(recording)
    return list(taken.values())


def _someone(gender: str, rng: Random, ids: _Ids) -> PlannedSpeaker:
    demographics = {"gender": gender, "age_band": rng.choice(_BANDS)}
    if rng.random() < 0.7:
        demographics["accent"] = rng.choice(_ACCENTS)
    if rng.random() < 0.1:
        demographics["age_band"] = "declined"
    return PlannedSpeaker(
        id=ids.next(),
        consent=ids.next(),
        session=ids.next(),
        demographics=demographics,
        environment=rng.choice(_ENVIRONMENTS),
        voice=None,
    )


def _real_speaker(rows: Sequence[Recording], rng: Random, ids: _Ids) -> PlannedSpeaker:
    speaker = _someone(rows[0].gender, rng, ids)
    takes: Counter[str] = Counter()
    for row in rows:
        kind = texts.kind_of(row.text)
        prompt = row.text or rng.choice(texts.QUESTIONS)
        takes[prompt] += 1
        clip = PlannedClip(0, ids.next(), prompt, kind, "en", takes[prompt], row.path, "")
        speaker.clips.append(clip)
    return speaker


def _voices(
    choices: Choices, missing: int, real: int, rng: Random, ids: _Ids
) -> list[PlannedSpeaker]:
    if missing <= 0:
        return []
    count = choices.speakers - real if choices.speakers else -(-missing // _CLIPS_OF_A_VOICE)
    count = max(1, min(count, missing))
    speakers = []
    for number in range(count):
        voice = pick_voice(rng, number)
        speaker = _someone(voice.gender or MALE, rng, ids)
        speaker.voice = voice
        share = missing // count + (number < missing % count)
        lines = list(texts.READ[voice.language])
        for take in range(share):
            if take % len(lines) == 0:
                rng.shuffle(lines)
            prompt = lines[take % len(lines)]
            times = take // len(lines) + 1
            clip = PlannedClip(0, ids.next(), prompt, "read", voice.language, times, None, "")
            speaker.clips.append(clip)
        speakers.append(speaker)
    return speakers


def _number_and_damage(speakers: list[PlannedSpeaker], rng: Random) -> None:
    numbers = list(range(sum(len(speaker.clips) for speaker in speakers)))
    rng.shuffle(numbers)
    first = rng.randrange(EVERY)
    waiting = iter(numbers)
    for speaker in speakers:
        for place, clip in enumerate(speaker.clips):
            number = next(waiting)
            damaged = number % EVERY == first
            kind = damage.KINDS[number // EVERY % len(damage.KINDS)] if damaged else ""
            speaker.clips[place] = PlannedClip(
                number, clip.id, clip.prompt, clip.kind, clip.language, clip.take, clip.path, kind
            )
