"""How much of a cell is open, what a person is told, how a lease is spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.coverage.openness import Standing, Status, open_clips, spread, status_of


def cell(target: int | None, accepted: float = 0, pending: float = 0, held: float = 0) -> Standing:
    return Standing("a=b", target, accepted, pending, held, speakers=0)


@pytest.mark.parametrize(
    ("standing", "status"),
    [
        (cell(10), Status.OPEN),
        (cell(10, accepted=3, pending=3, held=1), Status.OPEN),
        (cell(10, accepted=3, pending=3, held=2), Status.LOW),
        (cell(10, accepted=3, pending=3, held=4), Status.WAITLIST),
        (cell(10, accepted=10), Status.FULL),
        (cell(10, accepted=12, pending=1), Status.FULL),
        (cell(0), Status.FULL),
        (cell(None, accepted=5), Status.WAITLIST),
        (None, Status.WAITLIST),
    ],
)
def test_a_person_is_told_how_their_cell_stands(standing: Standing | None, status: Status) -> None:
    assert status_of(standing) == status


def test_what_is_open_is_given_in_clips_whatever_the_unit() -> None:
    standing = cell(61, accepted=1, pending=30, held=10)
    assert open_clips(standing, unit="clips", clip_ms=4000) == 20
    assert open_clips(standing, unit="seconds", clip_ms=3000) == 7
    assert open_clips(standing, unit="speakers", clip_ms=4000) == 400
    assert open_clips(cell(None), unit="clips", clip_ms=4000) == 0


places = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 50), max_size=12)


@given(st.integers(-3, 400), places)
def test_a_spread_adds_up_and_goes_beyond_no_place(amount: int, sizes: dict[str, int]) -> None:
    shares = spread(amount, sizes)
    assert sum(shares.values()) == max(0, min(amount, sum(sizes.values())))
    assert all(0 < share <= sizes[name] for name, share in shares.items())


def test_a_spread_follows_what_is_missing() -> None:
    assert spread(10, {"a": 60, "b": 30, "c": 10}) == {"a": 6, "b": 3, "c": 1}
    assert spread(1, {"a": 60, "b": 30, "c": 10}) == {"a": 1}
