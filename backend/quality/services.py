"""Record what a machine judged by a campaign's rules, stage by stage; change the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend.campaigns.models import Campaign, QualityProfile
from backend.campaigns.services import write_profile
from backend.clips import lifecycle
from backend.clips.dispatch import JOBS_ON_PROVISIONAL
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.services import enqueue_job
from backend.problems import NotFound, Problem
from backend.quality.duplicates import Heard, find_duplicate, remember_fingerprint
from backend.quality.judging import (
    STATE_AFTER,
    awaits_models,
    latest_checks,
    measures_of,
    verdict_of,
)
from backend.quality.models import Derivative, QualityCheck, Stage
from backend.quality.profile import ProfileInvalid, Rule, read_rules
from backend.quality.rejudging import KIND as REJUDGE
from backend.quality.rejudging import job_key as rejudge_key
from backend.quality.verdict import Outcome, Verdict, judge


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
    heard: Heard | None = None,
) -> QualityCheck | None:
    """Judge what the signal tells and keep it, in one transaction.

    `heard`: by what the clip is compared with those before it and known to those after it; None
    where it could not be decoded.

    A clip that is to be rejected moves at once. Any other moves where no models are enabled;
    where they are it stays in `uploaded` with a provisional verdict, and the job `score_clip`
    follows. A profile newer than `profile` is judged by instead.

    Returns the check; the same one again when the job is repeated after it had committed; None when
    the clip has moved meanwhile for another cause (withdrawn, a person's decision): then nothing is
    written. Raises NotFound, and ValueError when `decodable` was not measured.
    """
    if "decodable" not in measures:
        raise ValueError("a check must say whether the clip could be decoded")
    with transaction.atomic():
        clip = _locked(clip_id)
        if clip.state != State.UPLOADED or clip.event_seq != event_seq:
            return QualityCheck.objects.filter(
                clip=clip, event_seq=event_seq, stage=Stage.SIGNAL
            ).first()
        profile = _newest(profile)
        if heard is not None:
            match = find_duplicate(clip=clip, heard=heard)
            measures, facts = {**measures, **match.measures()}, {**facts, **match.facts()}
            remember_fingerprint(clip=clip, heard=heard, now=now)
        verdict = judge(measures, read_rules(profile.rules), kind=clip.prompt.kind)
        provisional = settings.MODEL_CHECKS and verdict.outcome is not Outcome.REJECT
        check = _keep(clip, Stage.SIGNAL, profile, measures, facts, verdict, provisional, now)
        if derivative is not None:
            Derivative.objects.update_or_create(
                clip=clip, defaults=vars(derivative) | {"created_at": now}
            )
        step: dict[str, Any] = {
            "clip_id": clip_id,
            "actor": actor,
            "at": now,
            "reason": "quality_check",
            "detail": _detail(check),
            "expected_seq": event_seq,
        }
        if provisional:
            lifecycle.restate(
                verdict=verdict_of(check),
                counted_ms=_decoded_ms(measures),
                jobs=JOBS_ON_PROVISIONAL,
                **step,
            )
        else:
            decoded_ms = _decoded_ms(measures)
            counted = {} if decoded_ms is None else {"counted_ms": decoded_ms}
            values = {"verdict": verdict_of(check)} | counted
            lifecycle.move(to=STATE_AFTER[verdict.outcome], values=values, **step)
    return check


def record_model_check(
    *,
    clip_id: UUID,
    event_seq: int,
    measures: Mapping[str, float],
    facts: Mapping[str, str],
    profile: QualityProfile,
    actor: str,
    now: datetime,
) -> QualityCheck | None:
    """Judge what the signal and the models tell together: the verdict that holds.

    `measures`: the models' alone, without those of models that are missing or could not tell.
    A profile newer than `profile` is judged by instead. That the clip has another `event_seq` now
    (its speaker was corrected, its provisional verdict judged anew) is no matter: it sounds as it
    sounded. A clip that a re-judgement would let out of `review` or `rejected` waits there for
    this.

    Returns the check; the same one again when the job is repeated after it had committed; None when
    no model is awaited any more (withdrawn, a person's decision, rejected by newer rules): then
    nothing is written. Raises NotFound.
    """
    with transaction.atomic():
        clip = _locked(clip_id)
        if not awaits_models(clip):
            done = QualityCheck.objects.filter(
                clip=clip, stage=Stage.MODELS, event_seq__gte=event_seq
            )
            return done.order_by("event_seq", "profile_version").first()
        profile = _newest(profile)
        heard = measures_of(latest_checks([clip_id]).get(clip_id, {})) | dict(measures)
        verdict = judge(heard, read_rules(profile.rules), kind=clip.prompt.kind)
        check = _keep(clip, Stage.MODELS, profile, measures, facts, verdict, False, now)
        step: dict[str, Any] = {
            "clip_id": clip_id,
            "actor": actor,
            "at": now,
            "reason": "model_check",
            "detail": _detail(check),
            "expected_seq": clip.event_seq,
        }
        to = STATE_AFTER[verdict.outcome]
        if to == clip.state:
            lifecycle.restate(verdict=verdict_of(check), **step)
        else:
            lifecycle.move(to=to, values={"verdict": verdict_of(check)}, **step)
    return check


def _locked(clip_id: UUID) -> Clip:
    rows = Clip.objects.select_for_update(of=("self",)).select_related("prompt")
    clip = rows.filter(pk=clip_id).first()
    if clip is None:
        raise NotFound()
    return clip


def _newest(profile: QualityProfile) -> QualityProfile:
    """Return the profile, or a newer one of its campaign.

    Asked once the clip is locked: whoever re-judges by new rules locks it too, so a clip is judged
    by the rules of before only if the re-judgement is still to come.
    """
    newer = QualityProfile.objects.filter(
        campaign_id=profile.campaign_id, version__gt=profile.version
    )
    return newer.order_by("-version").first() or profile


def _keep(
    clip: Clip,
    stage: Stage,
    profile: QualityProfile,
    measures: Mapping[str, float],
    facts: Mapping[str, str],
    verdict: Verdict,
    provisional: bool,
    now: datetime,
) -> QualityCheck:
    return QualityCheck.objects.create(
        clip=clip,
        event_seq=clip.event_seq,
        stage=stage,
        profile_version=profile.version,
        measures=dict(measures),
        facts=dict(facts),
        outcome=verdict.outcome.value,
        provisional=provisional,
        reasons=verdict.as_dict()["reasons"],
        at=now,
    )


def _detail(check: QualityCheck) -> dict[str, Any]:
    return {"check": str(check.id), "codes": [reason["code"] for reason in check.reasons]}


def _decoded_ms(measures: Mapping[str, float]) -> int | None:
    """Return the milliseconds that coverage counts from now on: decoded ones, not declared ones."""
    seconds = measures.get("duration_s")
    return None if seconds is None else round(seconds * 1000)


def checked_rules(rules: object) -> list[Rule]:
    """Return the rules of a document that somebody sent; raises ProfileFaulty with every fault."""
    try:
        return read_rules(rules)
    except ProfileInvalid as error:
        raise ProfileFaulty(
            f"{len(error.faults)} faults.",
            errors=[
                {"field": fault.field, "code": fault.code, "message": fault.message}
                for fault in error.faults[:200]
            ],
        ) from error


def change_profile(
    *, campaign: Campaign, rules: object, actor: str, now: datetime
) -> QualityProfile:
    """Write the next version of a campaign's profile, and have its clips judged anew by it.

    The rules that stand already give the version that stands. Raises ProfileFaulty.
    """
    wanted = [rule.as_dict() for rule in checked_rules(rules)]
    with transaction.atomic():
        # Two who write the same at once write it once.
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        latest = QualityProfile.objects.filter(campaign=campaign).order_by("-version").first()
        if latest is not None and latest.rules == wanted:
            return latest
        profile = write_profile(campaign=campaign, rules=wanted, actor=actor, now=now)
        enqueue_job(
            kind=REJUDGE,
            key=rejudge_key(campaign.pk, profile.version),
            subject=str(campaign.pk),
            payload={"version": profile.version},
            now=now,
        )
    return profile
