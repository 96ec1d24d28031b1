"""What a plan asks of each cell."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.coverage.plan import CellGoal, people_of_dimensions, plan_goals
from backend.coverage.plan_faults import plan_faults
from backend.speakers.demographics import DEFAULT_FIELDS

DIMENSIONS = ["gender", "age_band"]


def goals(document: dict[str, Any], people: dict[str, int] | None = None) -> dict[str, CellGoal]:
    """Return a sound plan's goals by key."""
    assert plan_faults(document, dimensions=DIMENSIONS, fields=DEFAULT_FIELDS) == []
    named = document.get("dimensions", DIMENSIONS)
    found = plan_goals(document, dimensions=named, fields=DEFAULT_FIELDS, people=people or {})
    return {goal.key: goal for goal in found}


def targets(document: dict[str, Any], people: dict[str, int] | None = None) -> dict[str, int]:
    """Return a sound plan's targets by key."""
    return {key: goal.target for key, goal in goals(document, people).items()}


def cell(gender: str, band: str, target: int, **more: Any) -> dict[str, Any]:
    return {"key": {"gender": gender, "age_band": band}, "target": target} | more


def test_a_cross_names_its_cells() -> None:
    document = {"unit": "clips", "cells": [cell("female", "60+", 10), cell("male", "18-29", 5)]}
    assert targets(document) == {
        "gender=female|age_band=60+": 10,
        "gender=male|age_band=18-29": 5,
    }


def test_what_a_plan_says_for_all_cells_holds_where_a_cell_says_nothing() -> None:
    document = {
        "unit": "seconds",
        "min_speakers": 8,
        "max_seconds_per_speaker": 90.5,
        "cells": [
            cell("female", "60+", 3600),
            cell("female", "18-29", 3600, min_speakers=3, max_seconds_per_speaker=600),
            cell("male", "60+", 5),
        ],
    }
    found = goals(document)
    assert found["gender=female|age_band=60+"] == CellGoal(
        "gender=female|age_band=60+", 3600, 8, 90_500
    )
    assert found["gender=female|age_band=18-29"].min_speakers == 3
    assert found["gender=female|age_band=18-29"].max_ms_per_speaker == 600_000
    # No more people than the little that is asked there can hold.
    assert found["gender=male|age_band=60+"].min_speakers == 5


MARGINS = {
    "unit": "speakers",
    "mode": "margins",
    "margins": {
        "gender": {"female": 50, "male": 50},
        "age_band": {"18-29": 40, "30-39": 40, "60+": 20},
    },
}


def test_margins_are_spread_evenly_while_nobody_was_met() -> None:
    assert targets(MARGINS) == {
        "gender=female|age_band=18-29": 20,
        "gender=female|age_band=30-39": 20,
        "gender=female|age_band=60+": 10,
        "gender=male|age_band=18-29": 20,
        "gender=male|age_band=30-39": 20,
        "gender=male|age_band=60+": 10,
    }


def test_margins_follow_whom_one_meets() -> None:
    met = {"gender=female|age_band=60+": 300, "gender=male|age_band=60+": 10}
    met |= {"gender=male|age_band=18-29": 400, "gender=female|age_band=18-29": 400}
    found = targets(MARGINS, met)
    assert found["gender=female|age_band=60+"] > 2 * found["gender=male|age_band=60+"]
    assert sum(target for key, target in found.items() if "60+" in key) == 20


def test_a_supply_in_the_plan_counts_until_people_were_met() -> None:
    document = MARGINS | {
        "supply": {
            "gender": {"female": 0.5, "male": 0.5},
            "age_band": {"18-29": 1, "30-39": 1, "60+": 1},
        }
    }
    assert targets(document) == targets(MARGINS)


def test_a_dimension_without_margins_is_left_to_whom_one_meets() -> None:
    document = {
        "mode": "margins",
        "levels": {"age_band": ["18-29", "60+"]},
        "margins": {"gender": {"female": 30}},
    }
    met = {"gender=female|age_band=18-29": 2000}
    found = targets(document, met)
    assert sum(found.values()) == 30
    assert found["gender=female|age_band=18-29"] > found["gender=female|age_band=60+"]


def test_a_sittings_levels_are_shared_out_evenly_whomever_one_meets() -> None:
    document = {
        "mode": "margins",
        "dimensions": ["gender", "device_class"],
        "levels": {"device_class": ["android", "ios"]},
        "margins": {"gender": {"female": 40, "male": 20}},
    }
    met = {"gender=female|device_class=unknown": 500, "gender=male|device_class=unknown": 100}
    assert list(targets(document, met).values()) == [20, 20, 10, 10]


def test_patterns_ask_only_where_a_minimum_needs_somebody() -> None:
    document = {
        "mode": "patterns",
        "patterns": [{"key": {"gender": "female", "age_band": "60+"}, "at_least": 12}],
    }
    assert targets(document) == {"gender=female|age_band=60+": 12}


def test_people_who_were_counted_by_more_dimensions_are_added_up() -> None:
    met = {
        "gender=female|age_band=60+|accent=x": 3,
        "gender=female|age_band=18-29|accent=x": 4,
        "accent=y": 9,
    }
    assert people_of_dimensions(met, ["accent", "gender"]) == {"accent=x|gender=female": 7}
    assert people_of_dimensions(met, ["gender", "environment"]) == {
        "gender=female|environment=unknown": 7
    }


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["female", "male", "other"]), st.integers(0, 300), min_size=1),
    st.integers(0, 50),
)
def test_whole_margins_come_back_from_the_cells(margin: dict[str, int], fewest: int) -> None:
    document = {
        "mode": "margins",
        "min_speakers": fewest,
        "margins": {"gender": margin, "age_band": {"60+": sum(margin.values())}},
    }
    for level, target in margin.items():
        found = goals(document)[f"gender={level}|age_band=60+"]
        assert found.target == target
        assert found.min_speakers <= target
