"""Judge a campaign's clips anew by a new profile, from stored measures, batch after batch."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.campaigns.models import QualityProfile
from backend.clips import lifecycle
from backend.clips.dispatch import JOBS_ON_PROVISIONAL
from backend.clips.models import Clip, ClipQuerySet
from backend.clips.state import State
from backend.jobs.models import Job
from backend.quality.judging import STATE_AFTER, awaits_models, latest_checks, verdict_of
from backend.quality.models import QualityCheck, Stage
from backend.quality.profile import read_rules
from backend.quality.standing import (
    LATER,
    RULED,
    Judge,
    Proposal,
    decided_by_people,
    proposal_for,
    propose,
    stands_by_machine,
)
from backend.quality.tally import Tally
from backend.quality.verdict import Outcome
from backend.speakers import voices

KIND: Final = "rejudge_clips"
REJUDGED: Final = "rejudged"
BATCH: Final = 200


def job_key(campaign_id: UUID, version: int) -> str:
    """Return the key of the job that judges a campaign's clips by a version."""
    return f"{KIND}:{campaign_id}:{version}"


def job_of(profile: QualityProfile) -> Job | None:
    """Return the job that judges by this version; the first version has none."""
    return Job.objects.filter(key=job_key(profile.campaign_id, profile.version)).first()


def clips_of(campaign_id: UUID) -> ClipQuerySet:
    """Return the clips that a profile has something to say of, in the order of their ids."""
    clips = Clip.objects.in_state(*RULED, *LATER).filter(campaign_id=campaign_id)
    return clips.order_by("pk")


def newer_version(profile: QualityProfile) -> int | None:
    """Return the campaign's newest version when it is beyond this one."""
    newer = QualityProfile.objects.filter(
        campaign_id=profile.campaign_id, version__gt=profile.version
    )
    return newer.order_by("-version").values_list("version", flat=True).first()


def rejudge_batch(
    *,
    profile: QualityProfile,
    after: UUID | None,
    tally: Tally,
    actor: str,
    now: datetime,
    size: int = BATCH,
) -> UUID | None:
    """Judge the next clips behind `after` by the profile and count them in `tally`.

    Clips that stay where they are, with the same reasons, are written together; each of the others
    in a transaction of its own, so that the counters of its cell are held no longer than by any
    other move. A clip that this version has judged before is counted as it was then.
    Returns the id of the last clip, None when none was left.
    """
    clips = clips_of(profile.campaign_id)
    if after is not None:
        clips = clips.filter(pk__gt=after)
    ids = list(clips.values_list("pk", flat=True)[:size])
    if not ids:
        return None
    judge = Judge(read_rules(profile.rules))
    with transaction.atomic():
        mine = Clip.objects.filter(pk__in=ids).order_by("pk")
        # Whoever checks one of them at this moment has read this profile, or is waited for here.
        list(mine.select_for_update().values_list("pk"))
        done = _judged_before(profile, ids)
        page = mine.in_state(*RULED, *LATER).exclude(pk__in=list(done)).select_related("prompt")
        proposals = list(propose(page, judge, tally))
        same = [proposal for proposal in proposals if _says_the_same(proposal)]
        _stamp(same, profile, now)
    for proposal in same:
        proposal.count_in(tally)
    told = {proposal.clip.pk for proposal in same}
    for proposal in proposals:
        if proposal.clip.pk in told:
            continue
        changed = _rejudge(proposal.clip.pk, profile, judge, actor, now)
        if changed is not None:
            changed.count_in(tally)
        else:
            # A person, or its speaker, was faster.
            tally.kept += 1
    for before, check in done.values():
        _count_again(before, check, tally)
    return ids[-1]


def _says_the_same(proposal: Proposal) -> bool:
    shown = proposal.clip.verdict or {}
    return (
        proposal.stays
        and shown.get("outcome") == proposal.verdict.outcome
        and bool(shown.get("provisional")) == proposal.waits
        and [_bare(reason) for reason in shown.get("reasons", ())] == proposal.reasons
    )


