"""Pure: where a collector's minute is worth most, by what is missing and how rare its people are.

A cell's scarcity price is deficit / share of the people met; a site's score is the value of what
one person met there is expected to bring, by the minutes that it takes (docs/coverage.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from backend.speakers.cells import levels_of

# Nothing is infinitely dear: who was never met counts as half a person of all who were.
_NEVER_MET: Final = 0.5
# So many people must have been met at a site before its mix is believed.
MET_AT_LEAST: Final = 30


@dataclass(frozen=True)
class Need:
    """What a cell lacks, in the unit; which part of all people met are of it; a usual sitting."""

    deficit: float
    share: float
    usual: float

    @property
    def price(self) -> float:
        """Return the scarcity price of a unit."""
        return self.deficit / self.share

    @property
    def sitting(self) -> float:
        """Return what one person of the cell is expected to record."""
        return min(self.deficit, self.usual)


@dataclass(frozen=True)
class Effort:
    """What a collector's work takes, in minutes: a person asked, one seated, a unit recorded."""

    screening: float
    set_up: float
    per_unit: float


def shares_of(people: Mapping[str, int], cells: frozenset[str]) -> dict[str, float]:
    """Return each cell's share of all people met, above 0 also where nobody was."""
    counts = {key: max(people.get(key, 0), _NEVER_MET) for key in cells}
    total = sum(people.values()) + sum(count - people.get(key, 0) for key, count in counts.items())
    return {key: count / total for key, count in counts.items()}


def site_score(mix: Mapping[str, float], needs: Mapping[str, Need], effort: Effort) -> float:
    """Return the value per minute of meeting people at a site.

    `mix`: which share of the people there is of each cell. sum V x price x sitting, divided by
    screening + sum V x (set_up + per_unit x sitting), over the cells that lack anything.
    """
    value, minutes = 0.0, effort.screening
    for key, need in needs.items():
        if need.deficit > 0 and (part := mix.get(key, 0.0)):
            value += part * need.price * need.sitting
            minutes += part * (effort.set_up + effort.per_unit * need.sitting)
    return value / minutes if minutes else 0.0


def rank_sites(
    mixes: Mapping[str, Mapping[str, float]], needs: Mapping[str, Need], effort: Effort
) -> list[tuple[str, float]]:
    """Return `(site, score)`, the best first, ties by name."""
    scores = [(site, site_score(mix, needs, effort)) for site, mix in mixes.items()]
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def assign_sites(
    collectors: int,
    *,
    mixes: Mapping[str, Mapping[str, float]],
    needs: Mapping[str, Need],
    effort: Effort,
    minutes: float,
    met: Mapping[str, int],
) -> list[str]:
    """Return the site of each collector for a day of so many minutes; `met`: people, by site.

    One goes to each site where too few were met to say whom one meets there, and no more than one;
    the others, one by one, to the site with the best score for what those before them are expected
    to leave.
    """
    unknown = sorted(site for site in mixes if met.get(site, 0) < MET_AT_LEAST)
    chosen = unknown[:collectors]
    left = dict(needs)
    for site in chosen:
        left = _left_after(left, mixes[site], effort, minutes)
    known = {site: mix for site, mix in mixes.items() if site not in unknown} or mixes
    while len(chosen) < collectors and known:
        site, _ = rank_sites(known, left, effort)[0]
        chosen.append(site)
        left = _left_after(left, mixes[site], effort, minutes)
    return chosen


def _left_after(
    needs: Mapping[str, Need], mix: Mapping[str, float], effort: Effort, minutes: float
) -> dict[str, Need]:
    """Return the needs less what a day at a site of this mix is expected to record."""
    wanted = {key: mix.get(key, 0.0) for key, need in needs.items() if need.deficit > 0}
    each = effort.screening + sum(
        part * (effort.set_up + effort.per_unit * needs[key].sitting)
        for key, part in wanted.items()
    )
    people = minutes / each if each else 0.0
    return dict(needs) | {
        key: replace(
            needs[key],
            deficit=max(0.0, needs[key].deficit - people * part * needs[key].sitting),
        )
        for key, part in wanted.items()
    }


def learn_mix(here: Mapping[str, int], everywhere: Mapping[str, int]) -> dict[str, float]:
    """Estimate which share of the people at a site is of each cell, from those who were met.

    The dimensions are taken as independent within a site, each level's share with as many
    pseudo-counts as the dimension has levels, drawn from the shares of all sites together. So a
    few dozen people say something of every cell. The cells are all combinations of levels met.
    """
    pooled = _levels(everywhere)
    seen = _levels(here)
    shares: dict[str, float] = {"": 1.0} if pooled else {}
    for dimension, levels in pooled.items():
        total, met = sum(levels.values()), seen.get(dimension, {})
        weight = len(levels) / (sum(met.values()) + len(levels))
        own = sum(met.values()) or 1
        shares = {
            f"{key}|{dimension}={level}" if key else f"{dimension}={level}": share
            * (weight * levels[level] / total + (1 - weight) * met.get(level, 0) / own)
            for key, share in shares.items()
            for level in levels
        }
    return shares


def _levels(people: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Count the people of each level of each dimension, in the key's order."""
    found: dict[str, dict[str, int]] = {}
    for key, count in people.items():
        if not count:
            continue
        for dimension, level in levels_of(key).items():
            levels = found.setdefault(dimension, {})
            levels[level] = levels.get(level, 0) + count
    return found
