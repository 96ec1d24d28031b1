"""Who decides in the simulated field: the platform by its own functions, or what it is held to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.coverage.prices import Effort, Need, assign_sites, learn_mix, shares_of
from backend.coverage.quota import (
    WANTED,
    Standing,
    is_scarce,
    judge_cell,
    p_accept,
    sitting_of,
    sitting_size,
)
from benchmarks.ground.coverage_world import (
    CELLS,
    COLLECTORS,
    DAY_MIN,
    FOOTFALL,
    MIN_PER_S,
    SCREENING_MIN,
    SET_UP_MIN,
    SITES,
    Counts,
    Floats,
)

_MOST_PER_SPEAKER_S = 2700.0
_SITTING = sitting_of(_MOST_PER_SPEAKER_S, usual=1800.0)
_EFFORT = Effort(SCREENING_MIN, SET_UP_MIN, MIN_PER_S)


def _where_people_are(random: np.random.Generator) -> list[int]:
    return [int(site) for site in random.choice(len(SITES), COLLECTORS, p=FOOTFALL)]


def _coming(counts: Counts, cell: int) -> float:
    return counts.pending[cell] * p_accept(counts.ok[cell], counts.judged[cell])


@dataclass
class Everybody:
    """No balancing: half an hour of everybody."""

    turns_away: bool = False

    def sites(self, counts: Counts, random: np.random.Generator) -> list[int]:
        """Go where most people are."""
        return _where_people_are(random)

    def seconds(self, counts: Counts, cell: int) -> float:
        """Record them."""
        return _SITTING.usual


@dataclass
class HardQuota:
    """Half an hour of everybody of whose cell too little is accepted, or, with holds, coming."""

    holds: bool
    turns_away: bool = True

    def sites(self, counts: Counts, random: np.random.Generator) -> list[int]:
        """Go where most people are."""
        return _where_people_are(random)

    def seconds(self, counts: Counts, cell: int) -> float:
        """Record them if the quota is not reached."""
        fill = counts.accepted[cell] + (_coming(counts, cell) if self.holds else 0.0)
        return _SITTING.usual if counts.targets[cell] - fill > _SITTING.trifle else 0.0


@dataclass
class HardMargins:
    """Half an hour of everybody of whose gender, age and accent none has enough coming."""

    groups: Sequence[Sequence[int]]
    turns_away: bool = True

    def sites(self, counts: Counts, random: np.random.Generator) -> list[int]:
        """Go where most people are."""
        return _where_people_are(random)

    def seconds(self, counts: Counts, cell: int) -> float:
        """Record them if no level of theirs is full."""
        for group in self.groups:
            if cell in group:
                fill = sum(counts.accepted[one] + _coming(counts, one) for one in group)
                if sum(counts.targets[one] for one in group) - fill <= _SITTING.trifle:
                    return 0.0
        return _SITTING.usual


@dataclass
class Fieldvoice:
    """The platform: its eligibility, its sitting size and, with `steering`, its choice of sites.

    `mixes`: who is at each site, if that is known beforehand; else it is learned from who is met.
    """

    steering: bool
    mixes: Floats | None = None
    turns_away: bool = True

    def sites(self, counts: Counts, random: np.random.Generator) -> list[int]:
        """Send each collector where a minute is worth most."""
        if not self.steering:
            return _where_people_are(random)
        shares = shares_of(counts.met_anywhere, frozenset(CELLS))
        needs = {
            key: Need(_standing(counts, cell).deficit, shares[key], _SITTING.usual)
            for cell, key in enumerate(CELLS)
        }
        if self.mixes is None:
            mixes = {
                site: learn_mix(counts.met[n], counts.met_anywhere) for n, site in enumerate(SITES)
            }
            met = {site: sum(counts.met[n].values()) for n, site in enumerate(SITES)}
        else:
            mixes = {
                site: dict(zip(CELLS, map(float, self.mixes[n]), strict=True))
                for n, site in enumerate(SITES)
            }
            met = dict.fromkeys(SITES, 1000)
        chosen = assign_sites(
            COLLECTORS, mixes=mixes, needs=needs, effort=_EFFORT, minutes=DAY_MIN, met=met
        )
        return [SITES.index(site) for site in chosen]

    def seconds(self, counts: Counts, cell: int) -> float:
        """Ask as a phone does."""
        standing = _standing(counts, cell)
        status, _ = judge_cell(standing, key=standing.key, sitting=_SITTING)
        if status not in WANTED:
            return 0.0
        people = counts.met_anywhere[standing.key]
        scarce = is_scarce(people, counts.met_in_all, len(CELLS))
        return sitting_size(standing, sitting=_SITTING, scarce=scarce)


def _standing(counts: Counts, cell: int) -> Standing:
    """Return a cell as the platform reads it from its counters, in seconds."""
    return Standing(
        key=CELLS[cell],
        target=counts.targets[cell],
        accepted=counts.accepted[cell],
        pending=counts.pending[cell],
        held=0.0,
        speakers=0,
        p_accept=p_accept(counts.ok[cell], counts.judged[cell]),
        max_per_speaker=_MOST_PER_SPEAKER_S,
    )
