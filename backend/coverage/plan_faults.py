"""Pure: what is wrong with a plan, field by field; the goals are read of a sound one only."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from backend.coverage.plan import (
    MARGINS,
    MODES,
    MOST_CELLS,
    PATTERNS,
    SECTION_OF,
    UNITS,
    cells_to_fit,
    dimensions_of,
    known_levels,
    levels_to_fit,
    mode_of,
    offered_levels,
)
from backend.coverage.plan_sections import cell_faults, margin_faults, pattern_faults
from backend.coverage.plan_values import Fault, fault, is_amount, level_fault, whole_fault
from backend.speakers.bands import band_faults
from backend.speakers.cells import AGE_BAND, SESSION_DIMENSIONS

_KNOWN: Final = frozenset(
    {
        *("unit", "mode", "dimensions", "bands", "levels", *SECTION_OF.values()),
        *("min_speakers", "max_seconds_per_speaker", "fillers", "supply", "starts", "ends"),
    }
)
_MOST_DIMENSIONS: Final = 6
_MOST_LEVELS: Final = 500


def plan_faults(
    document: Mapping[str, Any],
    *,
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
) -> list[Fault]:
    """Return `[{field, message}]` for a plan; empty when it is sound.

    `dimensions`: the campaign's, for a plan that names none; `fields`: its demographic field specs.
    What a fault makes unreadable is not looked at further, so a plan may show others after it.
    """
    found = _frame_faults(document)
    if not found:
        asked = dimensions_of(document, dimensions)
        found = _dimension_faults(asked, fields) + _band_faults(document, asked)
    if not found:
        found = _level_faults(document, asked, fields)
    if not found:
        known = known_levels(document, asked, fields)
        found = _supply_faults(document, asked, known) + _section_faults(document, asked, known)
    if not found and mode_of(document) != "cross":
        found = _table_faults(document, asked, fields)
    return found


def _frame_faults(document: Mapping[str, Any]) -> list[Fault]:
    found = [
        fault(str(name), "This field is not known.") for name in sorted(set(document) - _KNOWN)
    ]
    if document.get("unit", UNITS[0]) not in UNITS:
        found.append(fault("unit", f"One of {', '.join(UNITS)}."))
    mode = document.get("mode", MODES[0])
    if mode not in MODES:
        return [*found, fault("mode", f"One of {', '.join(MODES)}.")]
    for other, section in SECTION_OF.items():
        if other != mode and document.get(section):
            found.append(fault(section, f"A plan by {mode} asks in `{SECTION_OF[mode]}` alone."))
    if not isinstance(document.get("dimensions", []), list):
        found.append(fault("dimensions", "A list of names is needed."))
    for name in ("bands", "levels", "supply"):
        if not isinstance(document.get(name, {}), dict):
            found.append(fault(name, "An object by dimension is needed."))
    if not isinstance(document.get("fillers", False), bool):
        found.append(fault("fillers", "true or false."))
    found += whole_fault("min_speakers", document.get("min_speakers", 0))
    most = document.get("max_seconds_per_speaker")
    if most is not None and not is_amount(most):
        found.append(fault("max_seconds_per_speaker", "A number above 0."))
    return found + _date_faults(document)


def _date_faults(document: Mapping[str, Any]) -> list[Fault]:
    found, days = [], {}
    for name in ("starts", "ends"):
        said = document.get(name)
        if said is None:
            continue
        try:
            days[name] = date.fromisoformat(said)
        except (TypeError, ValueError):
            found.append(fault(name, "A date is needed, as 2026-05-31."))
    if len(days) == 2 and days["ends"] < days["starts"]:
        found.append(fault("ends", f"It ends before it starts ({days['starts']})."))
    return found


def _dimension_faults(asked: list[Any], fields: Sequence[Mapping[str, Any]]) -> list[Fault]:
    if len(asked) > _MOST_DIMENSIONS:
        return [fault("dimensions", f"At most {_MOST_DIMENSIONS}.")]
    names = {str(field["name"]) for field in fields}
    possible = names | set(SESSION_DIMENSIONS)
    if "birth_year" in names:
        possible.add(AGE_BAND)
    found: list[Fault] = []
    for index, name in enumerate(asked):
        if not isinstance(name, str) or name not in possible:
            message = f"Neither a field of this campaign nor {' or '.join(SESSION_DIMENSIONS)}."
            found.append(fault(f"dimensions.{index}", message))
        elif name in asked[:index]:
            found.append(fault(f"dimensions.{index}", f"{name} stands here twice."))
    return found


def _band_faults(document: Mapping[str, Any], asked: Sequence[str]) -> list[Fault]:
    bands = document.get("bands", {})
    found = [
        fault(f"bands.{name}", f"Only {AGE_BAND} has bands.")
        for name in sorted(set(bands) - {AGE_BAND})
    ]
    if AGE_BAND in bands:
        if AGE_BAND not in asked:
            found.append(fault(f"bands.{AGE_BAND}", f"{AGE_BAND} is no dimension of this plan."))
        found += band_faults(bands[AGE_BAND])
    return found


def _level_faults(
    document: Mapping[str, Any], asked: Sequence[str], fields: Sequence[Mapping[str, Any]]
) -> list[Fault]:
    """Find faults in `levels`: those a plan speaks of, of all that a dimension can have."""
    by_field = {str(field["name"]): field for field in fields}
    found: list[Fault] = []
    for name, levels in document.get("levels", {}).items():
        place = f"levels.{name}"
        if name not in asked:
            found.append(fault(place, "No dimension of this plan."))
        elif not isinstance(levels, list) or not 0 < len(levels) <= _MOST_LEVELS:
            found.append(fault(place, f"A list of 1 to {_MOST_LEVELS} levels is needed."))
        else:
            # Another place than the phone offers may be agreed on with the collectors.
            offered = None if name == "environment" else offered_levels(document, name, by_field)
            for index, level in enumerate(levels):
                message = level_fault(level, offered)
                if not message and level in levels[:index]:
                    message = f"{level} stands here twice."
                if message:
                    found.append(fault(f"{place}.{index}", message))
    return found


def _supply_faults(
    document: Mapping[str, Any],
    asked: Sequence[str],
    known: Mapping[str, tuple[str, ...] | None],
) -> list[Fault]:
    found: list[Fault] = []
    for name, shares in document.get("supply", {}).items():
        place = f"supply.{name}"
        if name not in asked:
            found.append(fault(place, "No dimension of this plan."))
        elif not isinstance(shares, dict) or not shares:
            found.append(fault(place, "A share for each level is needed."))
        else:
            for level, share in shares.items():
                message = level_fault(level, known[name])
                if not message and not is_amount(share, at_least=0):
                    message = "A share is a number, 0 or more."
                if message:
                    found.append(fault(f"{place}.{level}", message))
            if not found and not sum(shares.values()):
                found.append(fault(place, "Nobody at all is supplied."))
    return found


def _section_faults(
    document: Mapping[str, Any],
    asked: Sequence[str],
    known: Mapping[str, tuple[str, ...] | None],
) -> list[Fault]:
    mode = mode_of(document)
    if mode == MARGINS:
        return margin_faults(document, asked, known)
    if mode == PATTERNS:
        return pattern_faults(document, asked, known)
    return cell_faults(document, asked, known)


def _table_faults(
    document: Mapping[str, Any], asked: Sequence[str], fields: Sequence[Mapping[str, Any]]
) -> list[Fault]:
    """Refuse a table that has no bound, or too wide a one."""
    levels = levels_to_fit(document, asked, fields)
    found = [
        fault(f"levels.{name}", "Any text is a level of this: name those that are meant.")
        for name, names in levels.items()
        if names is None
    ]
    cells = cells_to_fit(levels)
    if not found and cells > MOST_CELLS:
        message = f"{cells} cells: more than {MOST_CELLS}. Fewer dimensions or levels are needed."
        found.append(fault("dimensions", message))
    return found
