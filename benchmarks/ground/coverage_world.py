"""A simulated field: twelve sites with people of forty kinds, ten collectors, verdicts days later.

The scenario of the project's reference on balancing (A3.1): 2 genders x 4 age bands x 5 accents,
five accepted hours of each, independent within a site. Whom to record and for how long is asked of
`Policy`; nothing here knows how that is decided.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import inf
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

GENDERS = ("male", "female")
AGES = ("18-29", "30-44", "45-59", "60+")
ACCENTS = ("a", "b", "c", "d", "e")
CELLS = [
    f"gender={gender}|age_band={age}|accent={accent}"
    for gender, age, accent in product(GENDERS, AGES, ACCENTS)
]
EACH_CELL = [[cell] for cell in range(len(CELLS))]
SITES = tuple(f"site-{n:02}" for n in range(12))
TARGET_S = 5 * 3600
CLIP_S = 5
SCREENING_MIN, SET_UP_MIN, MIN_PER_S = 3.0, 12.0, 1.6 / 60
# Nobody new is met when the day has less left than a meeting, a seat and ten minutes.
DAY_MIN, _LEFT_MIN = 240.0, 25.0
# Recorded on a day, judged at the end of the third day after it.
_VERDICT_DAYS = 3
_PASSES, _PASSES_60 = 0.88, 0.75
COLLECTORS = 10
# A campaign that takes longer has failed.
DAYS = 400

Floats = npt.NDArray[np.float64]
FOOTFALL = np.array([3, 3, 3, 1.5, 1, 0.4, 0.4, 0.3, 0.3, 2, 0.5, 0.3]) / 15.7


def site_mixes() -> tuple[Floats, Floats]:
    """Return the mix of each site, (12, 40), and the share of each cell of all people, (40,)."""
    mixes = np.empty((len(SITES), len(CELLS)))
    for site in range(len(SITES)):
        gender = np.array([0.70, 0.30])
        age = np.array([0.45, 0.33, 0.17, 0.05])
        accent = np.array([0.40, 0.25, 0.20, 0.10, 0.05])
        if site < 5:
            accent[site] *= 3
        if site in (5, 6, 7):
            gender[1] *= 2 if site == 7 else 3
        if site in (7, 8):
            age *= [1, 1, 2, 8]
        if site == 9:
            age[0] *= 3
        if site == 10:
            accent[3:] *= 5
        if site == 11:
            accent[4] *= 8
            age[2:] *= 2
        joint = np.einsum("g,a,c->gac", gender, age, accent).ravel()
        mixes[site] = joint / joint.sum()
    return mixes, FOOTFALL @ mixes


class Recording(NamedTuple):
    """One sitting."""

    cell: int
    seconds: float


@dataclass
class Counts:
    """What the platform knows of each cell, in seconds and clips, and of who was met where."""

    targets: list[int]
    accepted: list[float] = field(default_factory=lambda: [0.0] * len(CELLS))
    pending: list[float] = field(default_factory=lambda: [0.0] * len(CELLS))
    ok: list[int] = field(default_factory=lambda: [0] * len(CELLS))
    judged: list[int] = field(default_factory=lambda: [0] * len(CELLS))
    met: list[dict[str, int]] = field(default_factory=lambda: [{} for _ in SITES])
    met_anywhere: dict[str, int] = field(default_factory=dict)
    met_in_all: int = 0

    def useful(self) -> float:
        """Return the seconds that count to a target."""
        return sum(min(a, t) for a, t in zip(self.accepted, self.targets, strict=True))

    def has_enough(self, group: Sequence[int]) -> bool:
        """Say whether these cells together have 95 % of their targets."""
        wanted = 0.95 * sum(self.targets[cell] for cell in group)
        return sum(self.accepted[cell] for cell in group) >= wanted

    def meet(self, site: int, cell: int) -> None:
        """Count a person who was met."""
        key = CELLS[cell]
        self.met[site][key] = self.met[site].get(key, 0) + 1
        self.met_anywhere[key] = self.met_anywhere.get(key, 0) + 1
        self.met_in_all += 1


class Policy(Protocol):
    """Who decides: where collectors go in the morning, and what each person is asked for."""

    # Whether there is anybody whom it does not record.
    turns_away: bool

    def sites(self, counts: Counts, random: np.random.Generator) -> list[int]:
        """Return the site of each collector for this day."""

    def seconds(self, counts: Counts, cell: int) -> float:
        """Return how long a person of this cell is recorded; 0 sends them away."""


@dataclass(frozen=True)
class Outcome:
    """How a campaign went. Days from 1; infinite where it did not come so far."""

    days_95_of_hours: float
    days_all_cells: float
    collector_hours: float
    recorded_hours: float
    waste: float
    excess: float


def play(
    policy: Policy,
    *,
    seed: int,
    targets: list[int],
    mixes: Floats,
    groups: Sequence[Sequence[int]] = EACH_CELL,
) -> Outcome:
    """Play a campaign until all that was wanted is accepted and nothing is on its way.

    `groups`: the cells that must together have 95 % of their targets. A policy that turns nobody
    away ends on the day on which all groups have.
    """
    random = np.random.default_rng(seed)
    counts = Counts(targets)
    people = [np.cumsum(mix) for mix in mixes]
    waiting: dict[int, list[Recording]] = {}
    recorded = worked = worked_all = 0.0
    day_hours = day_all = inf
    for day in range(1, DAYS + 1):
        today, hours = _day(policy, counts, people, random)
        worked += hours
        recorded += sum(recording.seconds for recording in today)
        waiting[day + _VERDICT_DAYS] = today
        for recording in waiting.pop(day, []):
            _judge(recording, counts, random)
        if day_hours == inf and counts.useful() >= 0.95 * sum(targets):
            day_hours = day
        if day_all == inf and all(counts.has_enough(group) for group in groups):
            day_all, worked_all = day, worked
        if day_all < inf and not (policy.turns_away and any(waiting.values())):
            break
    accepted = sum(counts.accepted)
    useful = counts.useful()
    return Outcome(
        days_95_of_hours=day_hours,
        days_all_cells=day_all,
        collector_hours=worked_all or worked,
        recorded_hours=recorded / 3600,
        waste=1 - useful / recorded,
        excess=1 - useful / accepted,
    )


def _day(
    policy: Policy, counts: Counts, people: list[Floats], random: np.random.Generator
) -> tuple[list[Recording], float]:
    """Return what is recorded on one day, and the hours worked; whoever is free meets the next."""
    sites = policy.sites(counts, random)
    recordings: list[Recording] = []
    clock = [(0.0, collector) for collector in range(COLLECTORS)]
    minutes = 0.0
    while clock:
        minute, collector = heapq.heappop(clock)
        if minute > DAY_MIN - _LEFT_MIN:
            minutes += minute
            continue
        site = sites[collector]
        cell = min(int(np.searchsorted(people[site], random.random())), len(CELLS) - 1)
        counts.meet(site, cell)
        minute += SCREENING_MIN
        seconds = policy.seconds(counts, cell)
        if seconds > 0:
            minute += SET_UP_MIN + MIN_PER_S * seconds
            counts.pending[cell] += seconds
            recordings.append(Recording(cell, seconds))
        heapq.heappush(clock, (minute, collector))
    return recordings, minutes / 60


def _judge(recording: Recording, counts: Counts, random: np.random.Generator) -> None:
    cell = recording.cell
    clips = max(1, round(recording.seconds / CLIP_S))
    ok = int(random.binomial(clips, _PASSES_60 if "60+" in CELLS[cell] else _PASSES))
    counts.pending[cell] -= recording.seconds
    counts.accepted[cell] += recording.seconds * ok / clips
    counts.ok[cell] += ok
    counts.judged[cell] += clips
