"""Runs of True in a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


def runs_of(mask: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
    """Return starts and ends (exclusive) of the runs of True, as cheap as they are rare."""
    at = np.flatnonzero(mask)
    if not len(at):
        return at, at
    breaks = np.flatnonzero(np.diff(at) > 1)
    return at[np.concatenate(([0], breaks + 1))], at[np.concatenate((breaks, [-1]))] + 1
