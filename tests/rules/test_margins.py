"""Margins become cells that add up to them, near to whom one meets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.coverage.margins import Floats, Wholes, fit_margins, round_to_margins


def sums(table: Floats | Wholes, axis: int) -> list[float]:
    """Return what a table adds up to along all axes but one."""
    others = tuple(other for other in range(table.ndim) if other != axis)
    return [float(value) for value in table.sum(axis=others)]


def wholes(*values: int) -> Wholes:
    return np.array(values, dtype=np.int64)


def test_a_fit_is_the_one_of_demings_and_stephans_method() -> None:
    # A table worked by hand: scaled to rows 60/40 and columns 50/50 until both hold.
    fitted = fit_margins(np.array([[3.0, 1.0], [1.0, 1.0]]), {0: wholes(60, 40), 1: wholes(50, 50)})
    assert sums(fitted, 0) == pytest.approx([60, 40])
    assert sums(fitted, 1) == pytest.approx([50, 50])
    # What the margins do not touch stays: the ratio of odds.
    assert fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0]) == pytest.approx(3.0)


def test_with_an_even_supply_the_cells_are_the_products_of_the_shares() -> None:
    margins = {0: wholes(50, 50), 1: wholes(20, 30, 50)}
    fitted = fit_margins(np.ones((2, 3)), margins)
    assert fitted.ravel() == pytest.approx([10, 15, 25, 10, 15, 25])


def test_rare_combinations_are_asked_for_as_seldom_as_the_margins_allow() -> None:
    supply = np.array([[90.0, 1.0], [5.0, 4.0]])
    fitted = fit_margins(supply, {0: wholes(50, 50), 1: wholes(50, 50)})
    assert fitted[0, 1] < fitted[0, 0] / 5


def test_a_level_of_which_nothing_is_wanted_gets_nothing() -> None:
    margins = {0: wholes(10, 0), 1: wholes(4, 6)}
    table = round_to_margins(fit_margins(np.ones((2, 2)), margins), margins)
    assert table.tolist() == [[4, 6], [0, 0]]


def test_no_targets_at_all_are_an_empty_table() -> None:
    margins = {0: wholes(0, 0)}
    assert fit_margins(np.ones((2, 2)), margins).sum() == 0
    assert round_to_margins(np.zeros((2, 2)), margins).sum() == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_margin_is_kept_to_the_last_whole_number(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    total = data.draw(st.integers(0, 3000))
    margins = {}
    for axis, levels in enumerate(shape):
        if axis and data.draw(st.booleans()):
            continue
        cuts = sorted(
            data.draw(st.lists(st.integers(0, total), min_size=levels - 1, max_size=levels - 1))
        )
        margins[axis] = np.diff([0, *cuts, total]).astype(np.int64)
    seed = data.draw(st.integers(0, 2**32 - 1))
    supply = np.random.default_rng(seed).lognormal(0, 2, size=tuple(shape))
    table = round_to_margins(fit_margins(supply, margins), margins)
    assert (table >= 0).all()
    for axis, margin in margins.items():
        assert sums(table, axis) == list(margin)
