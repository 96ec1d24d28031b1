"""The recordings of a folder: read its clips.csv, find each file's content type."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MALE, FEMALE = "male", "female"
_SEX: Final = {"m": MALE, "male": MALE, "f": FEMALE, "female": FEMALE}
_BY_SUFFIX: Final = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
    ".mp4": "audio/mp4",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
}
_BY_MAGIC: Final = (
    (0, b"fLaC", "audio/flac"),
    (0, b"RIFF", "audio/wav"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
    (4, b"ftyp", "audio/mp4"),
    (0, b"OggS", "audio/ogg"),
)


class SpeechUnusable(Exception):
    """The folder has no clips.csv, or the table names files or columns that are not there."""


@dataclass(frozen=True)
class Recording:
    """One line of clips.csv: a real person's recording; `text` is empty where it is not known."""

    path: Path
    speaker: str
    gender: str
    text: str


def read_recordings(directory: Path) -> list[Recording]:
    """Return the recordings of a folder in the order of its clips.csv.

    Columns `file`, `speaker_id`, `sex` (M or F) and `text`; others are ignored. Raises
    SpeechUnusable.
    """
    table = directory / "clips.csv"
    if not table.is_file():
        raise SpeechUnusable(f"{table} is not there")
    with table.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = {"file", "speaker_id", "sex", "text"} - set(reader.fieldnames or ())
        if missing:
            raise SpeechUnusable(f"{table} lacks the columns {', '.join(sorted(missing))}")
        recordings = [
            Recording(
                path=directory / row["file"],
                speaker=row["speaker_id"],
                gender=_SEX.get((row["sex"] or "").strip().lower(), "unknown"),
                text=" ".join((row["text"] or "").split()),
            )
            for row in reader
        ]
    absent = [one.path for one in recordings if not one.path.is_file()]
    if absent:
        raise SpeechUnusable(f"{len(absent)} files of {table} are not there, {absent[0]} first")
    return recordings


def content_type_of(name: str, content: bytes) -> str:
    """Return the content type by the first bytes, else by the name; raises SpeechUnusable."""
    for start, magic, kind in _BY_MAGIC:
        if content[start : start + len(magic)] == magic:
            return kind
    kind = _BY_SUFFIX.get(Path(name).suffix.lower(), "")
    if not kind:
        raise SpeechUnusable(f"{name} is of no audio type that the platform takes")
    return kind
