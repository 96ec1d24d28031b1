"""Judge files without a server: what a worker would say of each, in the order given."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backend.quality.profile import Rule
from backend.quality.speaking_time import expected_seconds
from backend.quality.verdict import Outcome, Verdict, judge
from workers.audio.duplicate_set import DuplicateSet
from workers.audio.examine import examine
from workers.audio.fingerprint import Fingerprint
from workers.audio.models.scoring import load_models
from workers.audio.models.voice_bytes import pack_voice
from workers.audio.sniff import CONTENT_TYPES, looks_like
from workers.audio.sound import Bounds
from workers.clips_file import ClipFile
from workers.known_voices import KnownVoices
from workers.ordered_pool import Lost

# Files of one's own, perhaps with more channels or bits than a phone sends. Seconds are those of
# the longest take that a campaign allows by default, so that too long can be told.
BOUNDS: Final = Bounds(max_seconds=60.5, max_bytes=100_000_000)
#: Seconds that one file may take in all; decoding has its own, shorter bound.
PATIENCE_S: Final = 180.0
#: Tables and texts that lie beside recordings; named one by one they are judged all the same.
NOT_SOUND: Final = frozenset({".csv", ".json", ".jsonl", ".md", ".tsv", ".txt"})
_TYPES: Final = {form: content_type for content_type, form in CONTENT_TYPES.items()}


class NotAFile(ValueError):
    """A path that is neither a file nor a folder; the message names it."""


@dataclass(frozen=True)
class Seen:
    """What one file gave by itself: measures, facts in words, hashes in hex, what it may be known
    again by, and the voice as `pack_voice` has it, None where no model heard one.
    """

    measures: dict[str, float]
    facts: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    pcm_sha256: str = ""
    fingerprint: Fingerprint | None = None
    voice: bytes | None = None


@dataclass(frozen=True)
class Judged:
    """A file with its verdict; `lost` tells that no process lived to the end of it."""

    clip: ClipFile
    verdict: Verdict
    measures: dict[str, float]
    facts: dict[str, str]
    lost: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the line that `judge` prints."""
        return {
            "file": self.clip.file,
            "outcome": self.verdict.outcome.value,
            "reasons": [
                {
                    "code": reason.code,
                    "value": reason.value,
                    "threshold": reason.threshold,
                    "measure": reason.measure,
                    "severity": reason.severity,
                }
                for reason in self.verdict.reasons
            ],
            "measures": self.measures,
            "facts": self.facts,
        }


def files_in(paths: Sequence[Path]) -> tuple[list[ClipFile], int]:
    """Return the files of `paths`, folders searched to their depth and sorted, and how many were
    left out for what their names say they are.

    Names are relative to the folder where one folder was given, else as given. Raises NotAFile.
    """
    clips: list[ClipFile] = []
    left_out = 0
    alone = len(paths) == 1
    for path in paths:
        if path.is_dir():
            for found in sorted(_within(path)):
                if found.suffix.lower() in NOT_SOUND:
                    left_out += 1
                    continue
                name = found.relative_to(path) if alone else found
                clips.append(ClipFile(str(name), found))
        elif path.is_file():
            clips.append(ClipFile(str(path), path))
        else:
            raise NotAFile(f"{path} is neither a file nor a folder")
    return clips, left_out


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


@dataclass(frozen=True)
class Examiner:
    """Looks at one file at a time, in whatever process it is called.

    As on the platform the models hear only what the signal's `rules` do not reject, unless they
    shall hear `everything`. `folder`: an operator's further models.
    """

    rules: Sequence[Rule]
    models: bool = True
    fingerprints: bool = True
    folder: Path | None = None
    everything: bool = False

    def __call__(self, clip: ClipFile) -> Seen:
        """Return what the file gives by itself.

        No type was declared: it is read as what its first bytes say that it is. Raises DecoderLost
        when the system refuses a process, ModelInvalid when an operator's model does not load.
        """
        try:
            data = _read(clip.path)
        except OSError as error:
            words = error.strerror or "the file cannot be read"
            return Seen({"decodable": 0.0}, {"fault": "unreadable", "detail": words})
        seen = examine(
            data,
            content_type=_TYPES.get(looks_like(data), "application/octet-stream"),
            expected_s=expected_seconds(clip.prompt) if clip.kind != "question" else None,
            bounds=BOUNDS,
        )
        measures, facts, voice = seen.measures, seen.facts, None
        if self.models and seen.mono_16_khz is not None and self._passes_on(measures, clip):
            scores = load_models(self.folder).score(
                seen.mono_16_khz,
                text=clip.prompt,
                language=clip.language,
                # Where no text is known, as little can be told as of free speech.
                kind=clip.kind if clip.prompt else "question",
                with_voice=bool(clip.speaker),
            )
            measures = measures | scores.measures
            facts = _together(facts, scores.facts)
            voice = None if scores.voice is None else pack_voice(scores.voice)
        return Seen(
            measures,
            facts,
            hashlib.sha256(data).hexdigest(),
            seen.derived.pcm_sha256 if seen.derived else "",
            seen.fingerprint if self.fingerprints else None,
            voice,
        )

    def _passes_on(self, measures: dict[str, float], clip: ClipFile) -> bool:
        verdict = judge(measures, self.rules, kind=clip.kind)
        return self.everything or verdict.outcome is not Outcome.REJECT


def _together(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Return the facts of both stages; each names the models that it missed."""
    missing = [facts["missing_models"] for facts in (one, other) if "missing_models" in facts]
    return one | other | ({"missing_models": " ".join(missing)} if missing else {})


def _read(path: Path) -> bytes:
    """Return at most one byte more than is taken, so that too much can be told."""
    with path.open("rb") as file:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "no plain file")
        return file.read(BOUNDS.max_bytes + 1)


def judged_in_order(
    clips: Iterable[ClipFile], looks: Iterable[Seen | Lost], *, rules: Sequence[Rule]
) -> Iterator[Judged]:
    """Yield a verdict for each clip, in order: what it is by itself, and beside those before it."""
    voices, earlier = KnownVoices(), DuplicateSet()
    for clip, look in zip(clips, looks, strict=True):
        if isinstance(look, Lost):
            measures, facts = {"decodable": 0.0}, {"fault": "examiner_lost", "detail": look.why}
            yield Judged(clip, judge(measures, rules, kind=clip.kind), measures, facts, lost=True)
            continue
        measures, facts = dict(look.measures), dict(look.facts)
        if look.fingerprint is not None:
            match = earlier.add(
                clip.file,
                sha256=look.sha256,
                pcm_sha256=look.pcm_sha256,
                fingerprint=look.fingerprint,
            )
            measures |= match.measures()
            facts |= match.facts()
        if clip.speaker and look.voice is not None:
            measures |= voices.compare(clip.speaker, look.voice)
        verdict = judge(measures, rules, kind=clip.kind)
        if clip.speaker and look.voice is not None:
            voices.learn(clip.speaker, look.voice, verdict)
        yield Judged(clip, verdict, measures, facts)
