"""Judging by rules: the shared vectors, and what holds for any profile and any measures."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.quality.measures import MEASURES
from backend.quality.profile import Op, Rule, Severity, Where, read_rules
from backend.quality.verdict import Outcome, judge

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/quality_profile.json").read_text(encoding="utf-8"))
DEFAULT = json.loads((ROOT / "backend/campaigns/default_profile.json").read_text(encoding="utf-8"))
PROFILES = VECTORS["profiles"] | {"default": DEFAULT}
GRAVITY = ["reject", "review", "hint"]


def _plain(value: Any) -> Any:
    # JSON has no NaN and no infinity; the vectors write them as {"number": "NaN"}.
    return float(value["number"]) if isinstance(value, dict) and "number" in value else value


@pytest.mark.parametrize("case", VECTORS["verdicts"], ids=lambda case: case["name"])
def test_the_server_judges_as_the_vectors_say(case: dict[str, Any]) -> None:
    measures = {name: _plain(value) for name, value in case["measures"].items()}
    rules = read_rules(PROFILES[case["profile"]])
    verdict = judge(measures, rules, kind=case["kind"], where=Where(case["where"]))
    assert verdict.as_dict() == case["verdict"]


names = st.sampled_from(["decodable", "peak", "active_s", "duration_s", "dc"])
rules_of_any_kind = st.lists(
    st.builds(
        Rule,
        code=st.sampled_from(["silent", "clipped", "too_short", "hum"]),
        measure=names,
        op=st.sampled_from(Op),
        threshold=st.floats(-5, 5),
        severity=st.sampled_from(Severity),
        where=st.sampled_from([(Where.PHONE,), (Where.SERVER,), (Where.PHONE, Where.SERVER)]),
        hint=st.just("record_again"),
        kinds=st.sampled_from([(), ("read",), ("hotword", "command")]),
    ),
    max_size=12,
)
any_measures = st.dictionaries(
    names, st.floats() | st.integers(-9, 9) | st.booleans() | st.none() | st.text(max_size=2)
)


@given(rules_of_any_kind, any_measures, st.sampled_from([None, "read", "question", "command"]))
def test_the_outcome_is_that_of_the_gravest_reason(
    rules: list[Rule], measures: dict[str, object], kind: str | None
) -> None:
    verdict = judge(measures, rules, kind=kind)
    gravity = [GRAVITY.index(reason.severity) for reason in verdict.reasons]
    assert gravity == sorted(gravity)
    expected = (Outcome.REJECT, Outcome.REVIEW, Outcome.PASS)[min(gravity, default=2)]
    assert verdict.outcome is expected


@given(rules_of_any_kind, any_measures)
def test_every_reason_is_a_rule_that_holds_for_a_finite_value(
    rules: list[Rule], measures: dict[str, object]
) -> None:
    verdict = judge(measures, rules, kind="read")
    codes = [reason.code for reason in verdict.reasons]
    assert len(codes) == len(set(codes))
    for reason in verdict.reasons:
        assert math.isfinite(reason.value)
        assert any(
            (rule.code, rule.measure, rule.threshold)
            == (reason.code, reason.measure, reason.threshold)
            and Where.SERVER in rule.where
            and (not rule.kinds or "read" in rule.kinds)
            for rule in rules
        )


@given(rules_of_any_kind, any_measures, names)
def test_a_missing_measure_never_makes_a_verdict_graver(
    rules: list[Rule], measures: dict[str, object], lost: str
) -> None:
    outcomes = [Outcome.REJECT, Outcome.REVIEW, Outcome.PASS]
    whole = judge(measures, rules).outcome
    without = judge({k: v for k, v in measures.items() if k != lost}, rules).outcome
    assert outcomes.index(without) >= outcomes.index(whole)


@given(st.sampled_from(sorted(MEASURES)))
def test_no_value_that_is_no_number_decides_anything_under_the_default_profile(name: str) -> None:
    rules = read_rules(DEFAULT)
    for value in (math.nan, math.inf, -math.inf, None, "0", True, False, [0], 10**400):
        assert judge({name: value}, rules, kind="read").outcome is Outcome.PASS
