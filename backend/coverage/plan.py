"""Pure: what a plan asks for, as a goal per cell.

A plan is a document: `{unit, mode, dimensions?, bands?, levels?, cells | margins | patterns,
min_speakers?, max_seconds_per_speaker?, fillers?, supply?, starts?, ends?}` (docs/coverage.md).
Its faults are found by plan_faults.py; here it is sound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from backend.coverage.margins import Floats, fit_margins, round_to_margins
from backend.coverage.patterns_plan import fill_patterns
from backend.speakers.bands import DEFAULT_BANDS, bands_of
from backend.speakers.cells import (
    AGE_BAND,
    DECLINED,
    DEVICE_CLASS,
    DEVICE_CLASSES,
    ENVIRONMENT,
    ENVIRONMENTS,
    SESSION_DIMENSIONS,
    UNKNOWN,
    key_of,
    levels_of,
    person_key,
)

UNITS: Final = ("clips", "seconds", "speakers")
CROSS: Final = "cross"
MARGINS: Final = "margins"
PATTERNS: Final = "patterns"
MODES: Final = (CROSS, MARGINS, PATTERNS)
# Each mode asks in a section of its own.
SECTION_OF: Final = {CROSS: "cells", MARGINS: "margins", PATTERNS: "patterns"}
MOST_CELLS: Final = 5000
# How many people's worth the plan's own supply weighs against those who were met: a kind of whom
# nobody was met yet is rare, not impossible.
_PRIOR_PEOPLE: Final = 50.0


@dataclass(frozen=True)
class CellGoal:
    """What is wanted of one cell.

    `target`: in the plan's unit; `min_speakers`: of how many people at least;
    `max_ms_per_speaker`: how much of one person counts, None for any amount.
    """

    key: str
    target: int
    min_speakers: int = 0
    max_ms_per_speaker: int | None = None


def unit_of(document: Mapping[str, Any]) -> str:
    """Return the plan's unit."""
    return str(document.get("unit", "clips"))


def mode_of(document: Mapping[str, Any]) -> str:
    """Return the plan's mode."""
    return str(document.get("mode", CROSS))


def dimensions_of(document: Mapping[str, Any], usual: Sequence[str]) -> list[str]:
    """Return the plan's dimensions, `usual` where it names none."""
    named = document.get("dimensions")
    return list(usual if named is None else named)


def known_levels(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[str, ...] | None]:
    """Return the levels that a plan may name, by dimension; None where any text is one.

    `fields`: the campaign's demographic field specs. What the plan's `levels` name goes first,
    then its bands, then what a field or the phone offers.
    """
    named = document.get("levels", {})
    by_field = {field["name"]: field for field in fields}
    return {
        name: tuple(named[name]) if name in named else offered_levels(document, name, by_field)
        for name in dimensions
    }


def people_of_dimensions(people: Mapping[str, int], dimensions: Sequence[str]) -> dict[str, int]:
    """Return how many were met by the keys of persons of these dimensions.

    Those who were counted by more dimensions are added up; of those who were counted by others
    nobody knows what they would have said.
    """
    found: dict[str, int] = {}
    for key, number in people.items():
        levels = dict.fromkeys(SESSION_DIMENSIONS, UNKNOWN) | levels_of(key)
        if set(dimensions) <= set(levels):
            own = person_key(key_of(levels, dimensions))
            found[own] = found.get(own, 0) + number
    return found


def offered_levels(
    document: Mapping[str, Any], dimension: str, by_field: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...] | None:
    """Return the levels that people or sittings of a dimension can have, None for any text."""
    if dimension == DEVICE_CLASS:
        return DEVICE_CLASSES
    if dimension == ENVIRONMENT:
        return ENVIRONMENTS
    field = by_field.get(dimension, {})
    choices = tuple(level for level in field.get("choices", ()) if level not in (UNKNOWN, DECLINED))
    if dimension == AGE_BAND:
        bands = bands_of(document)
        names = tuple(band.name for band in bands or DEFAULT_BANDS)
        # Without bands of the plan a said band counts as it was said.
        return names if bands is not None else tuple(dict.fromkeys((*names, *choices)))
    return choices if field.get("kind") == "choice" else None


