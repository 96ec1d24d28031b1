"""Pure: the faults of what a plan asks for: its cells, its margins or its patterns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.coverage.plan_values import Fault, fault, is_amount, level_fault, whole_fault
from backend.speakers.cells import key_of

Known = Mapping[str, tuple[str, ...] | None]
_MOST_CELLS: Final = 5000
_MOST_PATTERNS: Final = 500
_CELL: Final = frozenset({"key", "target"})
_OF_A_CELL: Final = _CELL | {"min_speakers", "max_seconds_per_speaker"}


def cell_faults(document: Mapping[str, Any], asked: Sequence[str], known: Known) -> list[Fault]:
    """Find faults in `cells`: each names every dimension once, and none stands there twice."""
    cells = document.get("cells", [])
    if not isinstance(cells, list) or len(cells) > _MOST_CELLS:
        return [fault("cells", f"A list of at most {_MOST_CELLS} is needed.")]
    found: list[Fault] = []
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        wrong = _cell_faults(cell, f"cells.{index}", asked, known)
        if not wrong:
            key = key_of(cell["key"], asked)
            if key in seen:
                wrong = [fault(f"cells.{index}", "This cell stands here twice.")]
            seen.add(key)
        found += wrong
    return found


def _cell_faults(cell: Any, place: str, asked: Sequence[str], known: Known) -> list[Fault]:
    if not isinstance(cell, dict) or not set(cell) >= _CELL or not set(cell) <= _OF_A_CELL:
        optional = sorted(_OF_A_CELL - _CELL, reverse=True)
        return [fault(place, f"A cell is {{key, target, {'?, '.join(optional)}?}}.")]
    found = _key_faults(cell["key"], f"{place}.key", asked, known, whole=True)
    target = cell["target"]
    found += whole_fault(f"{place}.target", target)
    fewest, most = cell.get("min_speakers"), cell.get("max_seconds_per_speaker")
    if fewest is not None:
        wrong = whole_fault(f"{place}.min_speakers", fewest)
        if not wrong and not found and fewest > target:
            # Clips, seconds or speakers: so many people cannot be in so little.
            message = f"{fewest} speakers cannot be in a target of {target}."
            wrong = [fault(f"{place}.min_speakers", message)]
        found += wrong
    if most is not None and not is_amount(most):
        found.append(fault(f"{place}.max_seconds_per_speaker", "A number above 0."))
    return found


def _key_faults(
    key: Any, place: str, asked: Sequence[str], known: Known, *, whole: bool
) -> list[Fault]:
    named = set(key) if isinstance(key, dict) else None
    if named is None or not named <= set(asked) or (whole and named != set(asked)):
        extent = "exactly" if whole else "some of"
        return [fault(place, f"The key must name {extent}: {', '.join(asked)}.")]
    return [
        fault(f"{place}.{name}", message)
        for name, level in key.items()
        if (message := level_fault(level, known[name]))
    ]


def margin_faults(document: Mapping[str, Any], asked: Sequence[str], known: Known) -> list[Fault]:
    """Find faults in `margins`: all add up to the same, and nothing is asked of nobody."""
    margins = document.get("margins")
    if not isinstance(margins, dict) or not margins:
        return [fault("margins", "An object {dimension: {level: target}} is needed.")]
    found: list[Fault] = []
    totals: dict[str, int] = {}
    for name, levels in margins.items():
        place = f"margins.{name}"
        if name not in asked:
            found.append(fault(place, "No dimension of this plan."))
            continue
        if not isinstance(levels, dict) or not levels:
            found.append(fault(place, "A target for each level is needed."))
            continue
        wrong: list[Fault] = []
        for level, target in levels.items():
            message = level_fault(level, known[name])
            wrong += [fault(f"{place}.{level}", message)] if message else []
            wrong += whole_fault(f"{place}.{level}", target)
            if not wrong and target and _nobody(document, name, level):
                wrong.append(
                    fault(f"{place}.{level}", "By `supply` there is nobody of this level.")
                )
        found += wrong
        if not wrong:
            totals[name] = sum(levels.values())
    return found or _totals_fault(totals)


def _nobody(document: Mapping[str, Any], name: str, level: str) -> bool:
    shares = document.get("supply", {}).get(name)
    return shares is not None and not shares.get(level, 0)


def _totals_fault(totals: Mapping[str, int]) -> list[Fault]:
    if len(set(totals.values())) <= 1:
        return []
    said = ", ".join(f"those of {name} to {total}" for name, total in totals.items())
    return [fault("margins", f"All margins are of the same recordings, but they add up: {said}.")]


def pattern_faults(document: Mapping[str, Any], asked: Sequence[str], known: Known) -> list[Fault]:
    """Find faults in `patterns`: each names some of the dimensions, and none stands there twice."""
    patterns = document.get("patterns")
    if not isinstance(patterns, list) or not 0 < len(patterns) <= _MOST_PATTERNS:
        return [fault("patterns", f"A list of 1 to {_MOST_PATTERNS} is needed.")]
    found: list[Fault] = []
    seen: list[dict[str, str]] = []
    for index, pattern in enumerate(patterns):
        place = f"patterns.{index}"
        if not isinstance(pattern, dict) or set(pattern) != {"key", "at_least"}:
            found.append(fault(place, "A pattern is {key, at_least}."))
            continue
        wrong = _key_faults(pattern["key"], f"{place}.key", asked, known, whole=False)
        wrong += whole_fault(f"{place}.at_least", pattern["at_least"])
        if not wrong and pattern["key"] in seen:
            wrong = [fault(place, "This pattern stands here twice.")]
        elif not wrong:
            seen.append(pattern["key"])
        found += wrong
    return found
