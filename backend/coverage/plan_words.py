"""Pure: a plan as people read it: in order, and in words what a version changed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.coverage.plan import MARGINS, PATTERNS, SECTION_OF, mode_of, unit_of

_OF_THE_WHOLE: Final = (
    *("dimensions", "bands", "levels", "min_speakers", "max_seconds_per_speaker"),
    *("fillers", "supply", "starts", "ends"),
)
_FIELDS: Final = ("unit", "mode", *_OF_THE_WHOLE, *SECTION_OF.values())
_OF_A_ROW: Final = ("target", "at_least", "min_speakers", "max_seconds_per_speaker")


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what is other, first of the whole, then of what is asked, in the plan's order."""
    said = [
        f"{name}: {old} → {new}"
        for name, old, new in (
            ("unit", unit_of(before), unit_of(after)),
            ("mode", mode_of(before), mode_of(after)),
        )
        if old != new
    ]
    for name in _OF_THE_WHOLE:
        old, new = before.get(name), after.get(name)
        if old != new:
            said.append(f"{name}: {_words(old)} → {_words(new)}")
    return said + _asked_between(_asked(in_order(before)), _asked(in_order(after)))


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same plan as people read it: its fields in their order, keys by dimension.

    What a database gives back has its names in an order of its own.
    """
    names = [name for name in _FIELDS if name in document]
    names += sorted(set(document) - set(names))
    found = {name: document[name] for name in names}
    dimensions = document.get("dimensions", [])
    for section in ("cells", "patterns"):
        if section in found:
            found[section] = [
                {"key": _by_dimension(row["key"], dimensions)}
                | {name: row[name] for name in _OF_A_ROW if name in row}
                for row in found[section]
            ]
    for section in ("margins", "supply", "levels"):
        if section in found:
            found[section] = _by_dimension(found[section], dimensions)
    return found


def _by_dimension(values: Mapping[str, Any], dimensions: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in dimensions if name in values} | dict(values)


def _asked_between(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    said = []
    for name, amount in new.items():
        if name not in old:
            said.append(f"new: {name}: {amount}")
        elif old[name] != amount:
            said.append(f"{name}: {old[name]} → {amount}")
    return said + [f"gone: {name}: {amount}" for name, amount in old.items() if name not in new]


def _asked(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what a plan asks, in words: `{"female, 60+": "3600, of 8 speakers at least"}`."""
    mode = mode_of(document)
    if mode == MARGINS:
        return {
            level: str(target)
            for levels in document.get("margins", {}).values()
            for level, target in levels.items()
        }
    if mode == PATTERNS:
        return {
            _levels(pattern["key"]): f"at least {pattern['at_least']}"
            for pattern in document.get("patterns", [])
        }
    return {_levels(cell["key"]): _of_cell(cell) for cell in document.get("cells", [])}


def _levels(key: Mapping[str, str]) -> str:
    return ", ".join(key.values()) or "all"


def _of_cell(cell: Mapping[str, Any]) -> str:
    said = [str(cell["target"])]
    if cell.get("min_speakers") is not None:
        said.append(f"of {cell['min_speakers']} speakers at least")
    if cell.get("max_seconds_per_speaker") is not None:
        said.append(f"at most {cell['max_seconds_per_speaker']:g} s of one")
    return ", ".join(said)


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items())
    return str(value)
