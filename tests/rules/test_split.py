"""Splits: no speaker in two, none ever moves, and train is not empty."""

from hypothesis import given
from hypothesis import strategies as st

from backend.coverage.reserve import place_of
from backend.releases.split import (
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    assign_splits,
    split_at,
)

SHARES = {TRAIN: 80, VALIDATION: 10, TEST: 10}
names = st.sets(st.text(min_size=1, max_size=12), max_size=40)
salts = st.binary(min_size=1, max_size=16)


@st.composite
def whole_shares(draw: st.DrawFn) -> dict[str, int]:
    train = draw(st.integers(1, 100))
    test = draw(st.integers(0, 100 - train))
    return {TRAIN: train, VALIDATION: 100 - train - test, TEST: test}


@given(names, names, whole_shares(), whole_shares(), salts)
def test_no_speaker_ever_moves_whatever_later_releases_ask_for(
    first: set[str],
    second: set[str],
    asked: dict[str, int],
    asked_later: dict[str, int],
    salt: bytes,
) -> None:
    table = assign_splits(speakers=first, known={}, shares=asked, salt=salt)
    later = assign_splits(speakers=second, known=table, shares=asked_later, salt=salt)
    assert set(table) == first
    assert set(later) == second
    assert all(later[speaker] == table[speaker] for speaker in first & second)
    assert set(table.values()) | set(later.values()) <= set(SPLITS)


@given(names.filter(bool), whole_shares(), salts)
def test_train_is_never_empty_in_a_first_release(
    speakers: set[str], asked: dict[str, int], salt: bytes
) -> None:
    splits = assign_splits(speakers=speakers, known={}, shares=asked, salt=salt)
    assert TRAIN in splits.values()


@given(names, names.filter(bool), whole_shares(), salts)
def test_a_new_speaker_is_enough_to_fill_train(
    known: set[str], new: set[str], asked: dict[str, int], salt: bytes
) -> None:
    table = dict.fromkeys(known, TEST)
    splits = assign_splits(speakers=known | new, known=table, shares=asked, salt=salt)
    assert (TRAIN in splits.values()) is bool(new - known)


@given(st.sets(st.text(min_size=1, max_size=12), min_size=3, max_size=40), salts)
def test_three_speakers_are_enough_for_every_split(speakers: set[str], salt: bytes) -> None:
    splits = assign_splits(speakers=speakers, known={}, shares=SHARES, salt=salt)
    assert set(splits.values()) == set(SPLITS)


@given(names, whole_shares(), salts)
def test_a_split_without_a_share_gets_nobody(
    speakers: set[str], asked: dict[str, int], salt: bytes
) -> None:
    splits = assign_splits(speakers=speakers, known={}, shares=asked, salt=salt)
    assert all(asked[split] > 0 for split in splits.values())


@given(st.lists(st.text(min_size=1, max_size=12), unique=True), salts)
def test_the_order_of_speakers_does_not_matter(speakers: list[str], salt: bytes) -> None:
    forwards = assign_splits(speakers=speakers, known={}, shares=SHARES, salt=salt)
    assert forwards == assign_splits(speakers=speakers[::-1], known={}, shares=SHARES, salt=salt)


@given(salts, st.text())
def test_a_place_lies_from_zero_to_below_one(salt: bytes, name: str) -> None:
    assert 0 <= place_of(salt, name) < 1


def test_places_are_those_of_every_later_version() -> None:
    # A changed hash would move every speaker who is not in the table yet.
    assert place_of(b"salt", "speaker") == 0.7880165191195905


def test_many_speakers_fall_as_the_shares_say() -> None:
    speakers = [f"speaker-{number}" for number in range(20_000)]
    splits = assign_splits(speakers=speakers, known={}, shares=SHARES, salt=b"campaign")
    for split, share in SHARES.items():
        part = sum(given == split for given in splits.values()) / len(speakers)
        assert abs(part - share / 100) < 0.01


def test_campaigns_split_differently() -> None:
    speakers = [f"speaker-{number}" for number in range(200)]
    one, other = (
        assign_splits(speakers=speakers, known={}, shares=SHARES, salt=salt)
        for salt in (b"one", b"other")
    )
    assert one != other


def test_the_lowest_places_are_test_and_the_highest_train() -> None:
    assert [split_at(place, SHARES) for place in (0.0, 0.0999, 0.1, 0.1999, 0.2, 0.9999)] == [
        *(TEST, TEST, VALIDATION, VALIDATION, TRAIN, TRAIN)
    ]
