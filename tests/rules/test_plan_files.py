"""A plan goes out as YAML or CSV and comes back the same; what is no plan is told by its line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.coverage.plan_csv import read_csv, write_csv
from backend.coverage.plan_faults import plan_faults
from backend.coverage.plan_yaml import read_yaml, write_yaml
from backend.speakers.demographics import DEFAULT_FIELDS

DIMENSIONS = ["gender", "age_band"]
CROSS: dict[str, Any] = {
    "unit": "seconds",
    "mode": "cross",
    "dimensions": DIMENSIONS,
    "cells": [
        {"key": {"gender": "female", "age_band": "60+"}, "target": 3600, "min_speakers": 8},
        {
            "key": {"gender": "male", "age_band": "18-29"},
            "target": 60,
            "max_seconds_per_speaker": 12.5,
        },
    ],
}
MARGINS: dict[str, Any] = {
    "unit": "clips",
    "mode": "margins",
    "dimensions": DIMENSIONS,
    "margins": {"gender": {"female": 5, "male": 5}, "age_band": {"18-29": 10}},
}
PATTERNS: dict[str, Any] = {
    "unit": "speakers",
    "mode": "patterns",
    "dimensions": DIMENSIONS,
    "patterns": [
        {"key": {"gender": "female"}, "at_least": 12},
        {"key": {"gender": "male", "age_band": "60+"}, "at_least": 3},
    ],
}


@pytest.mark.parametrize("document", [CROSS, MARGINS, PATTERNS])
def test_a_plan_comes_back_from_either_file_as_it_went_out(document: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(document)) == (document, [])
    plan = read_csv(write_csv(document), document, DIMENSIONS)
    assert plan.faults == []
    assert plan.document == document


# Control characters and the like are in no level (plan_values).
text = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)
value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=10,
)


@given(st.dictionaries(text, value, max_size=4))
def test_whatever_a_document_holds_yaml_gives_it_back(document: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(document)) == (document, [])


def test_yaml_makes_no_guesses_at_types() -> None:
    text = "a: no\nb: 2026-05-01\nc: 010\nd: 1:30\n1990: 5\ne: 18-29\nf: 0x10\ng: 1e3\nh: ~\n"
    assert read_yaml(text)[0] == {
        "a": "no",
        "b": "2026-05-01",
        "c": "010",
        "d": "1:30",
        "1990": 5,
        "e": "18-29",
        "f": "0x10",
        "g": "1e3",
        "h": None,
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("unit: clips\nunit: seconds\n", "line 2", "unit stands here twice."),
        ("a: &x [1]\nb: *x\n", "line 2", "Aliases are not taken."),
        ("a: [1, 2\nb: 3\n", "line 2", ""),
        ("? [a]\n: 3\n", "line 1", "A key must be a text."),
        ("a: !!python/object:os.system 3\n", "line 1", "could not determine a constructor"),
        ("a: \x07\n", "line 1", "This is no YAML."),
        ("[" * 5000, "line 1", "nested too deeply"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_by_its_line(text: str, line: str, said: str) -> None:
    found, faults = read_yaml(text)
    assert found is None
    assert [fault["field"] for fault in faults] == [line]
    assert said in faults[0]["message"]


@given(st.text(max_size=60))
def test_whatever_is_sent_as_a_file_is_read_without_a_crash(text: str) -> None:
    read_yaml(text)
    read_csv(text, CROSS, DIMENSIONS)


def test_what_a_table_cannot_hold_stays_as_it_is() -> None:
    before = CROSS | {"bands": {"age_band": "default"}, "starts": "2026-05-01", "min_speakers": 3}
    plan = read_csv("gender,age_band,target\nfemale,60+,5\n", before, DIMENSIONS)
    assert plan.document == {
        "bands": {"age_band": "default"},
        "starts": "2026-05-01",
        "min_speakers": 3,
        "unit": "seconds",
        "mode": "cross",
        "dimensions": DIMENSIONS,
        "cells": [{"key": {"gender": "female", "age_band": "60+"}, "target": 5}],
    }


def test_the_order_of_columns_is_no_wish_for_other_cells_but_another_column_is() -> None:
    same = read_csv("age_band,target,gender\n60+,5,female\n", CROSS, DIMENSIONS)
    assert same.document["dimensions"] == DIMENSIONS
    other = read_csv("gender,accent,target\nfemale,valley,5\n", CROSS, DIMENSIONS)
    assert other.document["dimensions"] == ["gender", "accent"]


def test_a_spreadsheets_semicolons_and_mark_are_taken() -> None:
    plan = read_csv("\ufeffgender;age_band;target\r\nfemale;60+;5\r\n", CROSS, DIMENSIONS)
    assert plan.document["cells"][0]["target"] == 5


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", "line 1", "A line with the names of the columns is needed."),
        ("gender,age_band\nfemale,60+\n", "line 1", "Either a column `target`"),
        ("gender,gender,target\nfemale,60+,3\n", "line 1", "each with a name of its own"),
        ("gender,age_band,target\nfemale,60+,3,4\n", "line 2", "4 fields where there are 3"),
        ("gender,age_band,target\n\nfemale,60+,-3\n", "line 3", "-3 is none"),
        ("gender,age_band,target\nfemale,60+,\n", "line 2", "nothing is none"),
        ("gender,age_band,target,unit\nf,60+,1,clips\nm,60+,1,hours\n", "line 1", "one unit"),
        ("dimension,level,target\ngender,male,1\ngender,male,2\n", "line 3", "twice"),
        ('gender,age_band,target\n"female,60+,3\n', "line 1", "This is no CSV"),
    ],
)
def test_a_table_that_is_none_is_refused_by_its_line(text: str, line: str, said: str) -> None:
    faults = read_csv(text, CROSS, DIMENSIONS).faults
    assert [fault["field"] for fault in faults] == [line]
    assert said in faults[0]["message"]


def test_faults_of_the_plan_are_told_by_the_line_in_which_they_stand() -> None:
    plan = read_csv("gender,age_band,target\nfemale,60+,5\n\nmale,x,7\n", CROSS, DIMENSIONS)
    wrong = [{"field": "cells.1.key.age_band", "message": "x is none."}]
    assert plan.by_line(wrong) == [{"field": "line 4", "message": "x is none."}]
    assert plan.by_line([{"field": "unit", "message": "y"}]) == [{"field": "unit", "message": "y"}]


def test_the_example_of_the_manual_is_a_plan() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "coverage.md").read_text(encoding="utf-8")
    example = manual.split("```yaml\n")[1].split("```")[0]
    document, faults = read_yaml(example)
    assert faults == []
    assert plan_faults(document, dimensions=DIMENSIONS, fields=DEFAULT_FIELDS) == []
