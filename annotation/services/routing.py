"""Ask: open a clip's route when it has passed, and ask again where nobody gave a usable answer."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Max

from annotation.models import TRANSCRIPTION, Project, Route
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.services import enqueue_job

# After this many askings without a usable answer a person looks at the clip.
MAX_ROUNDS = 3
# Routes opened within this time go to the vendor in one request.
PUSH_EVERY = dt.timedelta(seconds=5)


class PolicyUnknown(Exception):
    """The campaign's annotation policy names a type that nobody wrote."""


def open_annotation(*, clip_id: uuid.UUID, actor: str, now: dt.datetime) -> str:
    """Send a passed clip on its way; return what was done.

    `accepted` where the campaign wants no annotation, `routed` with a pending route, `waiting`
    while no vendor can take it (polling comes back to it), `gone` when it has left `passed`.
    Raises PolicyUnknown.
    """
    with transaction.atomic():
        clip = _lock(clip_id)
        if clip is None or clip.state != State.PASSED:
            return "gone"
        wanted = clip.campaign.annotation.get("type", TRANSCRIPTION)
        if wanted == "none":
            lifecycle.move(
                clip_id=clip.pk, to=State.ACCEPTED, actor=actor, at=now, reason="no-annotation"
            )
            return "accepted"
        if wanted != TRANSCRIPTION:
            raise PolicyUnknown(str(wanted)[:40])
        project = _choose_project(clip, wanted)
        if project is None:
            return "waiting"
        _add_route(clip=clip, project=project, now=now)
        lifecycle.move(clip_id=clip.pk, to=State.ANNOTATING, actor=actor, at=now, reason="routed")
        return "routed"


def route_again(*, route: Route, clip: Clip, actor: str, now: dt.datetime, why: str) -> None:
    """Ask once more, in the caller's transaction, which has locked the clip.

    After MAX_ROUNDS the clip goes to `review` instead: a person must look.
    """
    if clip.state != State.ANNOTATING or Route.objects.filter(clip=clip).open().exists():
        return
    project = _choose_project(clip, route.task_type)
    if project is None or _last_round(clip, route.task_type) >= MAX_ROUNDS:
        lifecycle.move(
            clip_id=clip.pk,
            to=State.REVIEW,
            actor=actor,
            at=now,
            reason="annotation-unanswered",
            detail={"rounds": _last_round(clip, route.task_type), "last": why},
        )
        return
    _add_route(clip=clip, project=project, now=now)


def request_push(*, project_id: int, now: dt.datetime) -> None:
    """Have the pending routes of a project sent soon; asking often makes one job."""
    slot = int(now.timestamp() // PUSH_EVERY.total_seconds())
    enqueue_job(
        kind="push_tasks",
        key=f"push_tasks:{project_id}:{slot}",
        subject=str(project_id),
        now=now,
        # At the slot's end, when every route that shares the job has been committed.
        run_after=dt.datetime.fromtimestamp((slot + 1) * PUSH_EVERY.total_seconds(), dt.UTC),
    )


def _lock(clip_id: uuid.UUID) -> Clip | None:
    rows = Clip.objects.select_for_update(of=("self",)).select_related("campaign", "collector")
    return rows.filter(pk=clip_id).first()


def _last_round(clip: Clip, task_type: str) -> int:
    rounds = Route.objects.filter(clip=clip, task_type=task_type).aggregate(last=Max("round"))
    return rounds["last"] or 0


def _add_route(*, clip: Clip, project: Project, now: dt.datetime) -> Route:
    route = Route.objects.create(
        clip=clip,
        vendor=project.instance.vendor,
        project=project,
        task_type=project.task_type,
        round=_last_round(clip, project.task_type) + 1,
        created_at=now,
    )
    request_push(project_id=project.pk, now=now)
    return route


def _choose_project(clip: Clip, task_type: str) -> Project | None:
    """The first active vendor's newest project for this; never the firm that collected the clip."""
    projects = Project.objects.filter(
        active=True, task_type=task_type, instance__vendor__active=True
    ).select_related("instance__vendor")
    firm = clip.collector.firm_id
    if firm is not None:
        projects = projects.exclude(instance__vendor__firm=firm)
    return projects.order_by("instance__vendor__created_at", "-config_version", "pk").first()
