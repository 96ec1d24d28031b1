"""Age bands as a plan names them: who is in which, and which are refused."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.speakers.bands import (
    DEFAULT_BANDS,
    OLDEST_AGE,
    PRESETS,
    Band,
    band_faults,
    bands_of,
    level_of_age,
    level_of_said,
)
from backend.speakers.cells import cell_key

ON = date(2026, 5, 4)


def bands(*rows: dict[str, Any]) -> tuple[Band, ...]:
    """Return the bands of a plan that names these."""
    assert band_faults(list(rows)) == []
    found = bands_of({"bands": {"age_band": list(rows)}})
    assert found is not None
    return found


def messages(*rows: Any) -> str:
    """Return what is said of these bands."""
    return " ".join(fault["message"] for fault in band_faults(list(rows)))


@given(st.integers(0, OLDEST_AGE), st.sampled_from(sorted(PRESETS)))
def test_every_age_is_in_one_band_of_every_preset(age: int, preset: str) -> None:
    assert sum(band.holds(age) for band in PRESETS[preset]) == 1


def test_common_voices_keys_are_kept_as_they_are_spelt() -> None:
    assert [level_of_age(age, PRESETS["common-voice"]) for age in (18, 19, 45, 90)] == [
        "teens",
        "twenties",
        "fourties",
        "nineties",
    ]


def test_a_band_takes_its_ages_from_its_name_or_from_its_ends() -> None:
    assert bands({"name": "18-24"}, {"name": "young", "to": 17}, {"name": "25+"}) == (
        Band("18-24", 18, 24),
        Band("young", 0, 17),
        Band("25+", 25, OLDEST_AGE),
    )


def test_a_plan_that_names_none_leaves_the_usual_bands() -> None:
    assert bands_of({}) is None
    assert bands_of({"bands": {"age_band": "default"}}) == DEFAULT_BANDS


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"name": "18-24"}, {"name": "24-30"}], "24-30 overlaps 18-24: both hold the age 24."),
        ([{"name": "a", "from": 40, "to": 30}], "This band is empty: from 40 to 30."),
        ([{"name": "30-20"}], "This band is empty"),
        ([{"name": "under-0"}], "This band is empty"),
        ([{"name": "18-24", "from": 18, "to": 30}], "The name says 18 to 24"),
        ([{"name": "old"}], "A band needs `from` or `to`"),
        ([{"name": "a", "to": 9}, {"name": "a", "from": 20}], "Two bands are called a."),
        ([{"name": "a", "from": -1}], "An age is a whole number from 0 to 120."),
        ([{"name": "a", "from": 1.5}], "An age is a whole number"),
        ([{"name": "a", "from": True}], "An age is a whole number"),
        ([{"name": "a", "from": 300}], "An age is a whole number"),
        ([{"name": "a|b", "from": 3}], "without | and ="),
        ([{"name": "declined", "from": 3}], "No band can be called declined."),
        ([{"name": "a", "from": 3, "colour": "red"}], "A band is {name, from?, to?}."),
        (["18-24"], "A band is {name, from?, to?}."),
        ([], "with one at least"),
        ([{"name": str(n), "from": n} for n in range(41)], "At most 40 bands."),
    ],
)
def test_bands_that_are_none_are_refused_with_the_reason(rows: list[Any], said: str) -> None:
    assert said in messages(*rows)


@pytest.mark.parametrize("named", ["decades", 7, None, {}])
def test_what_is_no_list_of_bands_is_refused(named: Any) -> None:
    assert [fault["field"] for fault in band_faults(named)] == ["bands.age_band"]


def test_an_age_between_the_bands_is_outside_and_not_unknown() -> None:
    named = bands({"name": "18-24"}, {"name": "60+"})
    assert cell_key({"birth_year": 1990}, ["age_band"], ON, named) == "age_band=outside"
    assert cell_key({}, ["age_band"], ON, named) == "age_band=unknown"


def test_a_band_that_was_said_falls_in_the_one_that_holds_all_of_it() -> None:
    named = bands({"name": "18-24"}, {"name": "25-54"}, {"name": "55+"})
    assert level_of_said("60+", named) == "55+"
    assert level_of_said("30-39", named) == "25-54"
    assert level_of_said("fourties", named) == "25-54"
    assert level_of_said("18-29", named) is None
    assert level_of_said("old", named) is None


def test_a_band_across_two_of_the_plan_is_unknown_unless_the_year_is_known() -> None:
    named = bands({"name": "18-24"}, {"name": "25+"})
    said = {"age_band": "18-29"}
    assert cell_key(said, ["age_band"], ON, named) == "age_band=unknown"
    assert cell_key(said | {"birth_year": 1999}, ["age_band"], ON, named) == "age_band=25+"
    assert cell_key({"age_band": "declined"}, ["age_band"], ON, named) == "age_band=declined"
    assert cell_key({"birth_year": "declined"}, ["age_band"], ON, named) == "age_band=declined"


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": st.text(max_size=8)},
            optional={
                "from": st.one_of(st.none(), st.integers(-5, 130), st.text(max_size=3)),
                "to": st.one_of(st.none(), st.integers(-5, 130), st.booleans()),
            },
        ),
        max_size=6,
    )
)
def test_bands_without_fault_never_share_an_age(rows: list[dict[str, Any]]) -> None:
    if not band_faults(rows):
        found = bands_of({"bands": {"age_band": rows}}) or ()
        assert all(sum(band.holds(age) for band in found) <= 1 for age in range(OLDEST_AGE + 1))
