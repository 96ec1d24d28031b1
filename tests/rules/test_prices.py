"""Where a collector's minute is worth most, and what is learned of a site from a few people."""

import pytest

from backend.coverage.prices import (
    MET_AT_LEAST,
    Effort,
    Need,
    assign_sites,
    learn_mix,
    rank_sites,
    shares_of,
    site_score,
)

WOMEN, MEN = "gender=female|age_band=60+", "gender=male|age_band=18-29"
EFFORT = Effort(screening=3, set_up=12, per_unit=96)
MIXES = {"square": {WOMEN: 0.05, MEN: 0.95}, "choir": {WOMEN: 0.5, MEN: 0.5}}
MET = dict.fromkeys(MIXES, MET_AT_LEAST)


def test_the_score_of_a_site_is_the_scarcity_of_whom_one_meets_by_the_minutes_it_takes() -> None:
    needs = {WOMEN: Need(deficit=2, share=0.1, usual=0.5), MEN: Need(0, 0.9, 0.5)}
    # 5 % of the people give half an hour of what costs 2 / 0.1 an hour; men are only asked.
    assert site_score(MIXES["square"], needs, EFFORT) == pytest.approx(
        0.05 * 20 * 0.5 / (3 + 0.05 * 60)
    )
    assert [site for site, _ in rank_sites(MIXES, needs, EFFORT)] == ["choir", "square"]
    assert site_score(MIXES["square"], {MEN: Need(0, 0.9, 0.5)}, EFFORT) == 0


def test_collectors_share_out_over_sites_and_look_at_those_that_nobody_knows() -> None:
    needs = {WOMEN: Need(2, 0.1, 0.5), MEN: Need(6, 0.9, 0.5)}
    sites = assign_sites(6, mixes=MIXES, needs=needs, effort=EFFORT, minutes=240, met=MET)
    assert sites[0] == "choir"
    assert set(sites) == {"choir", "square"}
    new = {"market": {WOMEN: 0.0, MEN: 1.0}}
    chosen = assign_sites(2, mixes=MIXES | new, needs=needs, effort=EFFORT, minutes=240, met=MET)
    assert chosen == ["market", "choir"]
    assert assign_sites(2, mixes={}, needs=needs, effort=EFFORT, minutes=240, met={}) == []


def test_whoever_was_never_met_is_dear_and_not_beyond_all_price() -> None:
    shares = shares_of({MEN: 99}, frozenset({MEN, WOMEN}))
    assert shares[WOMEN] == pytest.approx(0.5 / 99.5)
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares_of({}, frozenset({MEN, WOMEN})).values()) == {0.5}


def test_a_mix_is_learned_level_by_level_and_leans_on_all_sites_while_few_were_met() -> None:
    everywhere = {
        f"gender={gender}|age_band={band}": count
        for gender, band, count in (
            ("male", "18-29", 60),
            ("male", "60+", 20),
            ("female", "18-29", 15),
            ("female", "60+", 5),
        )
    }
    nobody_yet = learn_mix({}, everywhere)
    assert nobody_yet[WOMEN] == pytest.approx(0.2 * 0.25)
    known = learn_mix({WOMEN: 1000}, everywhere)
    assert known[WOMEN] > 0.99
    few = learn_mix({WOMEN: 2}, everywhere)
    # Two met and two pseudo-counts: half the share of all sites, half what was seen.
    assert few[WOMEN] == pytest.approx((0.5 * 0.2 + 0.5) * (0.5 * 0.25 + 0.5))
    for mix in (nobody_yet, known, few):
        assert sum(mix.values()) == pytest.approx(1)
        assert set(mix) == set(everywhere)
    assert learn_mix({}, {}) == {}
