"""How much of a cell is open, what a person is told, how long a sitting is, how leases spread."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.coverage.quota import (
    WANTED,
    Reason,
    Standing,
    Status,
    amount_of,
    clips_in,
    is_scarce,
    judge_cell,
    open_clips,
    p_accept,
    sitting_for,
    sitting_of,
    sitting_size,
    spread,
)

KEY = "gender=female|age_band=30-39"
USUAL = sitting_of(None, 20)


def cell(target: int | None, accepted: float = 0, pending: float = 0, held: float = 0) -> Standing:
    return Standing(KEY, target, accepted, pending, held, speakers=0, p_accept=0.8)


def told(standing: Standing | None, key: str = KEY, **who: Any) -> tuple[Status, Reason]:
    return judge_cell(standing, key=key, sitting=USUAL, **who)


def test_a_clips_chance_follows_the_verdicts_of_its_cell() -> None:
    assert p_accept(0, 0) == 0.85
    assert p_accept(300, 400) == pytest.approx(308.5 / 410)
    assert 0 < p_accept(0, 10**9) < p_accept(10**9, 10**9) < 1


@pytest.mark.parametrize(
    ("standing", "status", "reason"),
    [
        (cell(100), Status.OPEN, Reason.WANTED),
        (cell(100, accepted=30, pending=40, held=10), Status.OPEN, Reason.WANTED),
        (cell(100, accepted=30, pending=40, held=30), Status.LOW, Reason.WANTED),
        # 30 + 0.8 x 87 lacks half a clip: nobody is sent for as long as something is coming.
        (cell(100, accepted=30, pending=57, held=30), Status.WAITLIST, Reason.ON_ITS_WAY),
        (cell(100, accepted=30, pending=40, held=60), Status.WAITLIST, Reason.ON_ITS_WAY),
        (cell(100, accepted=99), Status.LOW, Reason.WANTED),
        (cell(100, accepted=100), Status.FULL, Reason.CELL_FULL),
        (cell(100, accepted=120, pending=1), Status.FULL, Reason.CELL_FULL),
        (cell(0), Status.FULL, Reason.CELL_FULL),
        (cell(None, accepted=5), Status.WAITLIST, Reason.NOT_ASKED_FOR),
        (None, Status.WAITLIST, Reason.NOT_ASKED_FOR),
    ],
)
def test_a_person_is_told_how_their_cell_stands(
    standing: Standing | None, status: Status, reason: Reason
) -> None:
    assert told(standing) == (status, reason)


def test_who_did_not_say_is_told_so() -> None:
    for level in ("unknown", "declined"):
        assert told(None, f"gender={level}|age_band=30-39")[1] == Reason.UNDECLARED


def test_a_speaker_gives_no_more_than_one_may() -> None:
    bounded = replace(cell(100), max_per_speaker=12)
    assert told(bounded, had=11) == (Status.OPEN, Reason.WANTED)
    assert sitting_size(bounded, sitting=USUAL, scarce=True, had=11) == 1
    assert told(bounded, had=12) == (Status.FULL, Reason.SPEAKER_HAS_ENOUGH)
    assert sitting_size(bounded, sitting=USUAL, scarce=True, had=12) == 0


def test_a_cell_that_needs_more_speakers_takes_somebody_new_though_it_is_full() -> None:
    few = replace(cell(100, accepted=100), speakers=3, speakers_coming=1, min_speakers=5)
    assert told(few) == (Status.LOW, Reason.WANTED)
    assert sitting_size(few, sitting=USUAL, scarce=False) == USUAL.least
    assert told(few, had=5) == (Status.FULL, Reason.CELL_FULL)
    enough = replace(few, speakers_coming=2)
    assert told(enough) == (Status.FULL, Reason.CELL_FULL)


def test_a_sitting_leaves_something_for_the_speakers_who_are_needed_besides() -> None:
    wanted = replace(cell(32), min_speakers=8)
    assert sitting_size(wanted, sitting=USUAL, scarce=False) == pytest.approx(5)
    assert sitting_size(cell(32), sitting=USUAL, scarce=False) == USUAL.usual


def test_a_sitting_is_what_is_lacking_or_as_long_as_one_is() -> None:
    assert sitting_size(cell(8), sitting=USUAL, scarce=False) == pytest.approx(10)
    assert sitting_size(cell(800), sitting=USUAL, scarce=False) == 20
    assert sitting_size(cell(800), sitting=USUAL, scarce=True) == 30
    assert sitting_size(cell(8, accepted=7), sitting=USUAL, scarce=False) == USUAL.least == 2
    # Of a plan that lets one give 45 minutes, a sitting is half an hour, or that of rare people.
    assert (sitting_of(2700, 100).usual, sitting_of(2700, 100).longest) == (1800, 2700)


def test_people_are_scarce_where_they_are_met_less_than_half_as_often_as_others() -> None:
    assert is_scarce(people=12, pool=1000, cells=40)
    assert not is_scarce(people=13, pool=1000, cells=40)
    assert not is_scarce(people=0, pool=29, cells=40)
    assert not is_scarce(people=0, pool=1000, cells=0)


def test_what_is_open_is_given_in_clips_whatever_the_unit() -> None:
    standing = replace(cell(61, accepted=1, pending=30, held=10), p_accept=1.0)
    assert open_clips(standing, unit="clips", clip_ms=4000) == 20
    assert open_clips(standing, unit="seconds", clip_ms=3000) == 7
    assert open_clips(standing, unit="speakers", clip_ms=4000) == 400
    assert open_clips(cell(None), unit="clips", clip_ms=4000) == 0
    assert open_clips(cell(10, pending=5), unit="clips", clip_ms=4000) == 8


@pytest.mark.parametrize("unit", ["clips", "seconds", "speakers"])
def test_a_usual_sitting_is_twenty_clips_in_every_unit(unit: str) -> None:
    assert clips_in(amount_of(20, unit=unit, clip_ms=5000), unit=unit, clip_ms=5000) == 20
    sitting = sitting_for(cell(10**6), unit=unit, clip_ms=5000)
    assert clips_in(sitting.usual, unit=unit, clip_ms=5000) == 20


amounts = st.floats(0, 1000)
cells = st.builds(
    Standing,
    key=st.just(KEY),
    target=st.integers(0, 1000),
    accepted=amounts,
    pending=amounts,
    held=amounts,
    speakers=st.integers(0, 20),
    p_accept=st.floats(0.01, 1),
    speakers_coming=st.integers(0, 20),
    min_speakers=st.integers(0, 20),
    max_per_speaker=st.none() | st.floats(1, 1000),
)


@given(cells, st.booleans(), st.none() | st.floats(0, 1000))
def test_who_is_wanted_is_asked_for_something_and_never_for_more_than_allowed(
    standing: Standing, scarce: bool, had: float | None
) -> None:
    sitting = sitting_of(standing.max_per_speaker, 20)
    status, _ = judge_cell(standing, key=KEY, sitting=sitting, had=had)
    size = sitting_size(standing, sitting=sitting, scarce=scarce, had=had)
    if status in WANTED:
        assert 0 < size <= sitting.longest
        most = max(sitting.least, standing.deficit / standing.p_accept)
        assert size <= most
    if status == Status.FULL:
        full = standing.accepted >= (standing.target or 0)
        assert full or (standing.max_per_speaker is not None and had is not None)


places = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 50), max_size=12)
weights = st.none() | st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1))


@given(st.integers(-3, 400), places, weights)
def test_a_spread_adds_up_and_goes_beyond_no_place(
    amount: int, sizes: dict[str, int], pull: dict[str, float] | None
) -> None:
    shares = spread(amount, sizes, pull)
    assert sum(shares.values()) == max(0, min(amount, sum(sizes.values())))
    assert all(0 < share <= sizes[name] for name, share in shares.items())


def test_a_spread_follows_what_is_missing_and_whom_one_meets() -> None:
    sizes = {"a": 60, "b": 30, "c": 10}
    assert spread(10, sizes) == {"a": 6, "b": 3, "c": 1}
    assert spread(1, sizes) == {"a": 1}
    assert spread(10, sizes, {"b": 0.1, "c": 0.7}) == {"b": 3, "c": 7}
    assert spread(50, sizes, {"b": 0.1, "c": 0.7}) == {"a": 10, "b": 30, "c": 10}
