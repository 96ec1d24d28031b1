"""Push: carry a project's pending routes into Label Studio, each exactly once.

Label Studio knows no uniqueness and may carry out a request whose answer is lost. So a route is
`sending` before the request and `sent` after the answer; whoever finds one `sending` from earlier
looks it up by its id first, and sends only what is not there. One writer a project (leases), and
that lease outlasts the request, so that a killed writer's request is over before the look.
What slips through all the same (a machine asleep for minutes between lease and request) is a
double, which receiving finds and removes.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Value, When

from annotation.label_studio.client import IMPORT_LIMIT, LabelStudio
from annotation.label_studio.errors import Refused
from annotation.links import audio_link
from annotation.models import Project, Route, RouteState
from annotation.services.circuit import open_door
from annotation.services.leases import Clock, Lease, hold_lease
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.state import State

_log = logging.getLogger("fieldvoice.annotation")
# Only these say that the tasks themselves are at fault; 404 is a project that is gone.
_TASK_AT_FAULT = (400, 413, 422)


@dataclass
class Pushed:
    """What a push did, in routes."""

    adopted: int = 0
    sent: int = 0
    failed: int = 0


def push_routes(*, project: Project, actor: str, clock: Clock) -> Pushed:
    """Send everything that is pending, IMPORT_LIMIT tasks a request.

    Raises LeaseBusy, InstanceAway and the door's errors; whatever it was doing is then continued
    by the next call.
    """
    done = Pushed()
    with (
        open_door(instance=project.instance, clock=clock) as door,
        hold_lease(project=project, purpose="write", clock=clock) as lease,
    ):
        left = _adopt_earlier(project, door, lease, done)
        for start in range(0, len(left), IMPORT_LIMIT):
            _send(project, left[start : start + IMPORT_LIMIT], door, lease, done, actor)
        while batch := _take(project, clock()):
            _send(project, batch, door, lease, done, actor)
    _log.info(
        "annotation.pushed",
        extra={
            "project": project.pk,
            "adopted": done.adopted,
            "sent": done.sent,
            "failed": done.failed,
        },
    )
    return done


def task_data(route: Route) -> dict[str, str]:
    """All that a vendor learns of a clip: how to hear it, what was to be said, and in what."""
    clip = route.clip
    if clip is None:
        raise ValueError("a transcription route has a clip")
    return {
        "audio": audio_link(route.id, public_url=settings.PUBLIC_URL, secret=settings.SECRET_KEY),
        "prompt_text": clip.prompt.text,
        "language": clip.prompt.language,
        "route_id": str(route.id),
    }


def _take(project: Project, now: dt.datetime) -> list[Route]:
    """Mark the oldest pending routes as being sent, and return them in random order.

    The order is that of the routes' random ids: one speaker's clips do not follow each other.
    """
    waiting = Route.objects.filter(
        project=project, state=RouteState.PENDING, clip__state=State.ANNOTATING
    )
    ids = list(waiting.order_by("created_at").values_list("pk", flat=True)[:IMPORT_LIMIT])
    if not ids:
        return []
    batch = uuid.uuid4()
    Route.objects.filter(pk__in=ids, state=RouteState.PENDING).update(
        state=RouteState.SENDING, batch=batch, sending_at=now, attempt=F("attempt") + 1
    )
    rows = Route.objects.filter(batch=batch, state=RouteState.SENDING).order_by("pk")
    return list(rows.select_related("clip__prompt"))


def _adopt_earlier(project: Project, door: LabelStudio, lease: Lease, done: Pushed) -> list[Route]:
    """Look up the routes of a push that did not end; return those that never arrived."""
    rows = Route.objects.filter(project=project, state=RouteState.SENDING)
    earlier = list(rows.select_related("clip__prompt").order_by("sending_at", "pk"))
    if not earlier:
        return []
    first: dict[uuid.UUID, int] = {}
    for start in range(0, len(earlier), IMPORT_LIMIT):
        lease.renew()
        part = [route.pk for route in earlier[start : start + IMPORT_LIMIT]]
        for task in door.find_tasks(project.ls_project_id, part):
            if task.route_id is not None:
                # The lowest id stays; receiving removes a double that nobody has answered.
                first[task.route_id] = min(task.id, first.get(task.route_id, task.id))
    there = [route for route in earlier if route.pk in first]
    _record_sent(there, [first[route.pk] for route in there], lease.clock())
    done.adopted += len(there)
    return [route for route in earlier if route.pk not in first]


def _send(
    project: Project,
    routes: Sequence[Route],
    door: LabelStudio,
    lease: Lease,
    done: Pushed,
    actor: str,
) -> None:
    """Import the routes' tasks; a refused batch is halved until the task at fault stands alone."""
    if not routes:
        return
    lease.renew()
    try:
        ids = door.import_tasks(project.ls_project_id, [task_data(route) for route in routes])
    except Refused as error:
        if error.status not in _TASK_AT_FAULT:
            raise
        if len(routes) == 1:
            _record_failed(routes[0], error, actor, lease.clock())
            done.failed += 1
            return
        half = len(routes) // 2
        _send(project, routes[:half], door, lease, done, actor)
        _send(project, routes[half:], door, lease, done, actor)
        return
    _record_sent(routes, ids, lease.clock())
    done.sent += len(routes)


def _record_sent(routes: Sequence[Route], ids: Sequence[int], now: dt.datetime) -> None:
    """Note each route's task, also where the route was withdrawn meanwhile: it gets deleted."""
    if not routes:
        return
    keys = [route.pk for route in routes]
    cases = [When(pk=key, then=Value(task)) for key, task in zip(keys, ids, strict=True)]
    with transaction.atomic():
        Route.objects.filter(pk__in=keys, ls_task_id=None).update(
            ls_task_id=Case(*cases, output_field=BigIntegerField())
        )
        Route.objects.filter(pk__in=keys, state=RouteState.SENDING).update(
            state=RouteState.SENT, sent_at=now
        )


def _record_failed(route: Route, error: Refused, actor: str, now: dt.datetime) -> None:
    """Note that Label Studio will not have this task; a person looks at its clip."""
    with transaction.atomic():
        failed = Route.objects.filter(pk=route.pk, state=RouteState.SENDING).update(
            state=RouteState.FAILED, reason=str(error)[:200]
        )
        clip = Clip.objects.filter(routes=route, state=State.ANNOTATING).first()
        if failed and clip is not None:
            lifecycle.move(
                clip_id=clip.pk,
                to=State.REVIEW,
                actor=actor,
                at=now,
                reason="annotation-refused",
                detail={"route": str(route.pk), "status": error.status},
            )
    _log.error("annotation.task_refused", extra={"route": str(route.pk), "status": error.status})
