"""Calibration: areas against brute force, bounds that hold, and what a person would expect."""

import json
import math
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.quality.calibration import (
    BAD,
    GOOD,
    LabelledClip,
    area_under_roc,
    fires,
    halves,
    report_labels,
    report_rule,
    scores,
)
from backend.quality.fitting import propose_rules
from backend.quality.profile import Op, Rule, Severity, Where, read_rules
from backend.quality.verdict import Outcome, judge

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = read_rules(
    json.loads((ROOT / "backend/campaigns/default_profile.json").read_text(encoding="utf-8"))
)
NOISY = Rule("noisy", "snr_db", Op.LESS, 12.0, Severity.REJECT, (Where.SERVER,), "find_quiet_place")
HUM = Rule("hum", "hum_db", Op.MORE, 13.0, Severity.REVIEW, (Where.SERVER,), "find_quiet_place")

coarse = st.integers(-4, 4).map(float) | st.just(-math.inf)
measured = st.fixed_dictionaries(
    {},
    optional={
        "snr_db": st.integers(-20, 60).map(float),
        "hum_db": st.floats(0, 30),
        "active_level_dbov": st.integers(-70, 0).map(float),
    },
)
labelled_clips = st.lists(
    st.builds(
        LabelledClip,
        measures=measured,
        label=st.sampled_from([GOOD, GOOD, BAD, "noisy", "hum"]),
        speaker=st.sampled_from(["", "a", "b", "c", "d"]),
        kind=st.sampled_from(["read", "hotword"]),
    ),
    max_size=60,
)
rules_to_fit = st.lists(
    st.builds(
        replace,
        st.sampled_from([NOISY, HUM]),
        threshold=st.integers(-20, 60).map(float),
        op=st.sampled_from([Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST]),
        severity=st.sampled_from([Severity.REJECT, Severity.REVIEW]),
        kinds=st.sampled_from([(), ("read",)]),
    ),
    max_size=5,
)


@given(st.lists(coarse), st.lists(coarse))
def test_the_area_is_the_share_of_pairs_that_stand_the_right_way(
    good: list[float], bad: list[float]
) -> None:
    area = area_under_roc(np.array(good), np.array(bad))
    if not good or not bad:
        assert area is None
        return
    pairs = [1.0 if b > g else 0.5 if b == g else 0.0 for g, b in product(good, bad)]
    assert area == pytest.approx(sum(pairs) / len(pairs))


@given(labelled_clips, st.sampled_from([NOISY, HUM]), st.sampled_from([(), ("read",)]))
def test_a_rule_is_reported_as_it_judges(
    clips: list[LabelledClip], rule: Rule, kinds: tuple[str, ...]
) -> None:
    rule = replace(rule, kinds=kinds)
    report = report_rule(rule, clips)
    for label, share in ((GOOD, report.false_alarms), (report.against, report.recall)):
        asked = [
            clip for clip in clips if clip.label == label and (not kinds or clip.kind in kinds)
        ]
        fired = [judge(c.measures, [rule], kind=c.kind).outcome is not Outcome.PASS for c in asked]
        assert share == (pytest.approx(sum(fired) / len(fired)) if fired else None)


@given(labelled_clips, st.sampled_from([NOISY, HUM]))
def test_a_laxer_point_of_the_curve_never_fires_on_fewer(
    clips: list[LabelledClip], rule: Rule
) -> None:
    points = report_rule(rule, clips).points
    for one, next_one in pairwise(points):
        assert one.false_alarms <= next_one.false_alarms
        assert one.recall <= next_one.recall


@given(labelled_clips, rules_to_fit, st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from([0.0, 0.2]))
def test_a_proposal_keeps_both_bounds_on_the_clips_it_was_fitted_to(
    clips: list[LabelledClip], rules: list[Rule], false_reject: float, false_review: float
) -> None:
    proposed = propose_rules(rules, clips, false_reject=false_reject, false_review=false_review)
    outcomes = [
        judge(clip.measures, proposed, kind=clip.kind).outcome
        for clip in clips
        if clip.label == GOOD
    ]
    assert outcomes.count(Outcome.REJECT) <= false_reject * len(outcomes) + 1e-9
    assert outcomes.count(Outcome.REVIEW) <= false_review * len(outcomes) + 1e-9


@given(labelled_clips, rules_to_fit)
def test_a_proposal_changes_thresholds_and_nothing_else(
    clips: list[LabelledClip], rules: list[Rule]
) -> None:
    proposed = propose_rules(rules, clips, false_reject=0.1, false_review=0.1)
    assert [replace(rule, threshold=0.0) for rule in proposed] == [
        replace(rule, threshold=0.0) for rule in rules
    ]
    assert all(math.isfinite(rule.threshold) for rule in proposed)


