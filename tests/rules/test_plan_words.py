"""Two versions of a plan, and in words what the later changed."""

from typing import Any

from backend.coverage.plan_words import changes_between, in_order

CELL = {"key": {"gender": "female", "age_band": "60+"}, "target": 10}


def test_what_is_asked_is_named_by_its_levels() -> None:
    before = {"cells": [CELL, {"key": {"gender": "male"}, "target": 3}]}
    after = {
        "cells": [
            CELL | {"target": 12, "min_speakers": 4, "max_seconds_per_speaker": 90.0},
            {"key": {"gender": "other"}, "target": 1},
        ]
    }
    assert changes_between(before, after) == [
        "female, 60+: 10 → 12, of 4 speakers at least, at most 90 s of one",
        "new: other: 1",
        "gone: male: 3",
    ]


def test_what_is_said_of_the_whole_goes_first() -> None:
    before: dict[str, Any] = {"dimensions": ["gender"], "cells": []}
    after = {
        "unit": "speakers",
        "mode": "patterns",
        "dimensions": ["gender", "accent"],
        "ends": "2026-12-01",
        "bands": {"age_band": [{"name": "18-24"}]},
        "patterns": [{"key": {}, "at_least": 5}, {"key": {"gender": "male"}, "at_least": 2}],
    }
    assert changes_between(before, after) == [
        "unit: clips → speakers",
        "mode: cross → patterns",
        "dimensions: gender → gender, accent",
        "bands: none → age_band name 18-24",
        "ends: none → 2026-12-01",
        "new: all: at least 5",
        "new: male: at least 2",
    ]


def test_margins_are_named_by_their_level() -> None:
    before = {"mode": "margins", "margins": {"gender": {"female": 5, "male": 5}}}
    after = {"mode": "margins", "margins": {"gender": {"female": 6, "male": 5}}}
    assert changes_between(before, after) == ["female: 5 → 6"]
    assert changes_between(after, after) == []


def test_a_plan_is_read_in_one_order_however_it_was_kept() -> None:
    kept: dict[str, Any] = {
        "cells": [{"target": 3, "key": {"age_band": "60+", "gender": "male"}}],
        "ends": "2026-12-01",
        "unit": "clips",
        "margins": {"age_band": {}, "gender": {}},
        "dimensions": ["gender", "age_band"],
    }
    ordered = in_order(kept)
    assert ordered == kept
    assert list(ordered) == ["unit", "dimensions", "ends", "cells", "margins"]
    assert list(ordered["margins"]) == ["gender", "age_band"]
    assert list(ordered["cells"][0]["key"]) == ["gender", "age_band"]
