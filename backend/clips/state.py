"""Pure: the one table of states and moves of a clip."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a clip stands."""

    EXPECTED = "expected"
    EXPIRED = "expired"
    UPLOADED = "uploaded"
    REVIEW = "review"
    PASSED = "passed"
    REJECTED = "rejected"
    ANNOTATING = "annotating"
    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


MOVES: Final[dict[State, frozenset[State]]] = {
    State.EXPECTED: frozenset({State.UPLOADED, State.EXPIRED, State.WITHDRAWN}),
    # Never uploaded in time; late bytes are welcome.
    State.EXPIRED: frozenset({State.UPLOADED, State.WITHDRAWN}),
    State.UPLOADED: frozenset({State.PASSED, State.REVIEW, State.REJECTED, State.WITHDRAWN}),
    # A person must look.
    State.REVIEW: frozenset({State.PASSED, State.REJECTED, State.WITHDRAWN}),
    # Accepted at once where the campaign wants no annotation; review or rejected when re-judged.
    State.PASSED: frozenset(
        {State.ANNOTATING, State.ACCEPTED, State.REVIEW, State.REJECTED, State.WITHDRAWN}
    ),
    # Re-judged, or undone by a person.
    State.REJECTED: frozenset({State.REVIEW, State.PASSED, State.WITHDRAWN}),
    State.ANNOTATING: frozenset(
        {State.ACCEPTED, State.DISPUTED, State.REJECTED, State.REVIEW, State.WITHDRAWN}
    ),
    State.DISPUTED: frozenset({State.ACCEPTED, State.REJECTED, State.WITHDRAWN}),
    # Disputed: an appeal.
    State.ACCEPTED: frozenset({State.DISPUTED, State.REJECTED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}

# The bytes are home: a receipt can be given.
STORED: Final = frozenset(State) - {State.EXPECTED, State.EXPIRED, State.WITHDRAWN}


def can_move(from_state: State, to_state: State) -> bool:
    """Say whether the table has this move."""
    return to_state in MOVES[from_state]