def _bare(reason: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reason.items() if name != "text"}


def _check_by(proposal: Proposal, profile: QualityProfile, now: datetime) -> QualityCheck:
    """Return the row of a re-judgement: the measures are the stage's own, heard once."""
    stage = Stage.MODELS if Stage.MODELS in proposal.checks else Stage.SIGNAL
    heard = proposal.checks[stage]
    return QualityCheck(
        clip=proposal.clip,
        event_seq=proposal.clip.event_seq,
        stage=stage,
        profile_version=profile.version,
        measures=heard.measures,
        facts=heard.facts,
        outcome=proposal.verdict.outcome.value,
        provisional=proposal.waits,
        reasons=proposal.reasons,
        at=now,
    )


def _stamp(proposals: list[Proposal], profile: QualityProfile, now: datetime) -> None:
    """Keep that this version says the same; the clips are locked."""
    checks = [_check_by(proposal, profile, now) for proposal in proposals]
    QualityCheck.objects.bulk_create(checks)
    lifecycle.restamp({check.clip_id: verdict_of(check) for check in checks})


def _rejudge(
    clip_id: UUID, profile: QualityProfile, judge: Judge, actor: str, now: datetime
) -> Proposal | None:
    """Write what the profile says of one clip; None when others have decided meanwhile."""
    with transaction.atomic():
        rows = Clip.objects.select_for_update(of=("self",)).select_related("prompt")
        clip = rows.get(pk=clip_id)
        checks = latest_checks([clip_id])[clip_id]
        if (
            clip.state not in RULED
            or decided_by_people([clip_id])
            or not stands_by_machine(clip, checks)
            or any(check.profile_version > profile.version for check in checks.values())
        ):
            return None
        proposal = proposal_for(clip, checks, judge)
        check = _check_by(proposal, profile, now)
        check.save(force_insert=True)
        step: dict[str, Any] = {
            "clip_id": clip_id,
            "actor": actor,
            "at": now,
            "reason": REJUDGED,
            "detail": {
                "check": str(check.id),
                "profile_version": profile.version,
                "codes": [reason["code"] for reason in check.reasons],
            },
            "expected_seq": clip.event_seq,
        }
        if proposal.stays:
            jobs = JOBS_ON_PROVISIONAL if proposal.waits and not awaits_models(clip) else ()
            lifecycle.restate(verdict=verdict_of(check), jobs=jobs, **step)
        else:
            lifecycle.move(to=proposal.to, values={"verdict": verdict_of(check)}, **step)
            if proposal.to is State.REJECTED:
                # As when a person rejects it: it shall not say how its speaker sounds.
                voices.forget_clip(clip_id)
    return proposal


def _judged_before(
    profile: QualityProfile, ids: list[UUID]
) -> dict[UUID, tuple[QualityCheck | None, QualityCheck]]:
    """Return the clips that this version, or a newer one, has judged: (check before, its check)."""
    by: dict[UUID, QualityCheck] = {}
    before: dict[UUID, QualityCheck] = {}
    rows = QualityCheck.objects.filter(clip_id__in=ids).defer("measures", "facts")
    for check in rows.order_by("event_seq", "profile_version"):
        (by if check.profile_version >= profile.version else before)[check.clip_id] = check
    return {clip_id: (before.get(clip_id), check) for clip_id, check in by.items()}


def _count_again(before: QualityCheck | None, check: QualityCheck, tally: Tally) -> None:
    """Count a clip that an attempt before this one judged, or that came in after the new rules."""
    was = before or check
    tally.seen += 1
    tally.count(
        state=_state_by(was),
        to=_state_by(check),
        waits=False,
        before=was.reasons,
        after=check.reasons,
    )


def _state_by(check: QualityCheck) -> State:
    return State.UPLOADED if check.provisional else STATE_AFTER[Outcome(check.outcome)]
