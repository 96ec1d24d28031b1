"""Which cell a speaker falls in."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.speakers.bands import bands_of
from backend.speakers.cells import (
    AGE_BANDS,
    LONGEST_KEY,
    age_band,
    cell_in_session,
    cell_key,
    counts_to_target,
    device_class,
    has_session_dimensions,
    key_of,
    levels_of,
    person_key,
    session_levels,
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
    bands = bands_of({"bands": {"age_band": vector["bands"]}} if "bands" in vector else {})
    assert cell_key(vector["said"], vector["dimensions"], on, bands) == vector["cell"]


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        ("Android 14.0.0", "android"),
        ("Linux; Android 14", "android"),
        ("iPhone; CPU iPhone OS 17_5 like Mac OS X", "ios"),
        ("iPad; CPU OS 17_5 like Mac OS X", "ios"),
        ("Macintosh; Intel Mac OS X 10_15_7", "desktop"),
        ("Windows NT 10.0; Win64", "desktop"),
        ("X11; Linux x86_64", "desktop"),
        ("macOS 14.5", "desktop"),
        ("Chrome OS 120", "desktop"),
        ("KAIOS/2.5", "other"),
        ("", "unknown"),
    ],
)
def test_a_system_says_what_kind_of_device_it_is(system: str, kind: str) -> None:
    assert device_class(system) == kind


def test_a_sitting_puts_its_own_levels_into_its_speakers_cell() -> None:
    key = cell_key({"gender": "female"}, ["gender", "environment", "device_class"], ON)
    assert key == "gender=female|environment=unknown|device_class=unknown"
    levels = session_levels(environment="vehicle", system="Android 14")
    clip = cell_in_session(key, levels)
    assert clip == "gender=female|environment=vehicle|device_class=android"
    assert person_key(clip) == key


def test_a_cell_without_a_sittings_dimensions_is_the_same_in_every_sitting() -> None:
    key = "gender=female|age_band=18-29"
    assert cell_in_session(key, {"environment": "vehicle"}) == key
    assert cell_in_session("", {"environment": "vehicle"}) == ""
    assert not has_session_dimensions(key)


@pytest.mark.parametrize("place", ["", "  ", "a|b", "a=b"])
def test_a_place_that_no_key_can_hold_is_unknown(place: str) -> None:
    assert session_levels(environment=place, system="")["environment"] == "unknown"


def test_the_environment_that_a_speaker_is_said_to_have_is_not_the_sittings() -> None:
    assert cell_key({"environment": "vehicle"}, ["environment"], ON) == "environment=unknown"


def test_the_first_of_several_languages_counts() -> None:
    assert cell_key({"languages": ["ca", "es"]}, ["languages"], ON) == "languages=ca"
    assert cell_key({"languages": []}, ["languages"], ON) == "languages=unknown"


def test_common_voices_word_for_declining_is_declined() -> None:
    assert cell_key({"gender": "do_not_wish_to_say"}, ["gender"], ON) == "gender=declined"


@given(st.lists(level, min_size=1, max_size=6))
def test_a_key_always_fits_its_column(levels: list[str]) -> None:
    dimensions = [f"dimension_{n}" for n in range(len(levels))]
    key = key_of({name: one * 9 for name, one in zip(dimensions, levels, strict=True)}, dimensions)
    assert len(key) <= LONGEST_KEY
    assert list(levels_of(key)) == dimensions
