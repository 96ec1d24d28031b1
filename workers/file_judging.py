"""Judge files without a server: what a worker would say of each, in the order given."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backend.quality.profile import Rule
from backend.quality.speaking_time import expected_seconds
from backend.quality.verdict import Verdict, judge
from workers.audio.examine import examine
from workers.audio.sniff import CONTENT_TYPES, looks_like
from workers.audio.sound import Bounds
from workers.clips_file import ClipFile
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
    """What one file gave by itself: measures, facts in words, hashes in hex."""

    measures: dict[str, float]
    facts: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    pcm_sha256: str = ""


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


def look_at(clip: ClipFile) -> Seen:
    """Return what the file gives by itself. Raises DecoderLost when the system refuses a process.

    No type was declared: the file is read as what its first bytes say that it is.
    """
    try:
        data = _read(clip.path)
    except OSError as error:
        words = error.strerror or "the file cannot be read"
        return Seen({"decodable": 0.0}, {"fault": "unreadable", "detail": words})
    prompt = expected_seconds(clip.prompt) if clip.kind != "question" else None
    seen = examine(
        data,
        content_type=_TYPES.get(looks_like(data), "application/octet-stream"),
        expected_s=prompt,
        bounds=BOUNDS,
    )
    return Seen(
        seen.measures,
        seen.facts,
        hashlib.sha256(data).hexdigest(),
        seen.derived.pcm_sha256 if seen.derived else "",
    )


def _read(path: Path) -> bytes:
    """Return at most one byte more than is taken, so that too much can be told."""
    with path.open("rb") as file:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "no plain file")
        return file.read(BOUNDS.max_bytes + 1)


def judged_in_order(
    clips: Iterable[ClipFile],
    looks: Iterable[Seen | Lost],
    *,
    rules: Sequence[Rule],
    add: Callable[[ClipFile, Seen], tuple[dict[str, float], dict[str, str]]] | None = None,
) -> Iterator[Judged]:
    """Yield a verdict for each clip, in order.

    `add` gives the measures and facts that compare a clip with those before it.
    """
    for clip, look in zip(clips, looks, strict=True):
        if isinstance(look, Lost):
            measures, facts = {"decodable": 0.0}, {"fault": "examiner_lost", "detail": look.why}
        else:
            more, words = add(clip, look) if add is not None else ({}, {})
            measures, facts = look.measures | more, look.facts | words
        verdict = judge(measures, rules, kind=clip.kind)
        yield Judged(clip, verdict, measures, facts, lost=isinstance(look, Lost))
