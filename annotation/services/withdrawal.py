"""Take back: the link stops playing at once, the task is deleted by its id as soon as can be."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q

from annotation.models import Answer, Project, Route, RouteState
from annotation.services.circuit import open_door
from annotation.services.leases import Clock, hold_lease
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.services import enqueue_job


class TasksRemain(Exception):
    """A task was still found after its deletion; the job tries again."""


def revoke_withdrawn(*, clip_id: uuid.UUID, now: dt.datetime) -> int:
    """Take back every route of a withdrawn clip and forget what was answered; returns how many.

    The link of a withdrawn clip is dead before this runs (see hearing): the clip's state is asked.
    """
    with transaction.atomic():
        clip = Clip.objects.select_for_update(of=("self",)).filter(pk=clip_id).first()
        if clip is None or clip.state != State.WITHDRAWN:
            return 0
        taken = (
            Route.objects.filter(clip=clip)
            .exclude(state=RouteState.WITHDRAWN)
            .update(state=RouteState.WITHDRAWN, withdrawn_at=now, reason="withdrawn")
        )
        # A transcript is the speaker's words: it goes with the sound. The digest stays as proof.
        Answer.objects.filter(route__clip=clip).update(payload=None)
    return taken


def retire_routes(*, clip_id: uuid.UUID, keep: uuid.UUID, now: dt.datetime) -> None:
    """Take back the other open routes of a settled clip, in the caller's transaction."""
    others = Route.objects.filter(clip_id=clip_id).exclude(pk=keep).open()
    if others.update(state=RouteState.WITHDRAWN, withdrawn_at=now, reason="settled"):
        enqueue_job(
            kind="withdraw_routes",
            key=f"withdraw_routes:{clip_id}:settled:{keep}",
            subject=str(clip_id),
            now=now,
        )


def clean_routes(*, clip_id: uuid.UUID, clock: Clock) -> int:
    """Delete the tasks of a clip's withdrawn routes; returns how many routes are clean now.

    It looks the routes up as well as using the ids it knows: a push that was killed has made tasks
    whose ids never arrived, and a lost reply may have made two. Raises LeaseBusy, InstanceAway,
    the door's errors and TasksRemain; every one of them means: try again.
    """
    cleaned = 0
    never_sent = Route.objects.filter(clip_id=clip_id, state=RouteState.WITHDRAWN, attempt=0)
    never_sent.filter(cleaned_at=None).update(cleaned_at=clock())
    projects = Project.objects.filter(
        Q(routes__in=Route.objects.filter(clip_id=clip_id).to_clean())
    ).select_related("instance")
    for project in projects.distinct():
        cleaned += _clean_project(project, clip_id, clock)
    return cleaned


def _clean_project(project: Project, clip_id: uuid.UUID, clock: Clock) -> int:
    with (
        open_door(instance=project.instance, clock=clock) as door,
        hold_lease(project=project, purpose="write", clock=clock) as lease,
    ):
        routes = list(Route.objects.filter(project=project, clip_id=clip_id).to_clean())
        keys = [route.pk for route in routes]
        known = {route.ls_task_id for route in routes if route.ls_task_id is not None}
        found = {task.id for task in door.find_tasks(project.ls_project_id, keys)}
        for task_id in sorted(known | found):
            lease.renew()
            door.delete_task(task_id)
        if door.find_tasks(project.ls_project_id, keys):
            raise TasksRemain
        return Route.objects.filter(pk__in=keys, state=RouteState.WITHDRAWN).update(
            cleaned_at=clock()
        )
