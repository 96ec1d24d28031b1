"""Pure: can the targets be reached in the calendar, which cell stands in the way, what would help.

The fewest days that collectors could take if they chose their places perfectly is a linear program:
least sum of e_s with sum over s of V_sc e_s >= K_c (e: days at a site, V: people of a cell met
there in a day, K: people it still takes). Its dual prices are days for one person more of a cell;
they name the cell that binds. What even that cannot do, nothing can.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY: Final = 1e-9
# A cell that takes this part of all days is one of those that bind.
_BINDS: Final = 0.05
_HALVINGS: Final = 30


@dataclass(frozen=True)
class Calendar:
    """Days that collectors will work until the end, all of them together."""

    days: float


@dataclass(frozen=True)
class Binding:
    """A cell that stands in the way: what one person of it costs, and what share of all days.

    `reachable`: how many of the people it takes could be had in the calendar. `instead`: the cell
    that differs in one level and is met most, to be merged with.
    """

    key: str
    people: int
    days_each: float
    share: float
    reachable: int
    instead: str | None


@dataclass(frozen=True)
class Feasibility:
    """Whether the targets can be reached; `unseen`: cells of whom nobody was ever met anywhere.

    `sites`: the best use of the days. `more_days`: what the calendar lacks.
    """

    days: float
    available: float
    binding: tuple[Binding, ...]
    unseen: tuple[str, ...]
    sites: dict[str, float]

    @property
    def feasible(self) -> bool:
        """Say whether the days are there, and everybody who is needed was met at all."""
        return not self.unseen and self.days <= self.available + _TINY

    @property
    def more_days(self) -> float:
        """Return how many days too few there are."""
        return max(0.0, self.days - self.available)


def fewest_days(rates: Array, people: Array) -> tuple[Array, Array]:
    """Return (days at each site, days that one more person of each cell costs).

    `rates`: sites by cells, people met a day; every cell is met somewhere. The dual (most people x
    price, no site worth more than its day) starts feasible at zero, so the plain simplex method
    solves it with a row a site; G. Dantzig, Linear Programming and Extensions, 1963; ties by
    R. Bland's rule (1977) once it takes long, so that it ends.
    """
    sites, cells = rates.shape
    table = np.hstack([rates, np.eye(sites), np.ones((sites, 1))])
    cost = np.concatenate([-people, np.zeros(sites + 1)])
    basis = np.arange(cells, cells + sites)
    patience = 20 * (sites + cells)
    for step in range(50 * patience):
        lower = np.flatnonzero(cost[:-1] < -_TINY)
        if not len(lower):
            break
        entering = int(lower[0]) if step > patience else int(np.argmin(cost[:-1]))
        column = table[:, entering]
        rows = np.flatnonzero(column > _TINY)
        ratios = table[rows, -1] / column[rows]
        tied = rows[ratios <= ratios.min() + _TINY]
        leaving = int(tied[np.argmin(basis[tied])])
        table[leaving] /= table[leaving, entering]
        others = np.arange(sites) != leaving
        table[others] -= np.outer(table[others, entering], table[leaving])
        cost -= cost[entering] * table[leaving]
        basis[leaving] = entering
    prices = np.zeros(cells + sites)
    prices[basis] = table[:, -1]
    return np.maximum(cost[cells : cells + sites], 0.0), prices[:cells]


def judge_targets(
    *,
    people: Mapping[str, int],
    met: Mapping[str, Mapping[str, float]],
    calendar: Calendar,
    levels: Mapping[str, Mapping[str, str]],
) -> Feasibility:
    """Say whether so many people a cell can be met in the calendar.

    `people`: by cell key, those it still takes; `met`: by site, people of a cell a day; `levels`:
    of every cell that was met or is needed.
    """
    need = {key: count for key, count in sorted(people.items()) if count > 0}
    sites = sorted(met)
    unseen = tuple(key for key in need if not any(met[site].get(key, 0) > 0 for site in sites))
    keys = [key for key in need if key not in unseen]
    if not keys:
        return Feasibility(0.0, calendar.days, (), unseen, {})
    rates = np.array([[met[site].get(key, 0.0) for key in keys] for site in sites])
    counts = np.array([float(need[key]) for key in keys])
    days, prices = fewest_days(rates, counts)
    total = float(days.sum())
    shares = counts * prices / max(total, _TINY)
    binds = shares >= _BINDS
    part = _part_in_time(rates, counts, binds, calendar.days)
    order = sorted(np.flatnonzero(binds), key=lambda index: (-shares[index], keys[index]))
    return Feasibility(
        days=total,
        available=calendar.days,
        binding=tuple(
            Binding(
                key=keys[index],
                people=need[keys[index]],
                days_each=float(prices[index]),
                share=float(shares[index]),
                reachable=int(counts[index] * part + _TINY),
                instead=_instead(keys[index], met, levels),
            )
            for index in order
        ),
        unseen=unseen,
        sites={
            site: float(spent) for site, spent in zip(sites, days, strict=True) if spent > _TINY
        },
    )


def _part_in_time(rates: Array, counts: Array, binds: NDArray[np.bool_], days: float) -> float:
    """Return the part of the binding cells' people for whom the days suffice, the others whole."""

    def takes(part: float) -> float:
        return float(fewest_days(rates, np.where(binds, counts * part, counts))[0].sum())

    if takes(1.0) <= days + _TINY:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if takes(middle) <= days else (low, middle)
    return low


def _instead(
    key: str, met: Mapping[str, Mapping[str, float]], levels: Mapping[str, Mapping[str, str]]
) -> str | None:
    own = levels[key]
    near = [
        other for other, names in levels.items() if sum(own[n] != names.get(n) for n in own) == 1
    ]
    often = {other: sum(site.get(other, 0.0) for site in met.values()) for other in near}
    best = max(sorted(often), key=lambda other: often[other], default=None)
    return best if best is not None and often[best] > 0 else None


def unseen_at_most(met: int, *, doubt: float = 0.05) -> float:
    """Return the largest share that people of whom none was met may have, with this doubt.

    The rule of three, exactly: 1 - doubt^(1/n) (J. Hanley, A. Lippman-Hand, JAMA 1983).
    """
    return 1.0 if met <= 0 else 1 - doubt ** (1 / met)
