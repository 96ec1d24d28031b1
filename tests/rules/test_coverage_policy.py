"""A campaign played by the platform's own rules: the bounds that hold for every draw of people."""

from functools import cache

import pytest

from benchmarks.ground.coverage_blocks import as_liked, as_the_platform, gap_and_useful
from benchmarks.ground.coverage_policies import Fieldvoice, HardQuota
from benchmarks.ground.coverage_world import (
    CELLS,
    DAYS,
    TARGET_S,
    Outcome,
    Policy,
    play,
    site_mixes,
)

_SEED = 3


def played(policy: Policy) -> Outcome:
    mixes, _ = site_mixes()
    return play(policy, seed=_SEED, targets=[TARGET_S] * len(CELLS), mixes=mixes)


@cache
def steered() -> Outcome:
    return played(Fieldvoice(steering=True))


def test_the_field_is_as_skewed_as_it_is_said_to_be() -> None:
    mixes, pool = site_mixes()
    assert mixes.sum(axis=1) == pytest.approx(1)
    assert (round(float(pool.min()), 4), round(float(pool.max()), 3)) == (0.001, 0.127)
    men = sum(share for key, share in zip(CELLS, pool, strict=True) if "gender=male" in key)
    old = sum(share for key, share in zip(CELLS, pool, strict=True) if "60+" in key)
    assert (round(men, 2), round(old, 3)) == (0.68, 0.056)


def test_steering_takes_less_than_half_of_a_hard_quotas_days_and_hardly_records_too_much() -> None:
    hard = played(HardQuota(holds=False))
    assert hard.days_all_cells <= DAYS
    assert steered().days_all_cells <= 0.5 * hard.days_all_cells
    assert steered().excess <= 0.02 < hard.excess
    assert steered().collector_hours <= 0.5 * hard.collector_hours


def test_the_same_draw_of_people_gives_the_same_campaign() -> None:
    assert played(Fieldvoice(steering=True)) == steered()


def test_where_sites_come_as_they_are_it_takes_longer_and_wastes_no_more() -> None:
    at_random = played(Fieldvoice(steering=False))
    assert steered().days_all_cells < at_random.days_all_cells
    assert at_random.excess <= 0.02


def test_the_platform_fills_conditions_that_speakers_leave_empty() -> None:
    assert gap_and_useful(as_liked, _SEED)[0] > 0.9
    assert gap_and_useful(as_the_platform, _SEED)[0] < 0.1
