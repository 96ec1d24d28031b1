"""Read a campaign's clips page by page: the queue of a reviewer, or whatever somebody looks for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipQuerySet
from backend.clips.state import State
from backend.quality.judging import latest_checks, measures_of

MOST = 100


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; None is anything. `reason` is a code of the verdict, `since` and
    `until` are days (UTC) on which clips were announced, both included.
    """

    state: State | None = None
    reason: str | None = None
    collector: UUID | None = None
    speaker: UUID | None = None
    cell: str | None = None
    since: date | None = None
    until: date | None = None
    newest_first: bool = True


def wanted_clips(campaign: Campaign, wanted: Wanted) -> ClipQuerySet:
    """Return the clips, in the order of their ids; the state's index serves both directions."""
    clips = Clip.objects.filter(campaign=campaign)
    if wanted.state is not None:
        clips = clips.in_state(wanted.state)
    for name in ("collector", "speaker", "cell"):
        value = getattr(wanted, name)
        if value is not None:
            clips = clips.filter(**{name: value})
    if wanted.since is not None:
        clips = clips.filter(created_at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        clips = clips.filter(created_at__lt=_midnight(wanted.until) + timedelta(days=1))
    if wanted.reason is not None:
        clips = _with_reason(clips, wanted.reason)
    return clips.order_by("-pk" if wanted.newest_first else "pk")


def read_page(
    clips: ClipQuerySet, wanted: Wanted, *, after: UUID | None, size: int
) -> tuple[list[Clip], UUID | None]:
    """Return a page of clips with their prompts, and the id behind which the next one begins."""
    if after is not None:
        clips = clips.filter(pk__lt=after) if wanted.newest_first else clips.filter(pk__gt=after)
    page = list(clips.select_related("prompt")[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None


def clip_facts(clip: Clip) -> dict[str, Any]:
    """Return a clip as a reviewer needs it: nothing says who speaks, or who collected it by name.

    `duration_ms` is the decoded time once a check has told it.
    """
    return {
        "id": str(clip.pk),
        "state": clip.state,
        "speaker": str(clip.speaker_id),
        "collector": str(clip.collector_id),
        "cell": clip.cell,
        "take": clip.take,
        "duration_ms": clip.counted_ms,
        "content_type": clip.content_type,
        "created_at": clip.created_at,
        "recorded_at": clip.recorded_at,
        "stored_at": clip.stored_at,
        "prompt": {
            "id": str(clip.prompt_id),
            "revision": clip.prompt_revision,
            "kind": clip.prompt.kind,
            "text": clip.prompt.text,
            "language": clip.prompt.language,
            "direction": clip.prompt.direction,
        },
        "verdict": clip.verdict,
    }


def measures_by_clip(clips: list[Clip]) -> dict[UUID, dict[str, float]]:
    """Return what all stages measured of each clip; of a withdrawn one nothing is said."""
    checks = latest_checks([clip.pk for clip in clips if clip.state != State.WITHDRAWN])
    return {clip_id: measures_of(found) for clip_id, found in checks.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _with_reason(clips: ClipQuerySet, code: str) -> ClipQuerySet:
    if connection.vendor == "postgresql":
        return clips.filter(verdict__reasons__contains=[{"code": code}])
    # SQLite has no containment; it keeps the text that Python's json wrote. A code has no quotes.
    text = clips.annotate(verdict_text=Cast("verdict", TextField()))
    return text.filter(verdict_text__contains=f'"code": "{code}"')
