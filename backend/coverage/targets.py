"""Pure: read a campaign's targets, a number per full cell."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.speakers.cells import DECLINED, UNKNOWN, key_of

UNITS: Final = ("clips", "seconds", "speakers")


def target_faults(document: Mapping[str, Any], dimensions: Sequence[str]) -> list[dict[str, str]]:
    """Return `[{field, message}]` for a targets document; empty when it is sound.

    `{unit, cells: [{key: {dimension: level}, target: n}]}`; every cell names every dimension once,
    with a level that is neither unknown nor declined.
    """
    faults: list[dict[str, str]] = []
    if document.get("unit", "clips") not in UNITS:
        faults.append({"field": "unit", "message": f"One of {', '.join(UNITS)}."})
    unknown = set(document) - {"unit", "cells"}
    faults += [{"field": name, "message": "This field is not known."} for name in sorted(unknown)]
    cells = document.get("cells", [])
    if not isinstance(cells, list):
        return [*faults, {"field": "cells", "message": "A list is needed."}]
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        message = _cell_fault(cell, dimensions)
        if not message:
            key = key_of(cell["key"], dimensions)
            message = "This cell stands here twice." if key in seen else ""
            seen.add(key)
        if message:
            faults.append({"field": f"cells.{index}", "message": message})
    return faults


def _cell_fault(cell: Any, dimensions: Sequence[str]) -> str:
    if not isinstance(cell, dict) or set(cell) != {"key", "target"}:
        return "A cell is {key, target}."
    key, target = cell["key"], cell["target"]
    if not isinstance(key, dict) or set(key) != set(dimensions):
        return f"The key must name exactly: {', '.join(dimensions)}."
    if any(
        not isinstance(level, str) or not level or set("|=") & set(level) for level in key.values()
    ):
        return "A level must be a text without | and =."
    if {UNKNOWN, DECLINED} & set(key.values()):
        return "Unknown and declined cannot have a target."
    if not isinstance(target, int) or isinstance(target, bool) or target < 0:
        return "The target must be a whole number, 0 or more."
    return ""


def target_per_cell(document: Mapping[str, Any], dimensions: Sequence[str]) -> dict[str, int]:
    """Return `{cell key: target}` of a sound document."""
    return {key_of(cell["key"], dimensions): cell["target"] for cell in document.get("cells", [])}