@given(labelled_clips)
def test_no_speaker_is_in_both_halves_and_no_clip_is_lost(clips: list[LabelledClip]) -> None:
    first, second = halves(clips)
    assert len(first) + len(second) == len(clips)
    assert not {c.speaker for c in first if c.speaker} & {c.speaker for c in second}


def clip(label: str, **measures: float) -> LabelledClip:
    """A clip that could be decoded."""
    return LabelledClip({"decodable": 1.0, **measures}, label)


def test_a_threshold_that_serves_stays() -> None:
    clips = [clip(GOOD, snr_db=20.0 + n) for n in range(20)]
    clips += [clip("noisy", snr_db=float(n)) for n in range(11)]
    assert propose_rules([NOISY], clips, false_reject=0.01, false_review=0.08) == [NOISY]


def test_a_threshold_that_misses_some_is_put_halfway_to_the_good_ones() -> None:
    clips = [clip(GOOD, snr_db=40.0 + n % 3) for n in range(20)]
    clips += [clip("noisy", snr_db=2.0 * n) for n in range(11)]
    (rule,) = propose_rules([NOISY], clips, false_reject=0.01, false_review=0.08)
    assert rule.threshold == 30.0
    assert report_rule(rule, clips).auc == 1.0


def test_a_good_clip_is_given_up_only_where_the_bound_allows_it() -> None:
    clips = [clip(GOOD, snr_db=20.0 + n % 10) for n in range(199)] + [clip(GOOD, snr_db=5.0)]
    clips += [clip("noisy", snr_db=float(n)) for n in range(11)]
    rule = replace(NOISY, threshold=2.0)
    (careful,) = propose_rules([rule], clips, false_reject=0.0, false_review=0.0)
    (bold,) = propose_rules([rule], clips, false_reject=0.05, false_review=0.0)
    assert 2 <= careful.threshold <= 5
    assert 10 < bold.threshold <= 20


def test_the_edge_of_a_small_sample_is_no_bound_for_the_next_one() -> None:
    levels = [-30.0, -28.0, -26.0, -24.0, -22.0, -20.0, -18.0]
    clips = [clip(GOOD, snr_db=level) for level in levels]
    clips += [clip("noisy", snr_db=-31.0 - n) for n in range(30)]
    rule = replace(NOISY, threshold=-90.0)
    (fitted,) = propose_rules([rule], clips, false_reject=0.01, false_review=0.0)
    # Three deviations of 4.3 below a mean of -24, though no good clip lies below -30.
    assert -36 < fitted.threshold < -33


def test_a_rule_without_labelled_faults_is_not_drawn_in() -> None:
    clips = [clip(GOOD, snr_db=40.0, hum_db=1.0) for _ in range(20)]
    clips += [clip("noisy", snr_db=2.0 * n, hum_db=9.0) for n in range(11)]
    _, hum = propose_rules([NOISY, HUM], clips, false_reject=0.01, false_review=0.08)
    assert hum == HUM


def test_a_rule_over_the_bound_gives_way_no_further_than_it_must() -> None:
    clips = [clip(GOOD, hum_db=float(n)) for n in range(20)]
    (hum,) = propose_rules([HUM], clips, false_reject=0.01, false_review=0.1)
    assert hum.threshold == 17.0


def test_a_proposal_of_the_default_profile_is_a_profile() -> None:
    clips = [clip(GOOD, snr_db=30.0, active_level_dbov=-20.0, duration_s=4.0) for _ in range(9)]
    clips += [clip("too_quiet", active_level_dbov=-60.0 - n) for n in range(9)]
    clips += [LabelledClip({"decodable": 0.0}, "undecodable") for _ in range(9)]
    proposed = propose_rules(DEFAULT, clips, false_reject=0.01, false_review=0.08)
    assert read_rules([rule.as_dict() for rule in proposed]) == proposed
    reports = {report.label: report for report in report_labels(proposed, clips)}
    assert reports[GOOD].passed == 1.0
    assert reports["undecodable"].named == reports["too_quiet"].named == 1.0


def test_clips_that_are_only_bad_stand_for_every_fault() -> None:
    clips = [clip(GOOD, snr_db=30.0), clip(BAD, snr_db=1.0), clip(BAD, snr_db=40.0)]
    report = report_rule(NOISY, clips)
    assert (report.against, report.bad, report.recall, report.auc) == (BAD, 2, 0.5, 0.5)


def test_a_missing_measure_never_fires() -> None:
    score = scores(NOISY, [clip(GOOD), clip(GOOD, snr_db=1.0), clip(GOOD, snr_db=math.nan)])
    assert fires(NOISY, score).tolist() == [False, True, False]
