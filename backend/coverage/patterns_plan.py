"""Pure: "at least so much of every such pattern", as the targets of cells.

To meet all minima with the least is a hitting problem (Asudeh, Jin and Jagadish 2019, "Assessing
and remedying coverage", arXiv 1810.06742, section 5), which is NP-hard; as there, the greedy choice
is taken: cells that lie in most of the patterns still lacking come first. Cells that lie in the
same ones are equally good, so what is lacking is spread over them by supply: a minimum for women
must not become a target for the women of one accent.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Wholes = npt.NDArray[np.int64]

Pattern = Mapping[str, str]
_CELLS_AT_ONCE: Final = 1_000_000


def fill_patterns(
    cells: Sequence[Mapping[str, str]],
    patterns: Sequence[tuple[Pattern, int]],
    supply: Sequence[float],
) -> list[int]:
    """Return a target a cell, so that each pattern's cells add up to its minimum at least.

    `cells`: `{dimension: level}` each; `patterns`: part of such a key and a minimum; `supply`: how
    many people of the cell are met, above 0. Raises ValueError for a pattern that holds no cell.
    """
    if len(cells) * len(patterns) > _CELLS_AT_ONCE:
        raise ValueError(f"More than {_CELLS_AT_ONCE} pairs of a cell and a pattern.")
    held = np.array(
        [[_lies_in(cell, pattern) for pattern, _ in patterns] for cell in cells], dtype=bool
    ).reshape(len(cells), len(patterns))
    if not held.any(axis=0).all():
        raise ValueError("A pattern holds no cell.")
    minima = np.array([minimum for _, minimum in patterns], dtype=np.int64)
    weights = np.asarray(supply, dtype=np.float64)
    targets = np.zeros(len(cells), dtype=np.int64)
    lacking = minima.copy()
    while (lacking > 0).any():
        # Each turn ends the lack of a pattern at least.
        open_ones = held & (lacking > 0)
        hit = open_ones.sum(axis=1)
        most = np.flatnonzero(hit == hit.max())
        # Of those that hit equally many, the kind that people are met of most.
        kinds: dict[bytes, list[int]] = {}
        for place in most:
            kinds.setdefault(open_ones[place].tobytes(), []).append(int(place))
        kind = max(kinds.values(), key=lambda places: (weights[places].sum(), -places[0]))
        amount = int(lacking[open_ones[kind[0]]].min())
        targets[kind] += _shared(amount, weights[kind])
        lacking = minima - held.T.astype(np.int64) @ targets
    _drop_needless(targets, held, minima, weights)
    return [int(target) for target in targets]


def _lies_in(cell: Mapping[str, str], pattern: Pattern) -> bool:
    return all(cell[dimension] == level for dimension, level in pattern.items())


def _shared(amount: int, weights: npt.NDArray[np.float64]) -> Wholes:
    """Split a whole number by weights: largest remainders."""
    exact = amount * weights / weights.sum()
    whole: Wholes = np.floor(exact).astype(np.int64)
    rest = amount - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return whole


def _drop_needless(
    targets: Wholes, held: npt.NDArray[np.bool_], minima: Wholes, weights: npt.NDArray[np.float64]
) -> None:
    """Take back what later choices made needless, first where people are rarest."""
    spare = held.T.astype(np.int64) @ targets - minima
    for place in np.argsort(weights, kind="stable"):
        mine = held[place]
        too_much = min(int(targets[place]), int(spare[mine].min())) if mine.any() else 0
        if too_much > 0:
            targets[place] -= too_much
            spare[mine] -= too_much
