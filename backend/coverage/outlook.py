"""What is missing and by when it will be there: a campaign's gaps, recruits and dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Final
from zlib import crc32

import numpy as np

from backend.campaigns.models import Campaign
from backend.coverage.days import read_history
from backend.coverage.forecast import (
    PATHS,
    History,
    Pace,
    Wanted,
    burn_up,
    days_at,
    draw_amounts,
    draw_days,
    draw_people,
    pace_of,
    people_for,
)
from backend.coverage.gaps import CellNeed, Gap, find_gaps
from backend.coverage.prices import MET_AT_LEAST, shares_of
from backend.coverage.quota import SITTING_CLIPS, Standing, amount_of, p_accept
from backend.coverage.standing import Standings
from backend.coverage.supply import read_pool
from backend.speakers.cells import levels_of, person_key

SHARES: Final = (0.1, 0.5, 0.9)
# A recruiting line says how many people bring enough with this probability.
SURE: Final = 0.8
_AHEAD_AT_LEAST: Final = 14
_AHEAD_AT_MOST: Final = 120
_AHEAD_POINTS: Final = 14
# The sum of many cells scatters less than each of them: fewer paths say as much.
_DRAWN_TOGETHER: Final = 20_000
_PATHS_AT_LEAST: Final = 100


@dataclass(frozen=True)
class CellOutlook:
    """When a cell has enough, at three probabilities (None: not in sight), and what it takes.

    `in_time`: the probability of having enough before the plan ends, None where it has no end.
    """

    key: str
    dates: tuple[date | None, ...]
    recruit: int
    in_time: float | None


@dataclass(frozen=True)
class Outlook:
    """All of it, with the history it rests on; `cells` are those that lack anything."""

    today: date
    unit: str
    ends: date | None
    gaps: list[Gap]
    cells: list[CellOutlook]
    standings: Sequence[Standing]
    history: History
    pace: Pace

    def recruits_for(self, gap: Gap) -> int:
        """Return how many people to recruit for a gap: those of its cells, each likely enough."""
        recruits = {cell.key: cell.recruit for cell in self.cells}
        return sum(recruits[key] for key in gap.cells)


@dataclass(frozen=True)
class BurnUp:
    """What all cells together have: `past` as (day, amount), `ahead` as (day, amounts at SHARES).

    No cell counts beyond its target. `ahead` begins today, with what is on its way counted as far
    as it is expected to pass.
    """

    target: float
    past: list[tuple[date, float]]
    ahead: list[tuple[date, list[float]]]


def read_outlook(*, campaign: Campaign, standings: Standings, today: date) -> Outlook:
    """Foretell a campaign's cells. The same day foretells the same: chance is seeded by it."""
    wanted = [cell for cell in standings.cells.values() if cell.target]
    unit = standings.unit
    history = read_history(
        campaign=campaign, keys=[cell.key for cell in wanted], unit=unit, today=today
    )
    brings = amount_of(SITTING_CLIPS, unit=unit, clip_ms=standings.clip_ms) * p_accept(0, 0)
    pace = pace_of(history, today=today, usual=brings)
    ends = end_of(campaign)
    return Outlook(
        today=today,
        unit=unit,
        ends=ends,
        gaps=find_gaps(_needs(wanted, read_pool(campaign.pk)), campaign.dimensions),
        cells=_foretell(campaign, wanted, pace, unit=unit, today=today, ends=ends),
        standings=wanted,
        history=history,
        pace=pace,
    )


def end_of(campaign: Campaign) -> date | None:
    """Return the last day of the campaign's plan, if it names one."""
    said = campaign.targets.get("ends")
    return date.fromisoformat(said) if said else None


def _needs(cells: Sequence[Standing], pool: dict[str, int]) -> list[CellNeed]:
    """Weigh what cells lack by how rare their people are, once enough were met to say so."""
    shares = shares_of(pool, frozenset(person_key(cell.key) for cell in cells))
    known = sum(pool.values()) >= MET_AT_LEAST
    return [
        CellNeed(
            key=cell.key,
            levels=levels_of(cell.key),
            target=cell.target or 0,
            missing=cell.missing,
            open=cell.deficit,
            weight=1 / shares[person_key(cell.key)] if known else 1.0,
        )
        for cell in cells
    ]


def _foretell(
    campaign: Campaign,
    cells: Sequence[Standing],
    pace: Pace,
    *,
    unit: str,
    today: date,
    ends: date | None,
) -> list[CellOutlook]:
    wanted = Wanted(
        amounts=np.array([cell.deficit for cell in cells]),
        speakers=np.array([float(cell.speakers_needed) for cell in cells]),
        most_each=np.array([cell.max_per_speaker or inf for cell in cells]),
    )
    rng = _chance(campaign, today)
    people = draw_people(pace, wanted, people=unit == "speakers", rng=rng)
    days = draw_days(pace, people, rng=rng)
    left = (ends - today).days + 1 if ends is not None else None
    return [
        CellOutlook(
            key=cell.key,
            dates=tuple(None if day is None else today + timedelta(days=day) for day in spans),
            recruit=recruit,
            in_time=None if left is None else float(np.mean(waits <= left)),
        )
        for cell, spans, recruit, waits in zip(
            cells, days_at(days, SHARES), people_for(people, SURE), days, strict=True
        )
        if cell.missing > 0 or recruit
    ]


def draw_burn_up(*, campaign: Campaign, outlook: Outlook) -> BurnUp:
    """Return the course of the whole campaign: what there was, and what is to come of it."""
    targets = np.array([float(cell.target or 0) for cell in outlook.standings])
    done = np.array([cell.fill for cell in outlook.standings])
    amounts = outlook.history.amounts
    reached = np.nan_to_num(np.minimum(amounts, targets[:, None])).sum(axis=0)
    there = np.sum(~np.isnan(amounts), axis=0)
    now = float(np.minimum([cell.accepted for cell in outlook.standings], targets).sum())
    past = [
        (day, float(amount))
        for day, amount, known in zip(outlook.history.days, reached, there, strict=True)
        if known
    ]
    span = _span(outlook)
    steps = [span * (point + 1) / _AHEAD_POINTS for point in range(_AHEAD_POINTS)]
    added = draw_amounts(
        outlook.pace,
        steps,
        people=outlook.unit == "speakers",
        rng=_chance(campaign, outlook.today),
        paths=min(PATHS, max(_PATHS_AT_LEAST, _DRAWN_TOGETHER // max(len(targets), 1))),
    )
    ahead = burn_up(done, targets, added, SHARES)
    coming = float(np.minimum(done, targets).sum())
    return BurnUp(
        target=float(targets.sum()),
        past=[*past, (outlook.today, now)],
        ahead=[
            (outlook.today, [coming] * len(SHARES)),
            *(
                (outlook.today + timedelta(days=round(step)), amounts)
                for step, amounts in zip(steps, ahead, strict=True)
            ),
        ],
    )


def _span(outlook: Outlook) -> int:
    """Return how many days to look ahead: to the last cell's day, within bounds."""
    last = [cell.dates[-1] for cell in outlook.cells]
    if any(day is None for day in last):
        return _AHEAD_AT_MOST
    days = max(((day - outlook.today).days for day in last if day is not None), default=0)
    return min(max(days, _AHEAD_AT_LEAST), _AHEAD_AT_MOST)


def _chance(campaign: Campaign, today: date) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{campaign.pk} {today}".encode()))
