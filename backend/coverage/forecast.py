"""Pure: when a cell will have enough, as a distribution, and how many people that takes; no Django.

Speakers arrive by a Poisson process whose rate has a Gamma posterior; what a speaker brings is
Gamma with shape 4, whose scale has one too (both conjugate: Gelman et al., Bayesian Data Analysis,
2.6). Old days weigh less, with a half-life of two weeks, and days on which nobody collected are no
days. All times are first in days with collectors, then stretched to the calendar by how many of the
days seen were such.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

PATHS: Final = 400
HALF_LIFE_DAYS: Final = 14
# Before anything was seen: half a speaker in one day.
_PRIOR_SPEAKERS: Final = 0.5
_PRIOR_DAYS: Final = 1.0
# What one speaker brings: a whole shape, so that a speaker is so many steps of a Poisson process.
_SHAPE: Final = 4
# The mean of all cells counts in each as so many speakers of its own.
_PRIOR_BRINGERS: Final = 2.0
# Beyond this a date says nothing.
IN_SIGHT_DAYS: Final = 3 * 365

Array = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What stood at the end of each day, cells by rows, days (ascending) by columns.

    `speakers` and `amounts`: accepted so far, in people and in the campaign's unit, NaN before
    there was such a cell; `clips`: those of all cells and buckets together, a number a day, which
    grows only when somebody recorded.
    """

    days: Sequence[date]
    speakers: Array
    amounts: Array
    clips: Array


@dataclass(frozen=True)
class Pace:
    """What the history says: weighted sums a cell, and its weighted days with collectors.

    `brings`: what a speaker of any cell brings on average. `worked`: the share of days on which
    somebody collected; 0: none was seen, and nothing can be foretold.
    """

    speakers: Array
    amounts: Array
    days: Array
    brings: float
    worked: float


@dataclass(frozen=True)
class Wanted:
    """What cells still need, a value a cell, in the campaign's unit, and speakers at least."""

    amounts: Array
    speakers: Array
    # The most that one speaker may add; infinity where there is no bound.
    most_each: Array


def pace_of(history: History, *, today: date, usual: float) -> Pace:
    """Return the pace that a history shows; `usual` is what a speaker brings until some have come.

    An interval longer than a day (the clock stood still) counts all its days. What fell is
    withdrawn or moved to another cell: no one leaves faster than they came, so it counts as none.
    A cell's history begins with its first day: when a changed plan makes new cells, those who are
    brought to them came before.
    """
    cells = history.speakers.shape[0]
    nothing = np.zeros(cells)
    if len(history.days) < 2:
        return Pace(nothing, nothing, nothing, usual, 0.0)
    at = np.array([day.toordinal() for day in history.days])
    length = np.diff(at).astype(float)
    worked = np.diff(history.clips) > 0
    came, brought = np.diff(history.speakers, axis=1), np.diff(history.amounts, axis=1)
    weight = np.where(np.isnan(came), 0.0, 2.0 ** (-(today.toordinal() - at[1:]) / HALF_LIFE_DAYS))
    # Weighted sums stand for fewer days than were seen, and for more than they add up to: with this
    # factor a steady rate's posterior is as wide as its estimate scatters (Kish's effective size).
    squares = (weight**2).sum(axis=1, keepdims=True)
    weight *= weight.sum(axis=1, keepdims=True) / np.where(squares > 0, squares, 1.0)
    speakers = (np.nan_to_num(came).clip(0) * weight).sum(axis=1)
    amounts = (np.nan_to_num(brought).clip(0) * weight).sum(axis=1)
    people = float(speakers.sum())
    return Pace(
        speakers=speakers,
        amounts=amounts,
        days=(weight * length)[:, worked].sum(axis=1),
        brings=float(amounts.sum()) / people if people > 0 and amounts.sum() > 0 else usual,
        worked=float(length[worked].sum() / length.sum()),
    )


