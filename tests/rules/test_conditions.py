"""In which surroundings a speaker records next: where least is, of what they can do."""

import pytest

from backend.coverage.conditions import smallest_first

COUNTS = {"home": 40.0, "street": 3.0, "car": 3.0, "office": 0.0}


def test_the_smallest_count_that_the_speaker_can_do_goes_first() -> None:
    assert smallest_first(COUNTS, ["home", "street"], draw=min) == "street"
    assert smallest_first(COUNTS, ["home"], draw=min) == "home"
    assert smallest_first(COUNTS, ["home", "boat"], draw=min) == "boat"


def test_ties_are_drawn() -> None:
    seen: list[list[str]] = []

    def draw(ties: object) -> str:
        seen.append(sorted(ties))  # type: ignore[call-overload] # what it is, the test says
        return "car"

    assert smallest_first(COUNTS, ["home", "street", "car"], draw=draw) == "car"
    assert seen == [["car", "street"]]


def test_with_targets_the_smallest_part_of_one_goes_first() -> None:
    wanted = {"home": 100.0, "street": 4.0}
    assert smallest_first(COUNTS, ["home", "street"], wanted=wanted, draw=min) == "home"


def test_who_can_do_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no condition"):
        smallest_first(COUNTS, [], draw=min)
