"""Pure: what is missing, said of the widest kinds of people of whom it is true; no Django.

A maximal uncovered pattern (A. Asudeh, Z. Jin, H. Jagadish: Assessing and Remedying Coverage for a
Given Dataset, arXiv 1810.06742) holds some dimensions to a level and leaves the others open, counts
less than a bound, and becomes covered when any one of its levels is left open too: "nobody over
60" in one line, not in one for each accent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

# More patterns than this are not built: the lacking cells are then named one by one.
PATTERNS_AT_MOST: Final = 1 << 20
# A cell that lacks anything at all counts as less than one whole cell, whatever rounding does.
_NEARLY: Final = 1 - 1e-6
_WHOLE: Final = 1 - 1e-9

Pattern = tuple[int | None, ...]


@dataclass(frozen=True)
class CellNeed:
    """One cell in the campaign's unit: `missing` is not accepted yet, `open` not on its way either.

    A cell without a target needs nothing. `weight` is what one unit of it is worth (its scarcity).
    """

    key: str
    levels: Mapping[str, str]
    target: float
    missing: float
    open: float
    weight: float = 1.0


@dataclass(frozen=True)
class Gap:
    """A kind of people of whom too little is there; `levels` without a dimension: any level of it.

    `cells`: the keys of the lacking cells under it. Two gaps may share a cell.
    """

    levels: dict[str, str]
    missing: float
    open: float
    cells: tuple[str, ...]


def maximal_uncovered(counts: NDArray[np.float64], tau: float) -> list[Pattern]:
    """Return the maximal patterns that count less than `tau`; None in a pattern is any level.

    `counts`: one axis a dimension. Along each axis the sum over it is appended, so that every
    pattern is one entry of the padded cube; its parents are the entries with one axis moved to the
    end. Time and room grow with the number of patterns.
    """
    cube = counts
    for axis in range(counts.ndim):
        cube = np.concatenate([cube, cube.sum(axis=axis, keepdims=True)], axis=axis)
    uncovered = cube < tau
    maximal = uncovered.copy()
    for axis in range(counts.ndim):
        held = [slice(None)] * counts.ndim
        held[axis] = slice(0, counts.shape[axis])
        maximal[tuple(held)] &= ~uncovered.take([-1], axis=axis)
    return [
        tuple(
            None if index == size else int(index)
            for index, size in zip(found, counts.shape, strict=True)
        )
        for found in np.argwhere(maximal)
    ]


def find_gaps(cells: Sequence[CellNeed], dimensions: Sequence[str]) -> list[Gap]:
    """Return the gaps of a campaign, those worth most first.

    Cells count by the share of their target that is accepted, so that cells with unlike targets
    compare; a pattern is uncovered while less than one whole cell of it is there. What needs
    nothing counts as whole: no gap asks for people of whom there are enough.
    """
    wanted = [cell for cell in cells if cell.target > 0]
    if not any(cell.missing > 0 for cell in wanted):
        return []
    levels = [sorted({cell.levels[name] for cell in wanted}) for name in dimensions]
    if prod(len(names) + 1 for names in levels) > PATTERNS_AT_MOST:
        found = [dict(cell.levels) for cell in wanted if cell.missing > 0]
    else:
        found = _found(wanted, dimensions, levels)
    gaps = [(_gap(pattern, wanted), pattern) for pattern in found]
    worth = {cell.key: cell.weight * cell.missing for cell in wanted}
    ranked = sorted(
        gaps, key=lambda pair: (-sum(worth[key] for key in pair[0].cells), list(pair[1].items()))
    )
    return [gap for gap, _ in ranked]


def _found(
    wanted: Sequence[CellNeed], dimensions: Sequence[str], levels: list[list[str]]
) -> list[dict[str, str]]:
    places = [{level: index for index, level in enumerate(names)} for names in levels]
    shares = np.ones([len(names) for names in levels])
    for cell in wanted:
        if cell.missing > 0:
            at = tuple(
                place[cell.levels[name]] for place, name in zip(places, dimensions, strict=True)
            )
            shares[at] = min(1 - cell.missing / cell.target, _NEARLY)
    return [
        {
            name: names[index]
            for name, names, index in zip(dimensions, levels, pattern, strict=True)
            if index is not None
        }
        for pattern in maximal_uncovered(shares, _WHOLE)
    ]


def _gap(pattern: Mapping[str, str], wanted: Sequence[CellNeed]) -> Gap:
    inside = [
        cell
        for cell in wanted
        if cell.missing > 0 and all(cell.levels[name] == level for name, level in pattern.items())
    ]
    return Gap(
        levels=dict(pattern),
        missing=sum(cell.missing for cell in inside),
        open=sum(cell.open for cell in inside),
        cells=tuple(sorted(cell.key for cell in inside)),
    )
