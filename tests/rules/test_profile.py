"""Quality profiles as documents: what is taken, what is refused and with which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.quality.hints import HINTS
from backend.quality.profile import MOST_RULES, Fault, ProfileInvalid, read_rules

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/quality_profile.json").read_text(encoding="utf-8"))
DEFAULT = json.loads((ROOT / "backend/campaigns/default_profile.json").read_text(encoding="utf-8"))
CONTRACT_CODES = {
    *("undecodable", "too_short", "too_long", "silent", "no_speech", "low_speech", "clipped"),
    *("too_quiet", "noisy", "hum", "dc_offset", "narrowband", "dropouts", "glitch", "cut_start"),
    *("cut_end", "reverberant", "rate_off", "duplicate", "wrong_prompt", "partial_prompt"),
    *("second_speaker", "other_speaker", "low_mos"),
}


@pytest.mark.parametrize("case", VECTORS["faulty"], ids=lambda case: case["name"])
def test_a_faulty_profile_is_refused_with_its_faults(case: dict[str, Any]) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        read_rules(case["rules"])
    found = [{"field": fault.field, "code": fault.code} for fault in refused.value.faults]
    assert found == case["faults"]


@pytest.mark.parametrize("name", VECTORS["profiles"])
def test_a_good_profile_reads_and_writes_as_it_came(name: str) -> None:
    document = VECTORS["profiles"][name]
    assert [rule.as_dict() for rule in read_rules(document)] == document


def test_the_default_profile_is_valid_and_speaks_the_contracts_codes() -> None:
    rules = read_rules(DEFAULT)
    assert [rule.as_dict() for rule in rules] == DEFAULT
    assert {rule.code for rule in rules} <= CONTRACT_CODES
    assert {rule.hint for rule in rules} <= set(HINTS)


def test_a_threshold_that_no_number_can_hold_is_refused() -> None:
    huge = DEFAULT[2] | {"threshold": 10**400}
    with pytest.raises(ProfileInvalid, match="finite"):
        read_rules([DEFAULT[0], huge])
    with pytest.raises(ProfileInvalid, match="finite"):
        read_rules([DEFAULT[0], huge | {"threshold": float("nan")}])


def test_an_endless_profile_is_refused() -> None:
    with pytest.raises(ProfileInvalid, match=str(MOST_RULES)):
        read_rules([DEFAULT[0]] * (MOST_RULES + 1))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*DEFAULT[0], "kinds", "x"]) | st.text(max_size=3), inner, max_size=9
        )
    ),
    max_leaves=30,
)


def _faults(document: Any) -> tuple[Fault, ...] | None:
    """Return why a document is refused, None when it is taken."""
    try:
        read_rules(document)
    except ProfileInvalid as refused:
        return refused.faults
    return None


@given(json_values)
def test_any_json_is_either_a_profile_or_refused_with_faults(document: Any) -> None:
    assert _faults(document) != ()


@given(st.integers(0, len(DEFAULT) - 1), st.sampled_from(sorted(DEFAULT[0])), json_values)
def test_a_rule_with_one_field_replaced_is_taken_whole_or_refused_by_name(
    index: int, field: str, value: Any
) -> None:
    document = [dict(rule) for rule in DEFAULT]
    document[index][field] = value
    faults = _faults(document)
    if faults is None:
        assert read_rules(document)[index].as_dict()[field] == value
    else:
        assert all(fault.field.startswith("rules") for fault in faults)
