"""Which cell a speaker falls in."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.speakers.cells import (
    AGE_BANDS,
    age_band,
    cell_key,
    counts_to_target,
    key_of,
    levels_of,
)
from backend.speakers.demographics import DEFAULT_FIELDS, faults

ON = date(2026, 5, 4)
SHARED = json.loads((Path(__file__).parent.parent / "vectors" / "cells.json").read_text())
level = st.text(st.characters(exclude_characters="|=", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("year", "band"),
    [(2020, "under-18"), (2008, "18-29"), (1997, "18-29"), (1996, "30-39"), (1966, "60+")],
)
def test_an_age_band_follows_from_the_birth_year(year: int, band: str) -> None:
    assert age_band(year, ON) == band


@pytest.mark.parametrize("year", [1900, 2027])
def test_a_year_of_nobody_alive_has_no_band(year: int) -> None:
    with pytest.raises(ValueError, match="birth year"):
        age_band(year, ON)


@given(st.integers(1907, 2026))
def test_every_living_person_has_a_band(year: int) -> None:
    assert age_band(year, ON) in AGE_BANDS


@given(st.dictionaries(st.sampled_from(["gender", "accent", "device"]), level, min_size=1))
def test_a_key_gives_its_levels_back(levels: dict[str, str]) -> None:
    assert levels_of(key_of(levels, sorted(levels))) == levels


def test_what_was_not_said_and_what_was_declined_are_two_levels() -> None:
    dimensions = ["gender", "age_band"]
    assert cell_key({}, dimensions, ON) == "gender=unknown|age_band=unknown"
    said = {"gender": "declined", "birth_year": "declined"}
    assert cell_key(said, dimensions, ON) == "gender=declined|age_band=declined"
    assert not counts_to_target("gender=female|age_band=declined")
    assert counts_to_target("gender=female|age_band=18-29")


def test_a_band_that_was_said_goes_before_the_year() -> None:
    said = {"age_band": "60+", "birth_year": 1990}
    assert cell_key(said, ["age_band"], ON) == "age_band=60+"


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text())))
def test_whatever_is_said_is_checked_without_a_crash(answers: dict[str, object]) -> None:
    assert isinstance(faults(answers, DEFAULT_FIELDS, ON), list)


@pytest.mark.parametrize("vector", SHARED["vectors"], ids=lambda vector: str(vector["said"]))
def test_the_server_and_the_phone_agree_on_the_cell(vector: dict[str, Any]) -> None:
    on = date(SHARED["year"], 5, 4)
    assert cell_key(vector["said"], vector["dimensions"], on) == vector["cell"]
