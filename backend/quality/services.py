"""Record what a machine judged, and what a person decided after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.campaigns.models import Campaign, QualityProfile
from backend.campaigns.services import write_profile
from backend.clips import lifecycle
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.problems import NotFound, Problem
from backend.quality.hints import hint_text
from backend.quality.models import Derivative, QualityCheck, Stage
from backend.quality.profile import ProfileInvalid, read_rules
from backend.quality.verdict import Outcome, judge

REVIEW = "review"
_STATE_AFTER: Final = {
    Outcome.PASS: State.PASSED,
    Outcome.REVIEW: State.REVIEW,
    Outcome.REJECT: State.REJECTED,
}


class NotReviewable(Problem):
    """Only a clip in review, or a rejected one that shall pass, waits for a person's decision."""

    slug, status, title = "not-reviewable", 409, "This clip is not waiting for a decision."


class ClipUnreadable(Problem):
    """The clip holds no sound that could be heard, labelled or released."""

    slug, status, title = "clip-unreadable", 409, "This clip could not be decoded; it cannot pass."


class ProfileFaulty(Problem):
    """The rules are no profile; `errors` names every fault by its field."""

    slug, status, title = "profile-faulty", 422, "The quality profile was not taken."


@dataclass(frozen=True)
class DerivedFacts:
    """What is kept of a derivative that lies in the store: hashes in hex, sizes in bytes,
    samples.
    """

    key: str
    sha256: str
    bytes: int
    samples: int
    sample_rate: int
    pcm_sha256: str


def record_quality_check(
    *,
    clip_id: UUID,
    event_seq: int,
    measures: Mapping[str, float],
    facts: Mapping[str, str],
    derivative: DerivedFacts | None,
    profile: QualityProfile,
    actor: str,
    now: datetime,
) -> QualityCheck | None:
    """Judge the measures, keep them, and move the clip out of `uploaded`, in one transaction.

    Returns the check; the same one again when the job is repeated after it had committed; None when
    the clip has moved meanwhile for another cause (withdrawn, a person's decision): then nothing is
    written. Raises NotFound, and ValueError when `decodable` was not measured.
    """
    if "decodable" not in measures:
        raise ValueError("a check must say whether the clip could be decoded")
    with transaction.atomic():
        clip = (
            Clip.objects.select_for_update(of=("self",))
            .select_related("prompt")
            .filter(pk=clip_id)
            .first()
        )
        if clip is None:
            raise NotFound()
        if clip.state != State.UPLOADED or clip.event_seq != event_seq:
            return QualityCheck.objects.filter(
                clip=clip, event_seq=event_seq, stage=Stage.SIGNAL
            ).first()
        verdict = judge(measures, read_rules(profile.rules), kind=clip.prompt.kind)
        reasons = verdict.as_dict()["reasons"]
        check = QualityCheck.objects.create(
            clip=clip,
            event_seq=event_seq,
            stage=Stage.SIGNAL,
            profile_version=profile.version,
            measures=dict(measures),
            facts=dict(facts),
            outcome=verdict.outcome.value,
            reasons=reasons,
            at=now,
        )
        if derivative is not None:
            Derivative.objects.update_or_create(
                clip=clip, defaults=vars(derivative) | {"created_at": now}
            )
        shown = {
            "outcome": verdict.outcome.value,
            "provisional": check.provisional,
            "profile_version": profile.version,
            "reasons": [reason | {"text": hint_text(reason["hint"])} for reason in reasons],
        }
        lifecycle.move(
            clip_id=clip_id,
            to=_STATE_AFTER[verdict.outcome],
            actor=actor,
            at=now,
            reason="quality_check",
            detail={"check": str(check.id), "codes": [reason["code"] for reason in reasons]},
            values={"verdict": shown} | _decoded_time(measures),
            expected_seq=event_seq,
        )
    return check


def _decoded_time(measures: Mapping[str, float]) -> dict[str, int]:
    """Return the milliseconds that coverage counts from now on: decoded ones, not declared ones."""
    seconds = measures.get("duration_s")
    return {} if seconds is None else {"counted_ms": round(seconds * 1000)}


def review_clip(
    *, clip_id: UUID, decision: str, reasons: Sequence[str], actor: str, now: datetime
) -> Clip:
    """Let a person decide: a clip in review passes or is rejected; a rejected one passes after all.

    `decision` is "pass" or "reject", `reasons` are reason codes. The same decision again changes
    nothing. Raises NotFound, NotReviewable (with the state), ClipUnreadable.
    """
    to = {"pass": State.PASSED, "reject": State.REJECTED}[decision]
    with transaction.atomic():
        clip = Clip.objects.select_for_update().filter(pk=clip_id).first()
        if clip is None:
            raise NotFound()
        waiting = clip.state == State.REVIEW or (
            clip.state == State.REJECTED and to is State.PASSED
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
        clip.refresh_from_db()
    return clip


def _persons_reason(code: str) -> dict[str, Any]:
    # A person gives a code, not a measurement.
    return {"code": code, "value": None, "threshold": None, "hint": "", "text": ""}


def _decided_before(clip: Clip, decision: str) -> bool:
    """Say whether the last decision of a person was this one; the clip may have moved on since."""
    last = ClipEvent.objects.filter(clip=clip, reason=REVIEW).order_by("-seq").first()
    return last is not None and last.detail.get("decision") == decision


def change_profile(
    *, campaign: Campaign, rules: object, actor: str, now: datetime
) -> QualityProfile:
    """Write the next version of a campaign's profile; raises ProfileFaulty with every fault.

    The rules that stand already give the version that stands.
    """
    try:
        wanted = [rule.as_dict() for rule in read_rules(rules)]
    except ProfileInvalid as error:
        raise ProfileFaulty(
            f"{len(error.faults)} faults.",
            errors=[
                {"field": fault.field, "code": fault.code, "message": fault.message}
                for fault in error.faults[:200]
            ],
        ) from error
    latest = QualityProfile.objects.filter(campaign=campaign).order_by("-version").first()
    if latest is not None and latest.rules == wanted:
        return latest
    return write_profile(campaign=campaign, rules=wanted, actor=actor, now=now)
