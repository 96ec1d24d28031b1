"""When cells have enough: what a history says, and what is foretold from it."""

from datetime import date, timedelta

import numpy as np
import pytest

from backend.coverage.forecast import (
    IN_SIGHT_DAYS,
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

TODAY = date(2026, 5, 15)


def history(speakers: list[list[float]], worked: list[bool], *, each: float = 60.0) -> History:
    """Return evenings of which the last is today; a day's clips grow where somebody worked."""
    came = np.array(speakers, dtype=float)
    days = [TODAY - timedelta(days=back) for back in range(came.shape[1] - 1, -1, -1)]
    return History(days, came, came * each, np.cumsum(np.array(worked, dtype=float)))


def wanted(*amounts: float, speakers: float = 0, most: float = np.inf) -> Wanted:
    size = len(amounts)
    return Wanted(np.array(amounts), np.full(size, speakers), np.full(size, most))


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def steady(speakers: float = 40, days: float = 20, each: float = 60, worked: float = 1) -> Pace:
    return Pace(np.array([speakers]), np.array([speakers * each]), np.array([days]), each, worked)


def test_a_steady_pace_is_read_as_it_is() -> None:
    daily = [[2.0 * day for day in range(15)]]
    pace = pace_of(history(daily, [True] * 15), today=TODAY, usual=1)
    assert pace.speakers[0] / pace.days[0] == pytest.approx(2)
    assert pace.brings == pytest.approx(60)
    assert pace.worked == 1


def test_days_without_collectors_are_no_days() -> None:
    # Two a day on Mondays to Fridays, nobody at the weekend.
    weekdays = [day % 7 < 5 for day in range(15)]
    came = [list(np.cumsum([2.0 * works for works in weekdays]))]
    pace = pace_of(history(came, weekdays), today=TODAY, usual=1)
    assert pace.speakers[0] / pace.days[0] == pytest.approx(2)
    assert pace.worked == pytest.approx(sum(weekdays[1:]) / 14)


def test_what_is_accepted_on_a_day_without_collectors_still_came() -> None:
    came = [[0.0, 0.0, 0.0, 6.0]]
    pace = pace_of(history(came, [True, True, True, False]), today=TODAY, usual=1)
    assert pace.speakers[0] > 0
    assert pace.worked == pytest.approx(2 / 3)


def test_old_days_weigh_less() -> None:
    slow_then_fast = [[*range(15), *range(18, 75, 4)]]
    worked = [True] * len(slow_then_fast[0])
    pace = pace_of(history(slow_then_fast, worked), today=TODAY, usual=1)
    mean = (slow_then_fast[0][-1] - slow_then_fast[0][0]) / (len(worked) - 1)
    assert pace.speakers[0] / pace.days[0] > mean


def test_a_clock_that_stood_still_for_days_counts_all_of_them() -> None:
    came = np.array([[0.0, 8.0]])
    days = [TODAY - timedelta(days=4), TODAY]
    pace = pace_of(History(days, came, came * 60, np.array([0.0, 9.0])), today=TODAY, usual=1)
    assert pace.speakers[0] / pace.days[0] == pytest.approx(2)


def test_what_was_withdrawn_or_moved_is_no_arrival_backwards() -> None:
    pace = pace_of(history([[9.0, 4.0, 5.0]], [True] * 3), today=TODAY, usual=1)
    assert pace.speakers[0] > 0


def test_who_is_brought_to_a_new_cell_did_not_come_that_day() -> None:
    # A plan's change made the second cell on the third day, and brought 500 people there.
    steady_then = [
        [2.0 * day for day in range(9)],
        [np.nan, np.nan, *(500.0 + d for d in range(7))],
    ]
    pace = pace_of(history(steady_then, [True] * 9), today=TODAY, usual=1)
    assert pace.speakers / pace.days == pytest.approx([2, 1])
    assert pace.days[1] < pace.days[0]
    # A cell that is new today has no pace of its own, and none of the days before it.
    newest = history([[0.0, 2.0, 4.0], [np.nan, np.nan, 90.0]], [True] * 3)
    assert pace_of(newest, today=TODAY, usual=1).days[1] == 0


def test_a_cell_of_which_nothing_was_seen_is_as_slow_as_the_days_it_took_to_see_nothing() -> None:
    few = pace_of(history([[0.0] * 3], [True] * 3), today=TODAY, usual=60)
    many = pace_of(history([[0.0] * 15], [True] * 15), today=TODAY, usual=60)
    spans = [np.median(draw_days(pace, np.full((1, 400), 3.0), rng=rng())) for pace in (few, many)]
    assert spans[1] > 2 * spans[0]


def test_before_anybody_collected_no_day_is_in_sight() -> None:
    pace = pace_of(history([[0.0]], [True]), today=TODAY, usual=60)
    assert pace.brings == 60
    people = draw_people(pace, wanted(600), people=False, rng=rng())
    assert days_at(draw_days(pace, people, rng=rng()), [0.1, 0.5, 0.9]) == [[None, None, None]]
    assert people_for(people)[0] >= 10


def test_the_day_is_about_when_the_pace_says_so() -> None:
    people = draw_people(steady(), wanted(1200), people=False, rng=rng())
    [[early, middle, late]] = days_at(draw_days(steady(), people, rng=rng()), [0.1, 0.5, 0.9])
    assert early is not None
    assert middle is not None
    assert late is not None
    assert early < 10 <= middle + 2
    assert middle < late < 25


def test_a_calendar_half_of_whose_days_are_worked_takes_twice_as_long() -> None:
    people = np.full((1, 400), 20.0)
    whole = np.median(draw_days(steady(), people, rng=rng()))
    half = np.median(draw_days(steady(worked=0.5), people, rng=rng()))
    assert half == pytest.approx(2 * whole)


def test_a_cell_that_lacks_nothing_is_there_today_and_needs_nobody() -> None:
    people = draw_people(steady(), wanted(0), people=False, rng=rng())
    assert people_for(people) == [0]
    assert days_at(draw_days(steady(), people, rng=rng()), [0.1, 0.9]) == [[0, 0]]


def test_so_many_recruits_bring_enough_in_four_cases_of_five() -> None:
    pace = steady(speakers=400, days=200)
    [count] = people_for(draw_people(pace, wanted(1200), people=False, rng=rng(), paths=20_000))
    again = np.random.default_rng(8)
    brought = again.standard_gamma(4.0 * count, 20_000) / 4 * 60
    fewer = again.standard_gamma(4.0 * (count - 1), 20_000) / 4 * 60
    assert np.mean(brought >= 1200) >= 0.79
    assert np.mean(fewer >= 1200) < 0.82


def test_speakers_at_least_and_a_bound_for_each_are_kept_in_recruiting() -> None:
    assert people_for(draw_people(steady(), wanted(60, speakers=9), people=False, rng=rng())) == [9]
    bounded = draw_people(steady(), wanted(600, most=10), people=False, rng=rng())
    assert people_for(bounded)[0] >= 60


def test_where_speakers_are_counted_each_of_them_is_one() -> None:
    assert people_for(draw_people(steady(), wanted(7), people=True, rng=rng())) == [7]
    added = draw_amounts(steady(), [10.0], people=True, rng=rng())
    assert np.mean(added) == pytest.approx(20, rel=0.1)


def test_amounts_grow_from_day_to_day_and_no_cell_counts_beyond_its_target() -> None:
    added = draw_amounts(steady(), [5.0, 10.0, 400.0], people=False, rng=rng())
    assert (np.diff(added, axis=2) >= 0).all()
    assert np.mean(added[:, :, 1]) == pytest.approx(1200, rel=0.15)
    rows = burn_up(np.array([100.0]), np.array([1500.0]), added, [0.1, 0.5, 0.9])
    assert [sorted(row) for row in rows] == rows
    assert rows[-1] == [1500.0, 1500.0, 1500.0]


def test_what_lies_years_ahead_is_not_in_sight() -> None:
    assert days_at(np.full((1, 400), IN_SIGHT_DAYS + 1.0), [0.5]) == [[None]]
    assert days_at(np.full((1, 400), np.inf), [0.5]) == [[None]]


def test_the_same_seed_foretells_the_same() -> None:
    first, second = (
        draw_people(steady(), wanted(900), people=False, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    assert (first == second).all()
