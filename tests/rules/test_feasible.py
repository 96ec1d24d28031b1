"""Targets that the calendar cannot hold: named, with what stands in the way and what would help."""

import numpy as np
import pytest
from scipy.optimize import linprog

from backend.coverage.feasible import (
    Calendar,
    Feasibility,
    fewest_days,
    judge_targets,
    unseen_at_most,
)

LEVELS = {
    f"{gender}/{age}": {"gender": gender, "age_band": age}
    for gender in ("female", "male")
    for age in ("18-59", "60+")
}


def judge(people: dict[str, int], met: dict[str, dict[str, float]], days: float) -> Feasibility:
    return judge_targets(people=people, met=met, calendar=Calendar(days), levels=LEVELS)


@pytest.mark.parametrize("seed", range(12))
def test_the_fewest_days_are_those_of_a_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites, cells = int(rng.integers(1, 13)), int(rng.integers(1, 41))
    rates = rng.gamma(0.5, 1, (sites, cells)) * (rng.random((sites, cells)) < 0.7)
    rates[int(rng.integers(sites)), rates.sum(axis=0) == 0] = 0.1
    people = np.ceil(rng.gamma(1, 10, cells))
    days, prices = fewest_days(rates, people)
    solved = linprog(np.ones(sites), A_ub=-rates.T, b_ub=-people, method="highs")
    assert days.sum() == pytest.approx(solved.fun, rel=1e-6)
    assert (rates.T @ days >= people * (1 - 1e-6)).all()
    # The prices are a proof that it cannot be done in fewer.
    assert (prices >= 0).all()
    assert (rates @ prices <= 1 + 1e-6).all()
    assert people @ prices == pytest.approx(solved.fun, rel=1e-6)


def test_many_equal_sites_and_cells_come_to_an_end() -> None:
    days, _ = fewest_days(np.ones((60, 200)), np.full(200, 5.0))
    assert days.sum() == pytest.approx(5)


def test_targets_that_fit_the_calendar_are_feasible() -> None:
    found = judge({"female/60+": 10, "male/60+": 0}, {"market": {"female/60+": 2.0}}, 5)
    assert found.feasible
    assert found.days == pytest.approx(5)
    assert found.more_days == 0
    assert found.sites == {"market": pytest.approx(5)}


def test_the_cell_that_binds_is_named_with_what_can_be_reached_instead() -> None:
    met = {
        "market": {"female/18-59": 8.0, "male/18-59": 8.0, "female/60+": 0.2},
        "clinic": {"female/60+": 0.5, "male/60+": 1.0},
    }
    people = {"female/18-59": 10, "male/18-59": 10, "female/60+": 20, "male/60+": 2}
    found = judge(people, met, 21)
    assert not found.feasible
    assert found.more_days == pytest.approx(found.days - 21)
    first = found.binding[0]
    assert first.key == "female/60+"
    assert first.share > 0.9
    assert first.days_each == pytest.approx(2, rel=0.2)
    assert 0 < first.reachable < 20
    # With that many fewer of them the calendar holds.
    assert judge(people | {"female/60+": first.reachable}, met, 21).feasible


def test_it_is_said_with_whom_a_cell_could_be_merged() -> None:
    met = {"market": {"female/18-59": 8.0, "male/60+": 0.5, "female/60+": 0.1}}
    found = judge({"female/60+": 50}, met, 10)
    assert found.binding[0].instead == "female/18-59"


def test_people_whom_nobody_ever_met_make_a_target_infeasible_by_name() -> None:
    found = judge({"female/60+": 1, "male/18-59": 3}, {"market": {"male/18-59": 3.0}}, 100)
    assert not found.feasible
    assert found.unseen == ("female/60+",)
    assert found.days == pytest.approx(1)
    alone = judge({"female/60+": 1}, {}, 100)
    assert alone.unseen == ("female/60+",)
    assert not alone.feasible


def test_a_calendar_that_is_over_reaches_nothing() -> None:
    found = judge({"female/60+": 10}, {"market": {"female/60+": 2.0}}, 0)
    assert not found.feasible
    assert found.binding[0].reachable == 0


def test_enough_is_feasible_without_a_day() -> None:
    assert judge({}, {}, 0).feasible


def test_whom_none_of_so_many_was_is_rarer_than_three_in_so_many() -> None:
    assert unseen_at_most(0) == 1
    assert unseen_at_most(100) == pytest.approx(0.03, rel=0.02)
