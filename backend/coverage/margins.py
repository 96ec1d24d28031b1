"""Pure: targets of whole levels, spread over the cells in which people are to be found.

Iterative proportional fitting (Deming and Stephan 1940, Annals of Mathematical Statistics 11):
each dimension in turn is scaled to its margins until all of them hold. Of all tables with these
margins the result is the one nearest to the supply in relative entropy (Csiszar 1975), so that
rare combinations are asked for as seldom as the margins allow.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

_ROUNDS: Final = 500
_CLOSE: Final = 1e-9


def fit_margins(supply: Floats, margins: Mapping[int, Wholes]) -> Floats:
    """Scale a positive table until its sums over all axes but one equal that axis' margins.

    `supply`: one axis a dimension, every entry above 0. `margins`: by axis a target a level, all
    with the same total. Returns a table of the same shape.
    """
    table = np.array(supply, dtype=np.float64)
    total = next((margin.sum() for margin in margins.values()), 0)
    if not margins or total == 0:
        return np.zeros_like(table)
    for _ in range(_ROUNDS):
        for axis, margin in margins.items():
            sums = _sums(table, axis)
            factors = np.divide(margin, sums, out=np.zeros(len(margin)), where=sums > 0)
            table *= _along(factors, axis, table.ndim)
        worst = max(np.abs(_sums(table, axis) - margin).max() for axis, margin in margins.items())
        if worst <= _CLOSE * total:
            break
    return table


def round_to_margins(fitted: Floats, margins: Mapping[int, Wholes]) -> Wholes:
    """Return whole numbers near a fitted table that keep every margin exactly.

    What is lacking after rounding down goes one by one where all its levels lack something, first
    to the cell that has lost most.
    """
    whole: Wholes = np.floor(fitted + 1e-6).astype(np.int64)
    # A fit that has not quite converged can exceed a margin: that is taken back.
    for axis, margin in margins.items():
        for level, over in enumerate(_sums(whole, axis) - margin):
            _take_back(whole, axis, level, int(over))
    lacking = {axis: margin - _sums(whole, axis) for axis, margin in margins.items()}
    left_over = int(next(iter(lacking.values())).sum()) if lacking else 0
    for _ in range(left_over):
        wanted = np.ones(whole.shape, dtype=bool)
        for axis, left in lacking.items():
            wanted &= _along(left > 0, axis, whole.ndim)
        lost = np.where(wanted, fitted - whole, -np.inf)
        place = np.unravel_index(int(np.argmax(lost)), whole.shape)
        whole[place] += 1
        for axis, left in lacking.items():
            left[place[axis]] -= 1
    return whole


def _take_back(whole: Wholes, axis: int, level: int, amount: int) -> None:
    of_level = np.moveaxis(whole, axis, 0)[level]
    for _ in range(amount):
        of_level[np.unravel_index(int(np.argmax(of_level)), of_level.shape)] -= 1


def _sums(table: npt.NDArray[np.float64] | Wholes, axis: int) -> npt.NDArray[np.float64]:
    others = tuple(other for other in range(table.ndim) if other != axis)
    return np.asarray(table.sum(axis=others))


def _along(
    values: npt.NDArray[np.float64] | npt.NDArray[np.bool_], axis: int, dimensions: int
) -> npt.NDArray[np.float64]:
    shape = [1] * dimensions
    shape[axis] = -1
    return np.asarray(values.reshape(shape))
