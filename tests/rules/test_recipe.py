"""Recipes are read strictly: what is not understood is refused, never ignored."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.releases.recipe import SHARES, RecipeFaulty, read_recipe

KINDS = ("read", "question", "hotword", "command")


def faulty(raw: object) -> list[str]:
    with pytest.raises(RecipeFaulty) as caught:
        read_recipe(raw, kinds=KINDS)
    return [fault["field"] for fault in caught.value.faults]


def test_an_empty_recipe_takes_all_and_splits_80_10_10() -> None:
    assert read_recipe({}, kinds=KINDS).as_dict() == {
        "filters": {},
        "splits": SHARES,
        "weights": {},
        "formats": ["parquet"],
        "license": "other",
    }


def test_a_recipe_written_out_reads_as_itself() -> None:
    raw = {
        "filters": {
            "languages": ["sw", "en"],
            "prompt_kinds": ["read"],
            "received_from": "2026-01-01",
            "received_until": "2026-12-31",
            "min_seconds": 0.5,
            "transcribed": True,
        },
        "splits": {"train": 90, "test": 10},
        "license": "cc-by-4.0",
    }
    once = read_recipe(raw, kinds=KINDS).as_dict()
    assert read_recipe(once, kinds=KINDS).as_dict() == once
    assert once["filters"]["languages"] == ["en", "sw"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "recipe"),
        ({"filter": {}}, "recipe.filter"),
        ({"filters": []}, "recipe.filters"),
        ({"filters": {"state": ["passed"]}}, "recipe.filters.state"),
        ({"filters": {"consent": False}}, "recipe.filters.consent"),
        ({"filters": {"languages": "en"}}, "recipe.filters.languages"),
        ({"filters": {"languages": []}}, "recipe.filters.languages"),
        ({"filters": {"languages": ["not a tag"]}}, "recipe.filters.languages"),
        ({"filters": {"prompt_kinds": ["sung"]}}, "recipe.filters.prompt_kinds"),
        ({"filters": {"prompt_kinds": [["read"]]}}, "recipe.filters.prompt_kinds"),
        ({"filters": {"received_from": "2026-02-30"}}, "recipe.filters.received_from"),
        ({"filters": {"received_from": 2026}}, "recipe.filters.received_from"),
        (
            {"filters": {"received_from": "2026-02-02", "received_until": "2026-02-01"}},
            "recipe.filters.received_until",
        ),
        ({"filters": {"min_seconds": True}}, "recipe.filters.min_seconds"),
        ({"filters": {"min_seconds": 3, "max_seconds": 2}}, "recipe.filters.max_seconds"),
        ({"filters": {"transcribed": "yes"}}, "recipe.filters.transcribed"),
        ({"splits": {"train": 80, "test": 10}}, "recipe.splits"),
        ({"splits": {"train": 80, "dev": 20}}, "recipe.splits"),
        ({"splits": {"test": 100}}, "recipe.splits"),
        ({"splits": {"train": 0.8, "test": 0.2}}, "recipe.splits"),
        ({"weights": {"gender": 1}}, "recipe.weights"),
        ({"formats": ["kaldi"]}, "recipe.formats"),
        ({"license": "CC BY 4.0"}, "recipe.license"),
        ({"license": None}, "recipe.license"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(raw: object, field: str) -> None:
    assert faulty(raw) == [field]


def test_all_faults_are_told_at_once() -> None:
    raw: dict[str, Any] = {"filters": {"states": [], "transcribed": 1}, "splits": {}, "k": 5}
    assert faulty(raw) == [
        "recipe.k",
        "recipe.filters.states",
        "recipe.filters.transcribed",
        "recipe.splits",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["filters", "splits", "train", "languages", "min_seconds", "license"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_read_or_refused_in_words(raw: object) -> None:
    faults = [{"field": "none"}]
    try:
        read_recipe(raw, kinds=KINDS)
    except RecipeFaulty as error:
        faults = error.faults
    assert faults