def draw_rates(pace: Pace, *, rng: np.random.Generator, paths: int = PATHS) -> Array:
    """Return speakers a day with collectors, cells by paths."""
    shape = (_PRIOR_SPEAKERS + pace.speakers)[:, None]
    scale = (1 / (_PRIOR_DAYS + pace.days))[:, None]
    rates: Array = rng.gamma(shape, scale, (len(pace.speakers), paths))
    return rates


def draw_steps(pace: Pace, *, rng: np.random.Generator, paths: int = PATHS) -> Array:
    """Return how many steps a unit is, cells by paths; a speaker brings _SHAPE steps."""
    shape = (_SHAPE * (_PRIOR_BRINGERS + pace.speakers))[:, None]
    seen = (_PRIOR_BRINGERS * pace.brings + pace.amounts)[:, None]
    steps: Array = rng.gamma(shape, 1 / seen, (len(pace.speakers), paths))
    return steps


def draw_people(
    pace: Pace, wanted: Wanted, *, people: bool, rng: np.random.Generator, paths: int = PATHS
) -> Array:
    """Return how many more speakers it takes, cells by paths; `people`: the unit is speakers.

    The steps within an amount are Poisson, and the speaker who makes the last of them is the last:
    exact for Gamma of a whole shape, however large the amount.
    """
    need = wanted.amounts[:, None]
    taken: Array
    if people:
        taken = np.broadcast_to(np.ceil(need), (len(wanted.amounts), paths))
    else:
        steps = rng.poisson(draw_steps(pace, rng=rng, paths=paths) * need)
        taken = np.where(need > 0, steps // _SHAPE + 1, 0)
        taken = np.maximum(taken, np.ceil(need / wanted.most_each[:, None]))
    taken = np.maximum(taken, wanted.speakers[:, None])
    return taken


def draw_days(pace: Pace, people: Array, *, rng: np.random.Generator) -> Array:
    """Return in how many days of the calendar so many speakers have come, as `people` is laid out.

    Infinite where nobody has ever collected.
    """
    rates = draw_rates(pace, rng=rng, paths=people.shape[1])
    if pace.worked <= 0:
        return np.where(people > 0, np.inf, 0.0)
    waited: Array = rng.standard_gamma(people) / np.maximum(rates * pace.worked, 1e-300)
    return waited


def draw_amounts(
    pace: Pace,
    ahead: Sequence[float],
    *,
    people: bool,
    rng: np.random.Generator,
    paths: int = PATHS,
) -> Array:
    """Return what will have been added after so many days (ascending): cells by paths by days."""
    rates = draw_rates(pace, rng=rng, paths=paths)[:, :, None]
    spans = np.diff(np.array([0.0, *ahead])) * pace.worked
    came = rng.poisson(rates * spans)
    if people:
        return came.cumsum(axis=2).astype(float)
    brought = rng.standard_gamma(_SHAPE * came).cumsum(axis=2)
    return brought / draw_steps(pace, rng=rng, paths=paths)[:, :, None]


def days_at(days: Array, shares: Sequence[float]) -> list[list[int | None]]:
    """Return, a cell a row, the whole days within which each share of the paths is done.

    None: not in sight.
    """
    cut = np.quantile(np.minimum(days, 10.0 * IN_SIGHT_DAYS), shares, axis=1).T
    return [
        [int(np.ceil(value)) if value <= IN_SIGHT_DAYS else None for value in row] for row in cut
    ]


def people_for(people: Array, share: float = 0.8) -> list[int]:
    """Return how many speakers a cell takes with this probability: "recruit so many more"."""
    return [int(value) for value in np.quantile(people, share, axis=1, method="higher")]


def burn_up(
    done: Array, targets: Array, added: Array, shares: Sequence[float]
) -> list[list[float]]:
    """Return, a day of `added` a row, what all cells together have at these shares of the paths.

    No cell counts beyond its target. `done` and `targets`: a value a cell.
    """
    reached = np.minimum(done[:, None, None] + added, targets[:, None, None]).sum(axis=0)
    return [[float(value) for value in row] for row in np.quantile(reached, shares, axis=0).T]
