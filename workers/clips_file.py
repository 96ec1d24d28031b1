"""Read the CSV that lists clips for `judge` and `calibrate`, with the line of every fault."""

import csv
import io
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from backend.quality.profile import KINDS

COLUMNS: Final = ("file", "prompt", "speaker", "language", "kind", "label")
DEFAULT_LANGUAGE: Final = "en"
DEFAULT_KIND: Final = "read"
MOST_ROWS: Final = 1_000_000
_LABEL: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class ClipFile:
    """One file to look at: its name for people, where it lies, and what is known of it.

    `prompt` and `speaker` are empty where they are not known; `label` is good, bad or the code of
    what is wrong, empty where nobody said.
    """

    file: str
    path: Path
    prompt: str = ""
    speaker: str = ""
    language: str = DEFAULT_LANGUAGE
    kind: str = DEFAULT_KIND
    label: str = ""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in the list, and the line it stands in."""

    line: int
    message: str


class ClipsFileFaulty(ValueError):
    """The list cannot be worked through as it is; `faults` has every fault of it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


def read_clips_file(
    body: bytes, *, folder: Path, labelled: bool = False
) -> tuple[list[ClipFile], list[str]]:
    """Return the listed clips in their order, and the names of columns that nobody reads.

    UTF-8 with or without a byte order mark; the first line names the columns, `file` among them
    (relative to `folder`), and `label` where the list is to be `labelled`. Raises ClipsFileFaulty
    with all faults at once: a list is worked through whole or not at all.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ClipsFileFaulty([Fault(line, "Not UTF-8.")]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    must = ("file", "label") if labelled else ("file",)
    clips: list[ClipFile] = []
    faults: list[Fault] = []
    columns: list[str] = []
    try:
        columns = [name.strip() for name in next(reader, [])]
        faults += [Fault(1, message) for message in _header_faults(columns, must)]
        lines: dict[str, int] = {}
        for fields in reader:
            if faults and faults[0].line == 1:
                break
            if not fields:
                continue
            line = reader.line_num
            if len(fields) != len(columns):
                words = f"{len(fields)} fields, the first line names {len(columns)} columns."
                faults.append(Fault(line, words))
                continue
            row = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
            clip, wrong = _clip(row, folder)
            if labelled:
                wrong += _label_faults(row, lines.setdefault(clip.file, line), line)
            faults += [Fault(line, message) for message in wrong]
            clips.append(clip)
            if len(clips) > MOST_ROWS:
                faults.append(Fault(line, f"More than {MOST_ROWS} rows."))
                break
    except csv.Error as error:
        faults.append(Fault(max(1, reader.line_num), f"Not CSV: {error}."))
    if not clips and not faults:
        faults.append(Fault(1, "No file is listed."))
    if faults:
        raise ClipsFileFaulty(faults)
    return clips, [name for name in columns if name not in COLUMNS]


def _header_faults(columns: list[str], must: tuple[str, ...]) -> list[str]:
    faults = [
        f"Column `{name}` stands twice." for name in sorted(set(columns)) if columns.count(name) > 1
    ]
    for name in must:
        if name not in columns:
            words = f"The first line must name the columns, `{name}` among them"
            separated = len(columns) == 1 and re.search(r"[;\t]", columns[0])
            faults.append(f"{words}, separated by commas." if separated else f"{words}.")
    return faults


def _clip(row: dict[str, str], folder: Path) -> tuple[ClipFile, list[str]]:
    faults = []
    name = row["file"]
    path = folder / name
    wrong = _place_fault(name, path)
    if wrong:
        faults.append(wrong)
    kind = row.get("kind") or DEFAULT_KIND
    if kind not in KINDS:
        faults.append(f"`kind` must be one of {', '.join(KINDS)}.")
    clip = ClipFile(
        file=name,
        path=path,
        prompt=unicodedata.normalize("NFC", row.get("prompt", "")),
        speaker=row.get("speaker", ""),
        language=row.get("language") or DEFAULT_LANGUAGE,
        kind=kind,
        label=row.get("label", ""),
    )
    return clip, faults


def _place_fault(name: str, path: Path) -> str:
    """Return what is wrong with the place of a file, empty when it is a file inside the folder."""
    if not name:
        return "`file` is empty."
    if PurePosixPath(name).is_absolute() or os.path.normpath(name).split("/")[0] == "..":
        return "`file` must lie inside the folder, named relative to it."
    try:
        if path.is_file():
            return ""
        # A name that is too long for the file system is an OSError here, one with a NUL a
        # ValueError.
        return "`file` is a folder." if path.is_dir() else "No such file."
    except (OSError, ValueError):
        return "No such file."


def _label_faults(row: dict[str, str], first_line: int, line: int) -> list[str]:
    faults = []
    if not _LABEL.fullmatch(row["label"]):
        faults.append("`label` must be good, bad or a reason code.")
    if first_line != line:
        faults.append(f"The same file stands in line {first_line}.")
    return faults
