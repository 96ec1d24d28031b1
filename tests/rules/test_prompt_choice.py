"""Which prompts a stratum reads next: what is wanted, what is seldom read, what sounds new."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.coverage.phonetic_gain import COVERAGE_TARGET, POOL, SLACK, Corpus, best_first
from backend.coverage.prompt_choice import (
    FREE_SPEECH_SHARE,
    HANDED_OUT,
    Candidate,
    Listed,
    Phase,
    choose_next,
    make_list,
    phase_of,
    readings_wanted,
    spread_evenly,
)
from backend.coverage.sounds import make_table

texts = st.lists(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8).map(
        lambda marks: " ".join(["_", *marks, "_"])
    ),
    min_size=1,
    max_size=25,
)


def listed(sounds: list[str], **changes: object) -> list[Listed]:
    """Make a list of prompts that nobody has read, or as `changes` say."""
    n = len(sounds)
    values: dict[str, object] = {
        "allowed": np.ones(n, bool),
        "free": np.array([line == "" for line in sounds], bool),
        "here": np.zeros(n),
        "anywhere": np.zeros(n),
        "wanted": 1,
    }
    return make_list(make_table(sounds), **(values | changes))  # type: ignore[arg-type]


def prompts(listing: list[Listed]) -> list[int]:
    return [one.prompt for one in listing]


def test_a_table_holds_neighbours_of_one_prompt_and_counts_each() -> None:
    table = make_table(["_ a b a b _", "", "_ b a _"])
    assert [*map(int, table.lengths)] == [5, 0, 3]
    # Both hold b before a; the second adds silence before b, and after a.
    assert table.number == 4 + 2
    units, counts = table.of(0)
    assert sorted(map(int, counts)) == [1, 1, 1, 2]
    assert len(units) == 4
    assert len(table.of(1)[0]) == 0
    assert table.totals(np.array([1.0, 1.0, 2.0])).sum() == 5 + 2 * 3


@given(texts)
def test_a_part_of_the_table_gains_as_the_whole_says(sounds: list[str]) -> None:
    table = make_table(sounds)
    corpus = Corpus(table, np.zeros(len(table)))
    for prompt in range(len(table)):
        alone = table.part(np.array([prompt]))
        assert float(corpus.gains(alone)[0]) == pytest.approx(float(corpus.gains()[prompt]))
        corpus.add(prompt)
    assert corpus.covered == 1
    np.testing.assert_allclose(corpus.there, table.totals(np.ones(len(table))))


@given(texts)
def test_the_lazy_choice_is_the_plain_greedy_one(sounds: list[str]) -> None:
    table = make_table(sounds)
    bonus = np.zeros(len(table))
    lazy = [prompt for prompt, _ in best_first(Corpus(table, np.zeros(len(table))), bonus)]
    assert sorted(lazy) == list(range(len(table)))
    corpus = Corpus(table, np.zeros(len(table)))
    left = set(lazy)
    for prompt in lazy:
        gains = corpus.gains()
        assert gains[prompt] == pytest.approx(max(gains[one] for one in left))
        corpus.add(prompt)
        left.discard(prompt)


def test_new_sounds_come_first_and_evenness_after_the_target() -> None:
    # The second repeats the first; the third says what nobody has said.
    sounds = ["_ a b _", "_ a b a b _", "_ c d _"]
    assert prompts(listed(sounds))[:2] in ([0, 2], [2, 0], [1, 2], [2, 1])
    table = make_table(sounds)
    corpus = Corpus(table, np.array([5.0, 5.0, 1.0]))
    assert not corpus.seeks_new
    assert corpus.covered >= COVERAGE_TARGET
    # All is there: what is scarce there gains more.
    assert next(iter(best_first(corpus, np.zeros(3))))[0] == 2


def test_what_is_wanted_in_the_stratum_goes_before_any_sound() -> None:
    sounds = ["_ a _", "_ b c d e _"]
    assert prompts(listed(sounds, here=np.array([0.0, 1.0]))) == [0, 1]
    # Wanted twice, the second is still wanted, but half as much.
    assert prompts(listed(sounds, here=np.array([0.0, 1.0]), wanted=2)) == [0, 1]


def test_of_two_that_sound_alike_the_one_that_is_read_less_elsewhere_comes_first() -> None:
    sounds = ["_ a b _", "_ a b _", "_ a b _"]
    assert prompts(listed(sounds, anywhere=np.array([9.0, 0.0, 3.0])))[0] == 1


def test_only_allowed_prompts_are_listed_and_no_more_than_asked() -> None:
    sounds = [f"_ {mark} _" for mark in "abcdef"]
    allowed = np.array([True, False, True, True, False, True])
    assert set(prompts(listed(sounds, allowed=allowed))) == {0, 2, 3, 5}
    assert len(listed(sounds, size=2)) == 2
    assert listed(sounds, allowed=np.zeros(6, bool)) == []
    assert listed([]) == []


def test_free_speech_has_a_part_of_every_list() -> None:
    sounds = [f"_ {'a ' * (n % 5 + 1)}b _" for n in range(200)] + [""] * 3
    listing = prompts(listed(sounds, size=100))
    assert len(listing) == 100
    assert [one for one in listing if one >= 200] == [200, 201, 202]
    many = [""] * 90 + ["_ a _"] * 10
    assert sum(one < 90 for one in prompts(listed(many, size=20))) == 18
    lone = [""] + [f"_ a{n} _" for n in range(99)]
    assert 0 in prompts(listed(lone, size=20))
    assert 0 < FREE_SPEECH_SHARE < 1


def test_free_speech_alone_makes_a_list() -> None:
    assert prompts(listed(["", ""])) == [0, 1]


def test_a_list_of_all_there_is_wears_no_faster_than_any_other() -> None:
    assert sum(one.places for one in listed(["_ a _", "_ b _"])) >= HANDED_OUT
    long = [f"_ a{n} _" for n in range(600)]
    assert {one.places for one in listed(long)} == {1}
    assert {one.places for one in listed(long, wanted=3)} == {3}


@pytest.mark.parametrize(
    ("target", "unit", "number", "wanted"),
    [
        (None, "clips", 10, 1),
        (0, "clips", 10, 1),
        (5, "clips", 10, 1),
        (25, "clips", 10, 3),
        (400, "seconds", 10, 10),
        (3, "speakers", 10, 6),
        (3, "speakers", 0, 1),
    ],
)
def test_a_target_says_how_often_each_prompt_is_read(
    target: float | None, unit: str, number: int, wanted: int
) -> None:
    assert readings_wanted(target, unit, number) == wanted


def test_the_hot_word_comes_first_then_what_it_is_confused_with() -> None:
    assert phase_of("hotword", "") == Phase.HOTWORD
    assert phase_of("read", "confusables") == Phase.CONFUSABLES
    assert phase_of("command", "kitchen") == Phase.REST
    assert sorted([Phase.REST, Phase.CONFUSABLES, Phase.HOTWORD]) == list(Phase)


@given(st.lists(st.integers(0, 99)), st.lists(st.integers(100, 199)))
def test_spreading_keeps_every_one_and_each_order(many: list[int], few: list[int]) -> None:
    spread = spread_evenly(many, few)
    assert [one for one in spread if one < 100] == many
    assert [one for one in spread if one >= 100] == few


def test_a_speaker_who_has_said_it_gets_what_stands_next() -> None:
    top = [Candidate(0, "_ a b _"), Candidate(1, "_ c d _"), Candidate(2, "_ e f _")]
    assert choose_next(top, said=[], count=1) == top[:1]
    window = [Candidate(n, f"_ a{n} b{n} _") for n in range(40)]
    assert choose_next(window, said=[window[0].sounds] * 9, count=1) == [window[1]]
    assert choose_next(window, said=[], count=5) == window[:5]
    assert choose_next([], said=["_ a _"], count=5) == []
    assert len(choose_next(top, said=[], count=9)) == 3


def test_among_more_than_a_pool_each_choice_is_nearly_the_best() -> None:
    rng = np.random.default_rng(3)
    count = 3 * POOL
    sounds = [
        " ".join(["_", *(f"s{one}" for one in rng.zipf(1.5, 12) % 40), "_"]) for _ in range(count)
    ]
    table = make_table(sounds)
    bonus = np.zeros(count)
    corpus, beside = (Corpus(table, np.zeros(count)) for _ in range(2))
    left = np.ones(count, bool)
    for prompt, _ in islice(best_first(corpus, bonus), 400):
        gains = np.where(left, beside.gains(), 0)
        assert gains[prompt] >= (1 - 2 * SLACK) * gains.max()
        beside.add(prompt)
        left[prompt] = False
