"""A collector's day: what to do again, and what was recorded."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Sum, When

from backend.accounts.models import Device
from backend.clips.changes import open_retakes, reasons_of
from backend.clips.models import Clip, Session
from backend.clips.state import STORED, State

# A rejection that lies further back is not looked up again: the collector has long moved on.
_REJECTED_LOOKED_AT = 300
_DAY = timedelta(days=1)
_PASSED = (State.PASSED, State.ANNOTATING, State.DISPUTED, State.ACCEPTED)


def retakes_of(*, device: Device, at_most: int) -> list[dict[str, Any]]:
    """Return `[{clip, speaker, code, prompt, text, reasons}]`, the newest rejection first.

    Once per speaker and prompt, whatever number of takes was rejected.
    """
    rejected = list(
        Clip.objects.of_device(device)
        .in_state(State.REJECTED)
        .filter(speaker__withdrawn_at=None)
        .select_related("speaker", "prompt")
        .order_by("-id")[:_REJECTED_LOOKED_AT]
    )
    wanted = open_retakes(rejected)
    newest: dict[tuple[UUID, UUID], Clip] = {}
    for clip in rejected:
        if clip.pk in wanted:
            newest.setdefault((clip.speaker_id, clip.prompt_id), clip)
    return [
        {
            "clip": clip.pk,
            "speaker": clip.speaker_id,
            "code": clip.speaker.code,
            "prompt": clip.prompt_id,
            "text": clip.prompt.text,
            "reasons": reasons_of(clip),
        }
        for clip in list(newest.values())[:at_most]
    ]


def count_day(*, device: Device, offset: timedelta, now: datetime) -> dict[str, Any]:
    """Return `{date, recorded, passed, rejected, review, seconds}` of the collector's day.

    `offset`: how far the collector's clock on the wall is ahead of UTC. Clips say when they were
    recorded by the phone's own clock, which may be wrong, so the day's bounds are moved to it by
    what the phone last said of it. `seconds` are of all clips that are here.
    """
    today: date = (now + offset).date()
    clock_ms = (
        Session.objects.filter(device=device)
        .order_by("-created_at")
        .values_list("clock_offset_ms", flat=True)
        .first()
    )
    start = datetime.combine(today, time.min, UTC) - offset
    start = _moved(start, clock_ms or 0)
    clips = Clip.objects.of_device(device).filter(
        # The id was made by the same clock a moment before: so only these days' rows are read.
        id__gte=_first_id(start - _DAY),
        recorded_at__gte=start,
        recorded_at__lt=start + _DAY,
    )
    counts = clips.exclude(state=State.WITHDRAWN).aggregate(
        recorded=Count("pk"),
        **{name: Count(_one_if(*states)) for name, states in _COUNTED.items()},
        ms=Sum(Case(When(state__in=STORED, then="counted_ms"), output_field=IntegerField())),
    )
    seconds = round((counts.pop("ms") or 0) / 1000)
    return {"date": today, **counts, "seconds": seconds}


_COUNTED = {"passed": _PASSED, "rejected": (State.REJECTED,), "review": (State.REVIEW,)}


def _one_if(*states: State) -> Case:
    return Case(When(state__in=states, then=1), output_field=IntegerField())


def _moved(moment: datetime, clock_ms: int) -> datetime:
    """Return what the phone's clock says at a moment; a clock beyond all years says the moment.

    The days before and after must be of a year, too.
    """
    try:
        moved = moment - timedelta(milliseconds=clock_ms)
        _ = moved - _DAY, moved + _DAY
    except OverflowError:
        return moment
    return moved


def _first_id(moment: datetime) -> UUID:
    """Return the lowest UUIDv7 of a moment."""
    ms = max(0, int(moment.timestamp() * 1000))
    return UUID(int=min(ms, 2**48 - 1) << 80)
