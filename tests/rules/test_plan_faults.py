"""A plan that cannot be followed is refused, with every fault by its field."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.coverage.plan import plan_goals
from backend.coverage.plan_faults import plan_faults
from backend.speakers.demographics import DEFAULT_FIELDS

DIMENSIONS = ["gender", "age_band"]


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = plan_faults(document, dimensions=DIMENSIONS, fields=DEFAULT_FIELDS)
    return [(fault["field"], fault["message"]) for fault in found]


def cell(gender: str = "female", band: str = "60+", target: Any = 10, **more: Any) -> Any:
    return {"key": {"gender": gender, "age_band": band}, "target": target} | more


def margins(**levels: dict[str, Any]) -> dict[str, Any]:
    return {"mode": "margins", "margins": levels}


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"unit": "hours"}, "unit", "One of clips, seconds, speakers."),
        ({"mode": "some"}, "mode", "One of cross, margins, patterns."),
        ({"colour": "red"}, "colour", "This field is not known."),
        ({"fillers": "yes"}, "fillers", "true or false."),
        ({"cells": {}}, "cells", "A list of at most 5000 is needed."),
        ({"cells": [cell(), cell(target=3)]}, "cells.1", "This cell stands here twice."),
        ({"cells": [cell(target=-1)]}, "cells.0.target", "A whole number, 0 or more."),
        ({"cells": [cell(target=1.5)]}, "cells.0.target", "A whole number"),
        ({"cells": [cell(target=True)]}, "cells.0.target", "A whole number"),
        ({"cells": [cell(target=10**15)]}, "cells.0.target", "A whole number"),
        ({"cells": [cell(gender="femle")]}, "cells.0.key.gender", "femle is none of female, male"),
        ({"cells": [cell(gender="unknown")]}, "cells.0.key.gender", "cannot have a target."),
        ({"cells": [cell(gender="declined")]}, "cells.0.key.gender", "cannot have a target."),
        ({"cells": [cell(band="18-24")]}, "cells.0.key.age_band", "18-24 is none of under-18"),
        ({"cells": [{"key": {"gender": "male"}, "target": 3}]}, "cells.0.key", "exactly: gender"),
        ({"cells": [{"key": {}}]}, "cells.0", "A cell is {key, target"),
        ({"cells": [3]}, "cells.0", "A cell is {key, target"),
        (
            {"cells": [cell(target=10, min_speakers=11)]},
            "cells.0.min_speakers",
            "11 speakers cannot be in a target of 10.",
        ),
        (
            {"cells": [cell(max_seconds_per_speaker=0)]},
            "cells.0.max_seconds_per_speaker",
            "A number above 0.",
        ),
        ({"min_speakers": -1}, "min_speakers", "A whole number, 0 or more."),
        ({"max_seconds_per_speaker": -5}, "max_seconds_per_speaker", "A number above 0."),
        ({"starts": "soon"}, "starts", "A date is needed"),
        ({"starts": 2026}, "starts", "A date is needed"),
        ({"starts": "2026-06-01", "ends": "2026-05-01"}, "ends", "ends before it starts"),
        ({"dimensions": ["gender", "shoe"]}, "dimensions.1", "Neither a field of this campaign"),
        ({"dimensions": ["gender", "gender"]}, "dimensions.1", "gender stands here twice."),
        ({"dimensions": ["gender", ["x"]]}, "dimensions.1", "Neither a field"),
        ({"dimensions": "gender"}, "dimensions", "A list of names is needed."),
        ({"dimensions": ["gender"] * 7}, "dimensions", "At most 6."),
        ({"bands": {"gender": []}}, "bands.gender", "Only age_band has bands."),
        ({"bands": {"age_band": []}}, "bands.age_band", "with one at least"),
        (
            {"bands": {"age_band": [{"name": "18-24"}, {"name": "20-30"}]}},
            "bands.age_band.1",
            "overlaps 18-24",
        ),
        (
            {"dimensions": ["gender"], "bands": {"age_band": "default"}},
            "bands.age_band",
            "no dimension of this plan",
        ),
        (
            {"bands": {"age_band": "18-24..65+"}, "cells": [cell(band="60+")]},
            "cells.0.key.age_band",
            "60+ is none of under-18, 18-24",
        ),
        ({"levels": {"accent": ["x"]}}, "levels.accent", "No dimension of this plan."),
        ({"levels": {"gender": []}}, "levels.gender", "A list of 1 to"),
        ({"levels": {"gender": ["x"]}}, "levels.gender.0", "x is none of female"),
        ({"levels": {"gender": ["male", "male"]}}, "levels.gender.1", "stands here twice."),
        ({"supply": {"accent": {"x": 1}}}, "supply.accent", "No dimension of this plan."),
        ({"supply": {"gender": {"x": 1}}}, "supply.gender.x", "x is none of"),
        ({"supply": {"gender": {"male": -1}}}, "supply.gender.male", "A share is a number"),
        ({"supply": {"gender": {"male": 0}}}, "supply.gender", "Nobody at all is supplied."),
        ({"margins": {"gender": {"male": 1}}}, "margins", "A plan by cross asks in `cells` alone."),
        ({"mode": "margins"}, "margins", "An object"),
        (margins(accent={"x": 1}), "margins.accent", "No dimension of this plan."),
        (margins(gender={}), "margins.gender", "A target for each level"),
        (margins(gender={"femle": 3}), "margins.gender.femle", "femle is none of"),
        (margins(gender={"male": -3}), "margins.gender.male", "A whole number"),
        (
            margins(gender={"female": 60, "male": 40}, age_band={"60+": 120}),
            "margins",
            "those of gender to 100, those of age_band to 120.",
        ),
        (
            margins(gender={"female": 6, "male": 4}) | {"supply": {"gender": {"male": 1}}},
            "margins.gender.female",
            "By `supply` there is nobody of this level.",
        ),
        (
            margins(gender={"female": 6}) | {"dimensions": ["gender", "accent"]},
            "levels.accent",
            "Any text is a level of this",
        ),
        ({"mode": "patterns", "patterns": []}, "patterns", "A list of 1 to 500 is needed."),
        (
            {"mode": "patterns", "patterns": [{"key": {"accent": "x"}, "at_least": 3}]},
            "patterns.0.key",
            "some of: gender, age_band.",
        ),
        (
            {"mode": "patterns", "patterns": [{"key": {"gender": "male"}, "at_least": -3}]},
            "patterns.0.at_least",
            "A whole number",
        ),
        (
            {"mode": "patterns", "patterns": [{"key": {"gender": "male"}, "at_least": 3}] * 2},
            "patterns.1",
            "This pattern stands here twice.",
        ),
        ({"mode": "patterns", "patterns": [{"key": {}}]}, "patterns.0", "{key, at_least}"),
        (
            {
                "mode": "patterns",
                "dimensions": ["gender", "accent", "languages"],
                "levels": {
                    "accent": [f"a{n}" for n in range(100)],
                    "languages": [f"l{n}" for n in range(100)],
                },
                "patterns": [{"key": {"gender": "male"}, "at_least": 3}],
            },
            "dimensions",
            "40000 cells: more than 5000.",
        ),
    ],
)
def test_a_fault_is_named_by_its_field_and_in_words(
    document: dict[str, Any], field: str, said: str
) -> None:
    found = faults(document)
    assert [name for name, _ in found] == [field]
    assert said in found[0][1]


def test_all_faults_of_a_section_are_named_at_once() -> None:
    document = {"cells": [cell(target=-1), cell(gender="x"), cell(band="old", target="a")]}
    assert [field for field, _ in faults(document)] == [
        "cells.0.target",
        "cells.1.key.gender",
        "cells.2.key.age_band",
        "cells.2.target",
    ]


def test_a_plan_of_nothing_is_sound() -> None:
    assert faults({}) == []
    assert faults({"unit": "speakers", "cells": []}) == []


def test_places_beyond_those_of_the_phone_may_be_agreed_on() -> None:
    named = {
        "dimensions": ["environment"],
        "cells": [{"key": {"environment": "market"}, "target": 3}],
    }
    assert faults(named) == [
        ("cells.0.key.environment", "market is none of quiet-room, indoors, outdoors, vehicle.")
    ]
    assert faults(named | {"levels": {"environment": ["market", "indoors"]}}) == []


value = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 200),
        st.floats(),
        st.sampled_from(
            ["gender", "age_band", "female", "male", "60+", "default", "clips", "", "2026-05-01"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["gender", "age_band", "female", "60+", "key", "target", "at_least", "name"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)
sections = ["unit", "mode", "dimensions", "bands", "levels", "cells", "margins", "patterns"]
sections += ["min_speakers", "max_seconds_per_speaker", "fillers", "supply", "starts", "ends"]


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sections), value, max_size=4),
    st.sampled_from(["cross", "margins", "patterns", None]),
)
def test_whatever_a_plan_is_it_is_refused_in_words_or_followed(
    document: dict[str, Any], mode: str | None
) -> None:
    if mode is not None:
        document |= {"mode": mode}
    if faults(document):
        return
    named = document.get("dimensions")
    goals = plan_goals(
        document,
        dimensions=DIMENSIONS if named is None else named,
        fields=DEFAULT_FIELDS,
        people={},
    )
    assert all(goal.target >= goal.min_speakers >= 0 for goal in goals)
