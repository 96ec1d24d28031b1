"""The table of states, as the architecture has it."""

from hypothesis import given
from hypothesis import strategies as st

from backend.clips.dispatch import BUCKET, JOBS_ON_ENTER
from backend.clips.state import MOVES, STORED, State, can_move
from backend.jobs.kinds import KINDS

S = State
# Written out once more, so that a slip in the code's table is seen here.
EXPECTED_MOVES = {
    "expected": "uploaded expired withdrawn",
    "expired": "uploaded withdrawn",
    "uploaded": "passed review rejected withdrawn",
    "review": "passed rejected withdrawn",
    "passed": "annotating accepted review rejected withdrawn",
    "rejected": "review passed withdrawn",
    "annotating": "accepted disputed rejected review withdrawn",
    "disputed": "accepted rejected withdrawn",
    "accepted": "disputed rejected withdrawn",
    "withdrawn": "",
}


def test_the_table_is_the_architectures() -> None:
    assert {str(state): {str(to) for to in moves} for state, moves in MOVES.items()} == {
        state: set(to.split()) for state, to in EXPECTED_MOVES.items()
    }


def test_every_state_can_be_reached_and_only_withdrawn_is_a_dead_end() -> None:
    reached, border = {S.EXPECTED}, [S.EXPECTED]
    while border:
        for to in MOVES[border.pop()] - reached:
            reached.add(to)
            border.append(to)
    assert reached == set(State)
    assert [state for state in State if not MOVES[state]] == [S.WITHDRAWN]
    assert all(can_move(state, S.WITHDRAWN) for state in State if state != S.WITHDRAWN)


@given(st.lists(st.sampled_from(list(State)), max_size=30))
def test_bytes_once_stored_stay_stored_until_withdrawal(wishes: list[State]) -> None:
    state, stored = S.EXPECTED, False
    for wish in wishes:
        if can_move(state, wish):
            state = wish
            stored = stored or state in STORED
        assert not stored or state in STORED or state == S.WITHDRAWN


def test_every_job_that_a_state_starts_is_a_known_kind() -> None:
    assert {kind for kinds in JOBS_ON_ENTER.values() for kind in kinds} <= set(KINDS)


def test_a_clip_without_bytes_counts_as_nothing() -> None:
    assert set(BUCKET) == set(STORED)
