"""Minima per pattern become cells: no more than needed, spread over whom one meets."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.coverage.patterns_plan import fill_patterns

LEVELS = {"gender": ("f", "m"), "age": ("young", "old"), "accent": ("x", "y", "z")}
CELLS = [dict(zip(LEVELS, levels, strict=True)) for levels in product(*LEVELS.values())]
EVEN = [1.0] * len(CELLS)


def filled(patterns: list[tuple[dict[str, str], int]], targets: list[int]) -> list[int]:
    """Return what each pattern's cells add up to."""
    return [
        sum(
            target
            for cell, target in zip(CELLS, targets, strict=True)
            if pattern.items() <= cell.items()
        )
        for pattern, _ in patterns
    ]


def test_a_minimum_is_spread_over_all_cells_that_count_to_it() -> None:
    targets = fill_patterns(CELLS, [({"gender": "f"}, 60)], EVEN)
    assert targets == [10] * 6 + [0] * 6


def test_it_is_spread_by_whom_one_meets() -> None:
    supply = [3.0 if cell["accent"] == "x" else 1.0 for cell in CELLS]
    targets = fill_patterns(CELLS, [({"gender": "f", "age": "old"}, 10)], supply)
    assert [target for target in targets if target] == [6, 2, 2]


def test_one_recording_counts_to_every_pattern_that_it_lies_in() -> None:
    patterns = [({"gender": "f"}, 100), ({"accent": "z"}, 50), ({}, 80)]
    targets = fill_patterns(CELLS, patterns, EVEN)
    # Fifty women of the accent count to both, so a hundred recordings are enough.
    assert sum(targets) == 100
    women, of_the_accent, whole = filled(patterns, targets)
    assert (women, whole) == (100, 100)
    assert of_the_accent >= 50


def test_margins_as_minima_need_no_more_than_the_greatest_of_them() -> None:
    patterns = [({"gender": "f"}, 10), ({"gender": "m"}, 5), ({"age": "young"}, 8)]
    assert sum(fill_patterns(CELLS, patterns, EVEN)) == 15


def test_a_pattern_that_no_cell_lies_in_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no cell"):
        fill_patterns(CELLS, [({"gender": "x"}, 3)], EVEN)


def test_nothing_wanted_is_nothing_asked() -> None:
    assert fill_patterns(CELLS, [({"gender": "f"}, 0)], EVEN) == [0] * len(CELLS)


pattern = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(levels) for name, levels in LEVELS.items()}
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(pattern, st.integers(0, 60)), min_size=1, max_size=8),
    st.lists(st.floats(0.01, 50), min_size=len(CELLS), max_size=len(CELLS)),
)
def test_all_minima_are_met_and_no_cell_could_ask_less(
    patterns: list[tuple[dict[str, str], int]], supply: list[float]
) -> None:
    targets = fill_patterns(CELLS, patterns, supply)
    minima = [minimum for _, minimum in patterns]
    assert all(have >= want for have, want in zip(filled(patterns, targets), minima, strict=True))
    for place, target in enumerate(targets):
        if target:
            less = [*targets[:place], target - 1, *targets[place + 1 :]]
            short = zip(filled(patterns, less), minima, strict=True)
            assert any(have < want for have, want in short)
