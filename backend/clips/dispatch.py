"""What follows when a clip enters a state: jobs, counters, news for its phone; on one screen."""

from typing import Final

from backend.clips.state import State
from backend.coverage.counters import Bucket

JOBS_ON_ENTER: Final[dict[State, tuple[str, ...]]] = {
    State.UPLOADED: ("check_quality",),
    State.PASSED: ("open_annotation",),
    State.WITHDRAWN: ("erase_audio", "withdraw_routes"),
}

# What follows a verdict that is provisional, wherever the clip stands: the models listen.
JOBS_ON_PROVISIONAL: Final[tuple[str, ...]] = ("score_clip",)

# What a clip counts as in coverage; a state that is not here counts as nothing.
BUCKET: Final[dict[State, Bucket]] = {
    State.UPLOADED: Bucket.PENDING,
    State.REVIEW: Bucket.PENDING,
    State.PASSED: Bucket.PENDING,
    State.ANNOTATING: Bucket.PENDING,
    State.DISPUTED: Bucket.PENDING,
    State.ACCEPTED: Bucket.ACCEPTED,
    State.REJECTED: Bucket.REJECTED,
}

# What the phone is told by its feed (backend.clips.changes); what it did itself it knows.
TOLD_ON_ENTER: Final = frozenset(
    {State.PASSED, State.REVIEW, State.REJECTED, State.ACCEPTED, State.WITHDRAWN}
)
