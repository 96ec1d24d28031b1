"""Pure: read prompts from CSV or JSON Lines, with the line number of every fault."""

import csv
import io
import json
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

KINDS: Final = ("read", "question", "hotword", "command")
COLUMNS: Final = ("text", "kind", "language", "max_seconds", "repeats", "block", "cap")
MAX_TEXT: Final = 1000
MAX_ROWS: Final = 200_000
MAX_CAP: Final = 1_000_000
_RTL_CLASSES: Final = frozenset({"R", "AL"})


@dataclass(frozen=True)
class PromptRow:
    """One prompt as it was read; `line` is where it stood."""

    line: int
    text: str
    kind: str
    language: str
    direction: str
    max_seconds: int
    repeats: int
    block: str
    cap: int | None = None


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    line: int
    message: str


def direction_of(text: str) -> str:
    """Return `rtl` or `ltr` by the first strong character (Unicode UAX #9, rule P2)."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in _RTL_CLASSES:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def read_prompts(
    body: str, *, language: str, max_seconds: int
) -> tuple[list[PromptRow], list[Fault]]:
    """Read CSV (with a header line) or JSON Lines (each line an object); text is kept as NFC.

    Columns: text (must), kind (read), language (the campaign's), max_seconds (the campaign's
    bound), repeats (1; a hot word may ask for up to 20), block, cap (how many recordings are wanted
    at most; as many as come). Returns rows and faults; the caller takes the rows only when there
    are no faults.
    """
    first = body.lstrip()[:1]
    pairs, faults = _json_lines(body) if first == "{" else _csv_lines(body)
    rows: list[PromptRow] = []
    seen: dict[tuple[str, str], int] = {}
    if len(pairs) > MAX_ROWS:
        return [], [Fault(MAX_ROWS, f"More than {MAX_ROWS} prompts in one file.")]
    for line, raw in pairs:
        row, wrong = _row(line, raw, language, max_seconds)
        faults += [Fault(line, message) for message in wrong]
        if row is None:
            continue
        twin = seen.setdefault((row.kind, row.text), line)
        if twin != line:
            faults.append(Fault(line, f"The same prompt stands in line {twin}."))
        rows.append(row)
    if not pairs and not faults:
        faults.append(Fault(1, "There is no prompt in the file."))
    return rows, sorted(faults, key=lambda fault: fault.line)


def _csv_lines(body: str) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    reader = csv.DictReader(io.StringIO(body, newline=""), strict=True)
    pairs: list[tuple[int, dict[str, Any]]] = []
    try:
        if reader.fieldnames is None or "text" not in reader.fieldnames:
            return [], [Fault(1, "The first line must name the columns, `text` among them.")]
        for row in reader:
            if None in row or None in row.values():
                return pairs, [Fault(reader.line_num, "Not as many fields as columns.")]
            pairs.append((reader.line_num, {key: value for key, value in row.items() if value}))
    except csv.Error as error:
        return pairs, [Fault(reader.line_num, f"Not CSV: {error}.")]
    return pairs, []


def _json_lines(body: str) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    pairs: list[tuple[int, dict[str, Any]]] = []
    faults: list[Fault] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            faults.append(Fault(number, "Not JSON."))
            continue
        if isinstance(value, dict):
            pairs.append((number, value))
        else:
            faults.append(Fault(number, "Not a JSON object."))
    return pairs, faults


def _whole(raw: dict[str, Any], name: str, default: int, upper: int, wrong: list[str]) -> int:
    value = raw.get(name, default)
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= upper:
        wrong.append(f"`{name}` must be a whole number from 1 to {upper}.")
        return default
    return value


def _row(
    line: int, raw: dict[str, Any], language: str, max_seconds: int
) -> tuple[PromptRow | None, list[str]]:
    wrong = [f"Column `{name}` is not known." for name in sorted(set(raw) - set(COLUMNS))]
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        return None, [*wrong, "`text` is empty."]
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > MAX_TEXT:
        wrong.append(f"`text` has more than {MAX_TEXT} characters.")
    if any(unicodedata.category(letter) == "Cc" and letter != "\n" for letter in text):
        wrong.append("`text` holds a control character.")
    kind = raw.get("kind", "read")
    if kind not in KINDS:
        wrong.append(f"`kind` must be one of {', '.join(KINDS)}.")
    spoken = raw.get("language", language)
    if not isinstance(spoken, str) or len(spoken) > 35:
        wrong.append("`language` must be a BCP-47 tag.")
    block = raw.get("block", "")
    if not isinstance(block, str) or len(block) > 60:
        wrong.append("`block` must be a text of at most 60 characters.")
    seconds = _whole(raw, "max_seconds", max_seconds, max_seconds, wrong)
    repeats = _whole(raw, "repeats", 1, 20, wrong)
    cap = _whole(raw, "cap", 1, MAX_CAP, wrong) if "cap" in raw else None
    if wrong:
        return None, wrong
    return (
        PromptRow(line, text, kind, spoken, direction_of(text), seconds, repeats, block, cap),
        [],
    )
