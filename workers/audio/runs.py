"""Runs of True in a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


def runs_of(mask: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
    """Return starts and ends (exclusive) of the runs of True, in order."""
    if not len(mask):
        nowhere = np.empty(0, np.intp)
        return nowhere, nowhere
    turns = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    before, behind = [0] * bool(mask[0]), [len(mask)] * bool(mask[-1])
    places: Places = np.concatenate((before, turns, behind)).astype(np.intp)
    return places[::2], places[1::2]
