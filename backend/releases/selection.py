"""Read which clips may go into a release, and which of those chosen may no longer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, Transcript
from backend.clips.state import State
from backend.quality.models import QualityCheck, Stage
from backend.releases.models import Release
from backend.releases.rows import SAMPLE_RATE, Row
from backend.speakers.cells import level_of

_AT_ONCE = 2000
_CONSENT = (
    "state",
    "speaker__withdrawn_at",
    "session__consent__withdrawn_at",
    "session__consent__scopes",
    "session__consent__evidence_sha256",
    "session__consent__evidence_stored_at",
)


@dataclass
class Selected:
    """Rows without a split yet, and how many accepted clips were left out, by reason."""

    rows: list[Row] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)


def why_not(clip: Mapping[str, Any]) -> str:
    """Return why a clip may not be published, or ""; asked at selection and again at the seal.

    `clip` has the columns of _CONSENT. The consent that counts is the one the clip was recorded
    under; one that was spoken counts when its recording is home.
    """
    if clip["state"] != State.ACCEPTED:
        return "not_accepted"
    if clip["speaker__withdrawn_at"] or clip["session__consent__withdrawn_at"]:
        return "consent_withdrawn"
    if "publish" not in clip["session__consent__scopes"]:
        return "not_for_publishing"
    if (
        clip["session__consent__evidence_sha256"]
        and not clip["session__consent__evidence_stored_at"]
    ):
        return "consent_not_proved"
    return ""


def select_rows(*, campaign: Campaign, filters: Mapping[str, Any]) -> Selected:
    """Return every clip that may be published and fits the filters, by one query, in no order.

    Clips that the filters leave out count as `filtered`.
    """
    selected = Selected()
    for clip in _accepted(campaign).iterator(chunk_size=_AT_ONCE):
        reason = why_not(clip)
        if not reason and clip["derivative__key"] is None:
            reason = "no_audio"
        if not reason and clip["derivative__sample_rate"] != SAMPLE_RATE:
            reason = "other_sample_rate"
        if reason:
            selected.excluded[reason] += 1
            continue
        row = _row(clip)
        if fits(row, filters):
            selected.rows.append(row)
        else:
            selected.excluded["filtered"] += 1
    return selected


def _accepted(campaign: Campaign) -> QuerySet[Clip, dict[str, Any]]:
    latest = Transcript.objects.filter(clip=OuterRef("pk")).order_by("-version")
    checks = QualityCheck.objects.filter(clip=OuterRef("pk"), stage=Stage.SIGNAL)
    check = checks.order_by("-event_seq", "-profile_version")
    rows: QuerySet[Clip, dict[str, Any]] = (
        Clip.objects.in_state(State.ACCEPTED)
        .filter(campaign=campaign)
        .annotate(
            text=Subquery(latest.values("text")[:1]),
            text_source=Subquery(latest.values("source")[:1]),
            transcript_version=Subquery(latest.values("version")[:1]),
            measures=Subquery(check.values("measures")[:1]),
            profile_version=Subquery(check.values("profile_version")[:1]),
        )
        .values(
            *_CONSENT,
            *("pk", "speaker_id", "stored_at", "speaker__demographics", "session__environment"),
            *("prompt__text", "prompt__kind", "prompt__language"),
            *("derivative__key", "derivative__sha256", "derivative__bytes"),
            *("derivative__samples", "derivative__sample_rate"),
            *("text", "text_source", "transcript_version", "measures", "profile_version"),
        )
    )
    return rows


def _row(clip: Mapping[str, Any]) -> Row:
    received = clip["stored_at"].astimezone(UTC).date()
    said = clip["speaker__demographics"]
    measures = clip["measures"] or {}
    return Row(
        clip_id=str(clip["pk"]),
        speaker_id=str(clip["speaker_id"]),
        split="",
        text=clip["text"],
        text_source=clip["text_source"] or "",
        transcript_version=clip["transcript_version"] or 0,
        prompt_text=clip["prompt__text"],
        prompt_kind=clip["prompt__kind"],
        language=clip["prompt__language"],
        duration=clip["derivative__samples"] / SAMPLE_RATE,
        gender=level_of(said, "gender", received),
        age_band=level_of(said, "age_band", received),
        accent=level_of(said, "accent", received),
        environment=clip["session__environment"],
        consent_scopes=",".join(sorted(clip["session__consent__scopes"])),
        received_on=received.isoformat(),
        quality_profile=clip["profile_version"] or 0,
        level_dbov=measures.get("active_level_dbov"),
        active_ratio=measures.get("active_ratio"),
        audio_key=clip["derivative__key"],
        audio_sha256=clip["derivative__sha256"],
        audio_bytes=clip["derivative__bytes"],
        audio_samples=clip["derivative__samples"],
    )


def fits(row: Row, filters: Mapping[str, Any]) -> bool:
    """Say whether a row passes every filter of a recipe that was read by read_recipe."""
    chosen = {
        "languages": row.language,
        "prompt_kinds": row.prompt_kind,
        "genders": row.gender,
        "age_bands": row.age_band,
        "environments": row.environment,
    }
    return (
        all(value in filters[name] for name, value in chosen.items() if name in filters)
        and filters.get("received_from", "") <= row.received_on
        and row.received_on <= filters.get("received_until", "9999-12-31")
        and filters.get("min_seconds", 0) <= row.duration
        and row.duration <= filters.get("max_seconds", float("inf"))
        and filters.get("transcribed", row.text is not None) == (row.text is not None)
    )


def gone_since(*, release: Release) -> set[str]:
    """Return the ids of a release's clips that may no longer be published."""
    clips = Clip.objects.filter(release_items__release=release).values("pk", *_CONSENT)
    return {str(clip["pk"]) for clip in clips.iterator(chunk_size=_AT_ONCE) if why_not(clip)}


def withdrawn_among(*, release: Release, clip_ids: list[UUID]) -> list[UUID]:
    """Return those of the ids that are in the release and were withdrawn, in order."""
    withdrawn = Clip.objects.in_state(State.WITHDRAWN).filter(
        release_items__release=release, pk__in=clip_ids
    )
    return list(withdrawn.order_by("pk").values_list("pk", flat=True))
