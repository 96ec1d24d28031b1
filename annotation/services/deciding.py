"""Settle a clip from its answers. For now one valid answer settles it; more come with overlap."""

import datetime as dt
import uuid

from django.db.models import Max

from annotation.answer import Reading, read_answer
from annotation.models import Answer, Route, RouteState
from annotation.services.routing import route_again
from annotation.services.withdrawal import retire_routes
from backend.clips import lifecycle
from backend.clips.models import Clip, Transcript
from backend.clips.state import State


def settle_route(*, route: Route, clip: Clip, actor: str, now: dt.datetime) -> None:
    """Draw the consequences of a route's answers, in the caller's transaction (clip locked).

    Nothing that was accepted is touched: an edit or a deletion afterwards is history only.
    """
    if Answer.objects.filter(route=route, accepted_at__isnull=False).exists():
        return
    answers = list(
        Answer.objects.filter(route=route, superseded_at=None, deleted_at=None).order_by(
            "updated_at", "pk"
        )
    )
    if not answers:
        # All answers were deleted at the vendor's: the task waits there again.
        if route.ls_task_id is not None and clip.state == State.ANNOTATING:
            Route.objects.filter(pk=route.pk, state=RouteState.ANSWERED).update(
                state=RouteState.SENT, answered_at=None, reason=""
            )
        return
    usable = next((one for one in answers if one.valid and not one.was_cancelled), None)
    why = "" if usable else "skipped" if answers[-1].was_cancelled else "invalid"
    Route.objects.filter(pk=route.pk, state__in=[RouteState.SENT, RouteState.ANSWERED]).update(
        state=RouteState.ANSWERED, answered_at=now, reason=why
    )
    if usable is None:
        route_again(route=route, clip=clip, actor=actor, now=now, why=why)
    elif clip.state == State.ANNOTATING:
        _accept(answer=usable, route=route, clip=clip, actor=actor, now=now)


def _accept(*, answer: Answer, route: Route, clip: Clip, actor: str, now: dt.datetime) -> None:
    """Take the answer as the clip's: its transcript, or its rejection with reasons."""
    reading = read_answer(answer.payload)
    if not Answer.objects.filter(pk=answer.pk, accepted_at=None).update(accepted_at=now):
        return
    origin: dict[str, object] = {
        "route": str(route.pk),
        "vendor": str(route.vendor_id),
        "answer": answer.pk,
    }
    if reading.verdict == "accept":
        _write_transcript(clip=clip, reading=reading, origin=origin, now=now)
        lifecycle.move(
            clip_id=clip.pk,
            to=State.ACCEPTED,
            actor=actor,
            at=now,
            reason="annotated",
            detail=origin,
        )
    else:
        lifecycle.move(
            clip_id=clip.pk,
            to=State.REJECTED,
            actor=actor,
            at=now,
            reason="annotators-rejected",
            detail={**origin, "reasons": list(reading.reasons)},
        )
    retire_routes(clip_id=clip.pk, keep=route.pk, now=now)


def _write_transcript(
    *, clip: Clip, reading: Reading, origin: dict[str, object], now: dt.datetime
) -> uuid.UUID:
    last = Transcript.objects.filter(clip=clip).aggregate(last=Max("version"))["last"] or 0
    row = Transcript.objects.create(
        clip=clip,
        version=last + 1,
        text=reading.transcript,
        source="annotation",
        detail={**origin, "raters": 1},
        created_at=now,
    )
    return row.pk
