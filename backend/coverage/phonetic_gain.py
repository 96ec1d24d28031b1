"""Pure: what a prompt adds to the sounds that are there, and the prompts that add most.

Two gains, each divided by the length of the prompt in units, so that a long prompt is worth more
only if it says more that is wanted:

* rarity, until the target share of all units is there: the sum over the units that are not there
  of 1 / sqrt(how often the whole text holds the unit). What few prompts hold is looked for first;
* square root, after it: sum over the units of sqrt(c + k) - sqrt(c), with c times there and k in
  the prompt. More of what is scarce is worth more than more of what is plenty.

Both are submodular (a prompt gains less the more is there), so that taking the best each time comes
within 1 - 1/e of the best choice of as many (Nemhauser, Wolsey & Fisher 1978), and a gain that was
computed earlier is an upper bound: only what stands at the top need be computed anew (Minoux 1978;
here a pool at once, with a small slack, as Badanidiyuru & Vondrák 2014 allow).
Choosing sentences so: van Santen & Buchsbaum 1997; CMU Arctic (Kominek & Black 2003,
CMU-LTI-03-177).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from backend.coverage.sounds import Floats, Ints, SoundTable

#: The share of all units from which on evenness counts, not novelty: the last hundredth stands in
#: so few prompts that the rest would be read for their sake alone.
COVERAGE_TARGET: Final = 0.99
#: So many gains are computed anew for each choice, those of the greatest bounds.
POOL: Final = 1024
SLACK: Final = 0.05


class Corpus:
    """How often each unit of a table is said in what was recorded; prompts are added to it."""

    def __init__(self, table: SoundTable, times: Floats) -> None:
        """`times` (n): how often each prompt was recorded."""
        self.table = table
        self.there = table.totals(times)
        everything = table.totals(np.ones(len(table)))
        self._rarity = 1 / np.sqrt(np.maximum(everything, 1))
        self._missing = int(np.count_nonzero(self.there == 0))

    @property
    def covered(self) -> float:
        """The share of the units that were said at least once; 1 where there are none."""
        return 1 - self._missing / self.table.number if self.table.number else 1.0

    @property
    def seeks_new(self) -> bool:
        """Say whether units are missing yet, so that rarity counts."""
        return self.covered < COVERAGE_TARGET

    def gains(self, table: SoundTable | None = None) -> Floats:
        """Return what every prompt of the table, or of a part of it, would add per unit it says."""
        table = table or self.table
        if self.seeks_new:
            added = (self._rarity * (self.there == 0))[table.units]
        else:
            there = self.there[table.units]
            added = np.sqrt(there + table.counts) - np.sqrt(there)
        return np.asarray(table.sums(added) / np.maximum(table.lengths, 1), np.float64)

    def add(self, prompt: int) -> None:
        """Count a prompt as recorded."""
        units, counts = self.table.of(prompt)
        self._missing -= int(np.count_nonzero(self.there[units] == 0))
        self.there[units] += counts


def best_first(corpus: Corpus, bonus: Floats) -> Iterator[tuple[int, float]]:
    """Yield (prompt, gain) best first, adding each to the corpus before the next is chosen.

    The gain is a share of the greatest there was at first, in [0, 1]; `bonus` (n) is what a prompt
    is worth besides, in the same measure, and -inf for one that is not to be chosen. Ties go to the
    prompt that stands first. Among more than POOL prompts one may be chosen whose gain is less than
    the best by SLACK of itself.
    """
    open_ = np.isfinite(bonus)
    while open_.any():
        seeks_new = corpus.seeks_new
        gains = corpus.gains()
        greatest = float(gains[open_].max()) or 1.0
        bounds = np.where(open_, bonus + gains / greatest, -np.inf)
        # When the target is reached inside a list the gains are of another kind: all anew.
        while open_.any() and corpus.seeks_new == seeks_new:
            pool = _highest(bounds)
            for prompt, gain in _from_pool(corpus, bonus, bounds, pool, greatest):
                open_[prompt] = False
                yield prompt, gain


def _highest(bounds: Floats) -> Ints:
    """Return the POOL prompts of the greatest bounds, in the order in which they stand."""
    if len(bounds) <= POOL:
        return np.arange(len(bounds))
    return np.sort(np.argpartition(-bounds, POOL)[:POOL])


def _from_pool(
    corpus: Corpus, bonus: Floats, bounds: Floats, pool: Ints, greatest: float
) -> Iterator[tuple[int, float]]:
    """Yield the best of a pool as long as none outside can be better; writes their new bounds."""
    outside = np.delete(bounds, pool)
    bar = float(outside.max()) if len(outside) else -np.inf
    part = corpus.table.part(pool)
    open_ = np.isfinite(bounds[pool])
    seeks_new = corpus.seeks_new
    while open_.any() and corpus.seeks_new == seeks_new:
        gains = corpus.gains(part) / greatest
        worth = np.where(open_, bonus[pool] + gains, -np.inf)
        bounds[pool] = worth
        best = int(np.argmax(worth))
        gain = float(gains[best])
        if worth[best] < bar - SLACK * gain:
            return
        open_[best] = False
        bounds[pool[best]] = -np.inf
        corpus.add(int(pool[best]))
        yield int(pool[best]), gain
