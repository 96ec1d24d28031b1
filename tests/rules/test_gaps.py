"""Maximal uncovered patterns: against brute force, and as the gaps of a campaign."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.coverage import gaps
from backend.coverage.gaps import CellNeed, Pattern, find_gaps, maximal_uncovered


def by_trying_all(counts: NDArray[np.float64], tau: float) -> set[Pattern]:
    def count(pattern: Pattern) -> float:
        return float(counts[tuple(slice(None) if at is None else at for at in pattern)].sum())

    def parents(pattern: Pattern) -> Iterator[Pattern]:
        for axis, at in enumerate(pattern):
            if at is not None:
                yield (*pattern[:axis], None, *pattern[axis + 1 :])

    patterns = product(*[[None, *range(size)] for size in counts.shape])
    return {
        pattern
        for pattern in patterns
        if count(pattern) < tau and all(count(parent) >= tau for parent in parents(pattern))
    }


@pytest.mark.parametrize("seed", range(8))
def test_the_padded_cube_finds_what_trying_all_patterns_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 5, size=int(rng.integers(1, 5)))
    counts = rng.integers(0, 30, size=tuple(shape)).astype(float)
    for tau in (0.0, 1.0, 20.0, 60.0, 1e9):
        found = maximal_uncovered(counts, tau)
        assert len(found) == len(set(found))
        assert set(found) == by_trying_all(counts, tau)


def cells(done: dict[str, float], target: float = 100) -> list[CellNeed]:
    """Return cells of gender and age by the share that is there, `female/60+`."""
    return [
        CellNeed(
            key=name,
            levels=dict(zip(("gender", "age_band"), name.split("/"), strict=True)),
            target=target,
            missing=target - target * share,
            open=(target - target * share) / 2,
        )
        for name, share in done.items()
    ]


FOUR = ("gender", "age_band")


def test_nobody_of_a_level_is_one_gap_and_not_one_for_each_of_its_cells() -> None:
    found = find_gaps(
        cells({"female/18-59": 1, "male/18-59": 1, "female/60+": 0.1, "male/60+": 0.2}), FOUR
    )
    assert [gap.levels for gap in found] == [{"age_band": "60+"}]
    assert found[0].missing == pytest.approx(170)
    assert found[0].open == pytest.approx(85)
    assert found[0].cells == ("female/60+", "male/60+")


def test_a_campaign_in_which_nothing_is_there_lacks_everybody() -> None:
    four = {"female/18-59": 0.0, "male/18-59": 0.0, "female/60+": 0.0, "male/60+": 0.0}
    found = find_gaps(cells(four), FOUR)
    assert [(gap.levels, gap.missing) for gap in found] == [({}, 400)]


def test_cells_that_lack_a_little_are_named_one_by_one_the_worst_first() -> None:
    found = find_gaps(
        cells({"female/18-59": 0.9, "male/18-59": 0.6, "female/60+": 0.8, "male/60+": 1}), FOUR
    )
    assert [gap.cells for gap in found] == [("male/18-59",), ("female/60+",), ("female/18-59",)]


def test_a_rare_kind_of_people_goes_before_a_larger_number_of_common_ones() -> None:
    many = cells({"female/18-59": 0.6, "male/18-59": 1, "female/60+": 1, "male/60+": 0.9})
    weighted = [
        CellNeed(c.key, c.levels, c.target, c.missing, c.open, 9.0 if c.key == "male/60+" else 1.0)
        for c in many
    ]
    assert [gap.cells[0] for gap in find_gaps(many, FOUR)] == ["female/18-59", "male/60+"]
    assert [gap.cells[0] for gap in find_gaps(weighted, FOUR)] == ["male/60+", "female/18-59"]


def test_no_gap_asks_for_people_of_whom_there_are_enough_or_nobody_asked() -> None:
    # Of men over 60 nothing was asked, so "over 60" would ask for too many.
    wanted = cells({"female/18-59": 1, "male/18-59": 1, "female/60+": 0})
    nothing = CellNeed("male/60+", {"gender": "male", "age_band": "60+"}, 0, 0, 0)
    for others in ([], [nothing]):
        found = find_gaps([*wanted, *others], FOUR)
        assert [gap.levels for gap in found] == [{"gender": "female", "age_band": "60+"}]


def test_a_full_campaign_has_no_gaps_and_one_without_targets_has_none_either() -> None:
    assert find_gaps(cells({"female/60+": 1}), FOUR) == []
    assert find_gaps([], FOUR) == []


def test_what_lacks_the_least_bit_is_still_a_gap() -> None:
    found = find_gaps(cells({"female/60+": 1 - 1e-12, "male/60+": 1}, target=10**9), FOUR)
    assert [gap.cells for gap in found] == [("female/60+",)]


def test_more_patterns_than_can_be_built_leave_the_cells_named_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaps, "PATTERNS_AT_MOST", 8)
    found = find_gaps(cells({"female/18-59": 1, "male/18-59": 0, "female/60+": 0}), FOUR)
    assert [gap.cells for gap in found] == [("female/60+",), ("male/18-59",)]


def test_without_dimensions_the_gap_is_everybody() -> None:
    assert find_gaps([CellNeed("", {}, 10, 4, 2)], ())[0].levels == {}