def plan_goals(
    document: Mapping[str, Any],
    *,
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
    people: Mapping[str, int],
) -> list[CellGoal]:
    """Return the goals of a sound plan's cells, by key.

    `people`: how many were met of each cell, from screening, turned away or not. With margins the
    cells are fitted to it; with patterns it says over which cells a minimum is spread.
    """
    mode = mode_of(document)
    if mode == CROSS:
        targets = {
            key_of(cell["key"], dimensions): (cell["target"], cell)
            for cell in document.get("cells", [])
        }
    else:
        levels = _levels_asked(document, dimensions, fields)
        keys = [dict(zip(dimensions, cell, strict=True)) for cell in product(*levels)]
        supply = _supply(document, dimensions, levels, people)
        amounts = _by_margins if mode == MARGINS else _by_patterns
        wanted = amounts(document, dimensions, levels, keys, supply)
        targets = {
            key_of(key, dimensions): (target, {})
            for key, target in zip(keys, wanted, strict=True)
            # Of whom no minimum needs anybody nothing is asked, which is not "no more of them".
            if target or mode == MARGINS
        }
    return [_goal(key, target, own, document) for key, (target, own) in sorted(targets.items())]


def _goal(key: str, target: int, own: Mapping[str, Any], document: Mapping[str, Any]) -> CellGoal:
    """Return one goal; what the plan says for all cells holds where the cell says nothing."""
    fewest = own.get("min_speakers")
    if fewest is None:
        fewest = min(document.get("min_speakers") or 0, target)
    most = own.get("max_seconds_per_speaker")
    if most is None:
        most = document.get("max_seconds_per_speaker")
    return CellGoal(key, target, fewest, None if most is None else round(most * 1000))


def levels_to_fit(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[str, ...] | None]:
    """Return the levels of the table that margins or patterns are fitted in, None if unbounded.

    A dimension with margins has the levels that they name.
    """
    known = known_levels(document, dimensions, fields)
    margins = document.get("margins", {}) if mode_of(document) == MARGINS else {}
    return {name: tuple(margins[name]) if name in margins else known[name] for name in dimensions}


def cells_to_fit(levels: Mapping[str, Sequence[str] | None]) -> int:
    """Return how many cells the table has; unbounded dimensions count as one level."""
    return prod(len(names) if names is not None else 1 for names in levels.values())


def _levels_asked(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
) -> list[tuple[str, ...]]:
    found = levels_to_fit(document, dimensions, fields)
    return [found[name] or () for name in dimensions]


def _supply(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    levels: Sequence[Sequence[str]],
    people: Mapping[str, int],
) -> Floats:
    """Return how many people of each cell are met, every entry above 0.

    The plan's own supply, independent between dimensions and equal where it says nothing, weighs as
    much as _PRIOR_PEOPLE. A person is of one cell in each of a session's levels alike, which the
    platform assigns.
    """
    shape = [len(names) for names in levels]
    prior: Floats = np.ones(shape)
    for axis, (name, names) in enumerate(zip(dimensions, levels, strict=True)):
        said = document.get("supply", {}).get(name)
        if said is None:
            shares: Floats = np.full(len(names), 1 / max(1, len(names)))
        else:
            shares = np.array([max(float(said.get(level, 0)), 1e-9) for level in names])
            shares = shares / shares.sum()
        along = [1] * len(shape)
        along[axis] = -1
        prior *= shares.reshape(along)
    counted = people_of_dimensions(people, dimensions)
    met = np.zeros(shape)
    sittings = prod(
        len(names)
        for name, names in zip(dimensions, levels, strict=True)
        if name in SESSION_DIMENSIONS
    )
    for place in np.ndindex(*shape):
        key = {name: levels[axis][place[axis]] for axis, name in enumerate(dimensions)}
        met[place] = counted.get(person_key(key_of(key, dimensions)), 0) / sittings
    return prior * _PRIOR_PEOPLE + met


def _by_margins(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    levels: Sequence[Sequence[str]],
    keys: Sequence[Mapping[str, str]],
    supply: Floats,
) -> list[int]:
    margins = {
        axis: np.array([document["margins"][name][level] for level in levels[axis]], dtype=np.int64)
        for axis, name in enumerate(dimensions)
        if name in document["margins"]
    }
    fitted = fit_margins(supply, margins)
    return [int(target) for target in round_to_margins(fitted, margins).ravel()]


def _by_patterns(
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    levels: Sequence[Sequence[str]],
    keys: Sequence[Mapping[str, str]],
    supply: Floats,
) -> list[int]:
    minima = [(pattern["key"], pattern["at_least"]) for pattern in document["patterns"]]
    return fill_patterns(keys, minima, [float(weight) for weight in supply.ravel()])
