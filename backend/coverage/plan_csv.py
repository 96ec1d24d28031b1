"""Pure: a plan's targets as CSV, one line a cell, a margin or a pattern.

By the columns it is known what the lines are: `dimension,level,target` margins, dimensions and
`at_least` patterns (an empty field is any level), dimensions and `target` cells. What a table
cannot hold, such as age bands or dates, stays as it is in the plan that holds.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backend.coverage.plan import CROSS, MARGINS, PATTERNS, SECTION_OF, dimensions_of, mode_of
from backend.coverage.plan_values import Fault, fault

_MARGIN_COLUMNS: Final = ("dimension", "level", "target")
_CELL_NUMBERS: Final = ("target", "min_speakers", "max_seconds_per_speaker")
_NUMBERS: Final = frozenset({*_CELL_NUMBERS, "at_least"})
_MOST_LINES: Final = 10_000
_MOST_COLUMNS: Final = 20


@dataclass
class CsvPlan:
    """A plan that was read, with the line by which each of its parts stands, or faults."""

    document: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def by_line(self, faults: Sequence[Fault]) -> list[Fault]:
        """Return faults of the plan's fields as faults of the lines in which they stand."""
        found = []
        for one in faults:
            name = one["field"]
            part = next((part for part in self.lines if f"{name}.".startswith(f"{part}.")), None)
            rest = name if part is None else f"line {self.lines[part]}"
            found.append(fault(rest, one["message"]))
        return found


def read_csv(text: str, before: Mapping[str, Any], usual: Sequence[str]) -> CsvPlan:
    """Read targets; `before`: the plan that holds, `usual`: the campaign's dimensions."""
    plan = CsvPlan()
    try:
        rows = _rows(text)
    except csv.Error as error:
        plan.faults = [fault("line 1", f"This is no CSV: {error}.")]
        return plan
    if not rows:
        plan.faults = [fault("line 1", "A line with the names of the columns is needed.")]
        return plan
    header = [name.strip() for _, names in rows[:1] for name in names]
    plan.faults = _header_faults(header)
    if not plan.faults and len(rows) > _MOST_LINES:
        plan.faults = [fault(f"line {_MOST_LINES}", f"More than {_MOST_LINES} lines.")]
    if plan.faults:
        return plan
    lines = []
    for number, values in rows[1:]:
        if len(values) != len(header):
            message = f"{len(values)} fields where there are {len(header)} columns."
            plan.faults.append(fault(f"line {number}", message))
        else:
            stripped = [value.strip() for value in values]
            lines.append((number, dict(zip(header, stripped, strict=True))))
    _fill(plan, header, lines, before, usual)
    return plan


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter, strict=True)
    return [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]


def _header_faults(header: list[str]) -> list[Fault]:
    if len(header) > _MOST_COLUMNS or len(set(header)) != len(header) or "" in header:
        return [fault("line 1", f"At most {_MOST_COLUMNS} columns, each with a name of its own.")]
    if ("target" in header) == ("at_least" in header):
        return [fault("line 1", "Either a column `target` or a column `at_least` is needed.")]
    return []


def _fill(
    plan: CsvPlan,
    header: Sequence[str],
    lines: Sequence[tuple[int, dict[str, str]]],
    before: Mapping[str, Any],
    usual: Sequence[str],
) -> None:
    margins = set(_MARGIN_COLUMNS) <= set(header) <= {*_MARGIN_COLUMNS, "unit"}
    mode = MARGINS if margins else PATTERNS if "at_least" in header else CROSS
    sections = {*SECTION_OF.values(), "mode", "dimensions", "unit"}
    document: dict[str, Any] = {
        name: value for name, value in before.items() if name not in sections
    }
    known = dimensions_of(before, usual)
    dimensions = known
    if not margins:
        named = [name for name in header if name not in {*_NUMBERS, "unit"}]
        # The order of the columns is no wish for other cells.
        dimensions = known if set(named) == set(known) else named
    units = sorted({row["unit"] for _, row in lines if row.get("unit")})
    if len(units) > 1:
        plan.faults.append(fault("line 1", f"More than one unit: {', '.join(units)}."))
    unit = units[0] if units else before.get("unit", "clips")
    document |= {"unit": unit, "mode": mode, "dimensions": list(dimensions)}
    fill = {MARGINS: _margins, PATTERNS: _patterns, CROSS: _cells}[mode]
    document[SECTION_OF[mode]] = fill(plan, lines, dimensions)
    plan.document = document


def _cells(
    plan: CsvPlan, lines: Sequence[tuple[int, dict[str, str]]], dimensions: Sequence[str]
) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = []
    for number, row in lines:
        plan.lines[f"cells.{len(cells)}"] = number
        cell: dict[str, Any] = {"key": {name: row[name] for name in dimensions}}
        for name in _CELL_NUMBERS:
            if name == "target" or row.get(name):
                cell[name] = _number(plan, number, row, name)
        cells.append(cell)
    return cells


def _patterns(
    plan: CsvPlan, lines: Sequence[tuple[int, dict[str, str]]], dimensions: Sequence[str]
) -> list[dict[str, Any]]:
    patterns: list[dict[str, Any]] = []
    for number, row in lines:
        plan.lines[f"patterns.{len(patterns)}"] = number
        key = {name: row[name] for name in dimensions if row[name]}
        patterns.append({"key": key, "at_least": _number(plan, number, row, "at_least")})
    return patterns


def _margins(
    plan: CsvPlan, lines: Sequence[tuple[int, dict[str, str]]], dimensions: Sequence[str]
) -> dict[str, dict[str, Any]]:
    margins: dict[str, dict[str, Any]] = {}
    for number, row in lines:
        levels = margins.setdefault(row["dimension"], {})
        if row["level"] in levels:
            message = f"{row['level']} of {row['dimension']} stands here twice."
            plan.faults.append(fault(f"line {number}", message))
        levels[row["level"]] = _number(plan, number, row, "target")
        plan.lines[f"margins.{row['dimension']}.{row['level']}"] = number
    return margins


def _number(plan: CsvPlan, line: int, row: Mapping[str, str], name: str) -> int | float:
    said = row[name]
    digits = said.replace(".", "", 1) if name == "max_seconds_per_speaker" else said
    if not (digits.isascii() and digits.isdigit() and len(said) <= 18):
        message = f"`{name}` must be a number, 0 or more: {said[:20] or 'nothing'} is none."
        plan.faults.append(fault(f"line {line}", message))
        return 0
    return float(said) if "." in said else int(said)


def write_csv(document: Mapping[str, Any]) -> str:
    """Return the targets of a plan that names its dimensions; what a table cannot hold is left out.

    Lines end as RFC 4180 has it.
    """
    mode, dimensions = mode_of(document), list(document["dimensions"])
    section: Any = document.get(SECTION_OF[mode], {} if mode == MARGINS else [])
    unit = document.get("unit", "clips")
    to = io.StringIO()
    writer = csv.writer(to)
    if mode == MARGINS:
        writer.writerow([*_MARGIN_COLUMNS, "unit"])
        for name, levels in section.items():
            writer.writerows([name, level, target, unit] for level, target in levels.items())
        return to.getvalue()
    numbers = _CELL_NUMBERS if mode == CROSS else ("at_least",)
    writer.writerow([*dimensions, *numbers, "unit"])
    for row in section:
        levels = [row["key"].get(name, "") for name in dimensions]
        writer.writerow([*levels, *(row.get(name, "") for name in numbers), unit])
    return to.getvalue()
