"""Do the forecasts' 90 % intervals hold what comes? Cells with known people, the production rules.

2,000 cells of a made-up field: speakers arrive by a Poisson process whose rate differs from cell
to cell a hundredfold, on working days alone; each brings an amount that is Gamma with shape 4. Two
weeks are seen, as the counters of each evening. Then `backend.coverage.forecast` says what the next
three weeks add, and by when each cell has enough; the field goes on and shows it.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from backend.coverage.forecast import (
    IN_SIGHT_DAYS,
    History,
    Wanted,
    days_at,
    draw_amounts,
    draw_days,
    draw_people,
    pace_of,
    people_for,
)
from benchmarks.ground.claims import claim_line

_CELLS = 2000
_SEEN_DAYS = 14
_AHEAD_DAYS = 21
_SEED = 20
_BEGIN = date(2026, 3, 2)
_WORKING_DAYS = 5
_SHARES = (0.05, 0.95)
# Seconds that a speaker brings until the first has come; the field's are drawn otherwise.
_USUAL = 100.0
_PROBABILITY = 0.8


@dataclass(frozen=True)
class Field:
    """What really happens: speakers and amounts of each day, cells by days."""

    came: NDArray[np.int64]
    brought: NDArray[np.float64]
    worked: NDArray[np.bool_]


def play(*, cells: int, days: int, shape: float, fade: float, rng: np.random.Generator) -> Field:
    """Play a field; `fade`: how much the rates fall from the first day to the last (0: steady)."""
    rates = np.exp(rng.normal(-0.7, 1.1, (cells, 1)))
    means = np.exp(rng.normal(5.0, 0.4, (cells, 1)))
    worked = np.arange(days) % 7 < _WORKING_DAYS
    course = np.linspace(1, 1 - fade, days)
    came = rng.poisson(rates * worked * course)
    brought = rng.standard_gamma(shape * came) * means / shape
    return Field(came, brought, worked)


def seen_of(field: Field, days: int) -> History:
    """Return what the counters said each evening, from the evening before the first day on."""
    speakers = np.cumsum(field.came[:, :days], axis=1)
    amounts = np.cumsum(field.brought[:, :days], axis=1)
    nothing = np.zeros((len(speakers), 1))
    clips = np.concatenate([[0.0], np.cumsum(field.worked[:days] * 100.0)])
    return History(
        days=[_BEGIN + timedelta(days=day - 1) for day in range(days + 1)],
        speakers=np.hstack([nothing, speakers]),
        amounts=np.hstack([nothing, amounts]),
        clips=clips,
    )


def held(low: Sequence[float], high: Sequence[float], real: Sequence[float]) -> float:
    """Return the share of what came that lies within its interval."""
    return float(np.mean((np.array(low) <= np.array(real)) & (np.array(real) <= np.array(high))))


def judge(
    *, people: bool, shape: float = 4.0, fade: float = 0.0, seed: int = _SEED
) -> dict[str, float]:
    """Return how often the amounts, the days and the people to recruit came out as foretold."""
    rng = np.random.default_rng(seed)
    field = play(cells=_CELLS, days=_SEEN_DAYS + IN_SIGHT_DAYS, shape=shape, fade=0.0, rng=rng)
    if fade:
        field = play(
            cells=_CELLS, days=_SEEN_DAYS + 2 * _AHEAD_DAYS, shape=shape, fade=fade, rng=rng
        )
    pace = pace_of(
        seen_of(field, _SEEN_DAYS), today=_BEGIN + timedelta(days=_SEEN_DAYS - 1), usual=_USUAL
    )
    series = field.came if people else field.brought
    ahead = series[:, _SEEN_DAYS : _SEEN_DAYS + _AHEAD_DAYS].sum(axis=1)
    added = draw_amounts(pace, [_AHEAD_DAYS], people=people, rng=rng)[:, :, 0]
    low, high = np.quantile(added, _SHARES, axis=1)
    found = {"amounts": held(list(low), list(high), list(ahead))}
    if fade:
        return found
    coming = np.cumsum(series[:, _SEEN_DAYS:], axis=1)
    needs = np.maximum(ahead * rng.uniform(0.5, 2.0, _CELLS), 1.0 if people else _USUAL)
    wanted = Wanted(np.ceil(needs), np.zeros(_CELLS), np.full(_CELLS, np.inf))
    taken = draw_people(pace, wanted, people=people, rng=rng)
    spans = days_at(draw_days(pace, taken, rng=rng), _SHARES)
    done = coming >= wanted.amounts[:, None]
    beyond = IN_SIGHT_DAYS + 1
    real = np.where(done.any(axis=1), done.argmax(axis=1) + 1, beyond)
    found["days"] = held(
        [low if low is not None else beyond for low, _ in spans],
        [high if high is not None else np.inf for _, high in spans],
        list(real),
    )
    each = np.array(people_for(taken, _PROBABILITY))
    found["recruits"] = _enough(field, each, wanted.amounts, shape, rng, people=people)
    return found


def _enough(
    field: Field,
    each: NDArray[np.int64],
    needs: NDArray[np.float64],
    shape: float,
    rng: np.random.Generator,
    *,
    people: bool,
) -> float:
    """Return in what share of the cells the people that were asked for bring enough."""
    if people:
        return float(np.mean(each >= needs))
    came = np.maximum(field.came.sum(axis=1), 1)
    means = field.brought.sum(axis=1) / came
    return float(np.mean(rng.standard_gamma(shape * each) * means / shape >= needs))


def main() -> int:
    """Judge the forecasts and print the claims. Returns 1 when one does not hold."""
    seconds = judge(people=False)
    speakers = judge(people=True)
    for name, found in (
        ("speakers vary more (shape 2)", judge(people=False, shape=2.0)),
        ("speakers vary less (shape 8)", judge(people=False, shape=8.0)),
        ("people run out (half in 8 weeks)", judge(people=False, fade=0.5)),
    ):
        shown = ", ".join(f"{part} {share:.3f}" for part, share in found.items())
        print(f"where the field is another: {name}: {shown}")
    print(f"so many recruits were enough: {seconds['recruits']:.3f} (asked for at 0.8)")
    failed = False
    for name, share, what in (
        ("forecast_seconds", seconds["amounts"], "seconds added in 3 weeks"),
        ("forecast_speakers", speakers["amounts"], "speakers added in 3 weeks"),
        ("forecast_dates", seconds["days"], "days until a cell has its seconds"),
        ("forecast_speaker_dates", speakers["days"], "days until a cell has its speakers"),
    ):
        off = abs(share - 0.9)
        detail = f"90 % intervals hold {share:.3f} of {_CELLS} cells: {what}; 0.85 to 0.95 is asked"
        print(
            claim_line(name=name, value=off, unit="off 0.9", aim=0.05, detail=detail, at_most=True)
        )
        failed |= off > 0.05
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
