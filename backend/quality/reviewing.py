"""Record what a person decided about a clip; no machine ever writes over it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.clips import lifecycle
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.problems import NotFound, Problem
from backend.quality.judging import awaits_models
from backend.quality.models import Derivative
from backend.speakers import voices

REVIEW = "review"


class NotReviewable(Problem):
    """Only a clip in review, one that waits for models, or a rejected one that shall pass."""

    slug, status, title = "not-reviewable", 409, "This clip is not waiting for a decision."


class ClipUnreadable(Problem):
    """The clip holds no sound that could be heard, labelled or released."""

    slug, status, title = "clip-unreadable", 409, "This clip could not be decoded; it cannot pass."


def review_clip(
    *, clip_id: UUID, decision: str, reasons: Sequence[str], actor: str, now: datetime
) -> Clip:
    """Let a person decide: a clip in review passes or is rejected; a rejected one passes after all.

    So may one whose provisional verdict waits for models: where they fail, nothing else would end
    the wait, and what they say later is not asked any more.

    `decision` is "pass" or "reject", `reasons` are reason codes. The same decision again changes
    nothing. Raises NotFound, NotReviewable (with the state), ClipUnreadable.
    """
    to = {"pass": State.PASSED, "reject": State.REJECTED}[decision]
    with transaction.atomic():
        clip = Clip.objects.select_for_update().filter(pk=clip_id).first()
        if clip is None:
            raise NotFound()
        waiting = (
            clip.state == State.REVIEW
            or (clip.state == State.REJECTED and to is State.PASSED)
            or (clip.state == State.UPLOADED and awaits_models(clip))
        )
        if not waiting:
            if _decided_before(clip, decision):
                return clip
            raise NotReviewable(state=clip.state)
        if to is State.PASSED and not Derivative.objects.filter(clip=clip).exists():
            raise ClipUnreadable()
        judged = clip.verdict or {}
        lifecycle.move(
            clip_id=clip_id,
            to=to,
            actor=actor,
            at=now,
            reason=REVIEW,
            detail={"decision": decision, "reasons": list(reasons)},
            values={
                "verdict": {
                    "outcome": decision,
                    "provisional": False,
                    "profile_version": judged.get("profile_version", 0),
                    "reasons": [_persons_reason(code) for code in reasons],
                    "by": REVIEW,
                }
            },
            expected_seq=clip.event_seq,
        )
        if to is State.REJECTED:
            # What a person heard to be faulty shall not say how its speaker sounds.
            voices.forget_clip(clip_id)
        clip.refresh_from_db()
    return clip


def _persons_reason(code: str) -> dict[str, Any]:
    # A person gives a code, not a measurement.
    return {"code": code, "value": None, "threshold": None, "hint": "", "text": ""}


def _decided_before(clip: Clip, decision: str) -> bool:
    """Say whether the last decision of a person was this one; the clip may have moved on since."""
    last = ClipEvent.objects.filter(clip=clip, reason=REVIEW).order_by("-seq").first()
    return last is not None and last.detail.get("decision") == decision
