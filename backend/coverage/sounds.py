"""Pure: the sounds of prompts as numbers: which pairs of neighbouring sounds each prompt holds.

A prompt's sounds are one text: marks parted by spaces, in the order in which they are said, with
EDGE at both ends (workers.phonetics writes it). Two neighbours are a unit: a diphone where the
marks are phones, a pair of letters where no pronunciation is known. Units run across words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

#: The silence before and after what is said.
EDGE: Final = "_"

Ints = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class SoundTable:
    """Which units each of n prompts holds, and how often: rows of a sparse matrix.

    `units[starts[i]:starts[i + 1]]` are the units of prompt i, each once, `counts` beside them how
    often each is said; `owners` the prompt of every entry, `lengths` (n) the units of a whole
    prompt. `number`: how many different units there are.
    """

    starts: Ints
    units: Ints
    counts: Ints
    owners: Ints
    lengths: Ints
    number: int

    def __len__(self) -> int:
        return len(self.lengths)

    def of(self, prompt: int) -> tuple[Ints, Ints]:
        """Return a prompt's units and how often each is said."""
        part = slice(int(self.starts[prompt]), int(self.starts[prompt + 1]))
        return self.units[part], self.counts[part]

    def part(self, prompts: Ints) -> "SoundTable":
        """Return the table of some prompts alone, with the same units."""
        sizes = self.starts[prompts + 1] - self.starts[prompts]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        entries = np.repeat(self.starts[prompts] - starts[:-1], sizes) + np.arange(starts[-1])
        return SoundTable(
            starts,
            self.units[entries],
            self.counts[entries],
            np.repeat(np.arange(len(prompts)), sizes),
            self.lengths[prompts],
            self.number,
        )

    def totals(self, times: Floats) -> Floats:
        """Return (number) how often each unit is said when prompt i is read `times[i]` times."""
        weights = self.counts * times[self.owners]
        totals = np.bincount(self.units, weights=weights, minlength=self.number)
        return totals.astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Return (n) the sum over each prompt's entries of `values` (one for every entry)."""
        sums = np.bincount(self.owners, weights=values, minlength=len(self))
        return sums.astype(np.float64)


def make_table(sounds: Sequence[str]) -> SoundTable:
    """Return the table of prompts whose sounds these are; "" (nothing is known) has no units."""
    marks: dict[str, int] = {}
    lines = [[marks.setdefault(mark, len(marks)) for mark in line.split()] for line in sounds]
    sizes = np.array([len(line) for line in lines], np.int64)
    said = np.fromiter((mark for line in lines for mark in line), np.int64, int(sizes.sum()))
    prompt_of = np.repeat(np.arange(len(lines)), sizes)
    # Neighbours of one prompt only: the last mark of a prompt has none.
    inside = prompt_of[:-1] == prompt_of[1:]
    pairs = (said[:-1] * len(marks) + said[1:])[inside]
    owner = prompt_of[:-1][inside]
    kinds, units = np.unique(pairs, return_inverse=True)
    number = len(kinds)
    places, counts = np.unique(owner * max(number, 1) + units, return_counts=True)
    owners, once = np.divmod(places, max(number, 1))
    starts = np.searchsorted(owners, np.arange(len(lines) + 1))
    return SoundTable(
        starts.astype(np.int64),
        once.astype(np.int64),
        counts.astype(np.int64),
        owners.astype(np.int64),
        np.maximum(sizes - 1, 0),
        number,
    )
