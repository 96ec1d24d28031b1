"""Pull: take every change of every answer out of Label Studio; polling is the truth.

A task comes back whenever anything about it changed: an answer made, edited, skipped or deleted.
Each is compared with what is stored; only a difference writes. Losing every webhook loses nothing.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Q

from annotation.answer import digest_of, read_answer, storable
from annotation.label_studio.client import LabelStudio
from annotation.label_studio.records import RemoteAnnotation, RemoteTask
from annotation.models import Answer, Project, Route, RouteState
from annotation.services.circuit import open_door
from annotation.services.deciding import settle_route
from annotation.services.leases import Clock, hold_lease
from backend.clips.models import Clip
from backend.jobs.services import enqueue_job, record_audit

_log = logging.getLogger("fieldvoice.annotation")
# A row that was written before the cursor may be committed after it was read.
OVERLAP = dt.timedelta(minutes=2)
_BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass
class Pulled:
    """What a pull saw and wrote; `strays` are tasks that no route of ours made or still needs."""

    tasks: int = 0
    answers: int = 0
    deleted: int = 0
    strays: int = 0
    doubles: list[int] = field(default_factory=list)


def pull_answers(*, project: Project, actor: str, clock: Clock) -> Pulled:
    """Take everything that changed since the cursor, minus OVERLAP.

    Pages come oldest change first and each is taken before the cursor moves over it, so a pull
    that is killed is simply done again. Raises LeaseBusy, InstanceAway and the door's errors.
    """
    seen = Pulled()
    with (
        open_door(instance=project.instance, clock=clock) as door,
        hold_lease(project=project, purpose="read", clock=clock) as lease,
    ):
        since = (Project.objects.get(pk=project.pk).cursor_at or _BEGINNING + OVERLAP) - OVERLAP
        for page in door.changed_tasks(project.ls_project_id, since):
            lease.renew()
            _receive_page(project, page, actor, clock(), seen)
            _advance(project, max(task.updated_at for task in page), clock())
        _remove_doubles(door, seen)
    if seen.answers or seen.deleted or seen.strays:
        _log.info(
            "annotation.pulled",
            extra={
                "project": project.pk,
                "answers": seen.answers,
                "deleted": seen.deleted,
                "strays": seen.strays,
            },
        )
    return seen


def _advance(project: Project, to: dt.datetime, now: dt.datetime) -> None:
    """Move the cursor forward; never past our own clock, for theirs may be set back one day."""
    to = min(to, now)
    behind = Q(cursor_at=None) | Q(cursor_at__lt=to)
    Project.objects.filter(behind, pk=project.pk).update(cursor_at=to)


def _receive_page(
    project: Project, page: Sequence[RemoteTask], actor: str, now: dt.datetime, seen: Pulled
) -> None:
    """Take the tasks of a page that differ from what is stored, each in its own transaction."""
    seen.tasks += len(page)
    routes = Route.objects.filter(project=project).in_bulk(
        [task.route_id for task in page if task.route_id is not None]
    )
    known: dict[int, dict[int, Answer]] = {}
    for answer in Answer.objects.filter(
        instance=project.instance, ls_task_id__in=[task.id for task in page], superseded_at=None
    ):
        known.setdefault(answer.ls_task_id, {})[answer.ls_annotation_id] = answer
    for task in page:
        route = routes.get(task.route_id) if task.route_id is not None else None
        if route is None:
            # Somebody in the vendor's house imported it, or another platform uses the project.
            seen.strays += 1
            _log.warning("annotation.unknown_task", extra={"project": project.pk, "task": task.id})
            continue
        settled = route.state == RouteState.ANSWERED or not task.annotations
        if (
            settled
            and route.state in (RouteState.SENT, RouteState.ANSWERED)
            and route.ls_task_id == task.id
            and not _differs(task, known.get(task.id, {}))
        ):
            continue
        _receive_task(project, task, route.pk, actor, now, seen)


def _differs(task: RemoteTask, known: dict[int, Answer]) -> bool:
    """Whether the task's answers are not exactly those that stand here."""
    standing = {key for key, answer in known.items() if answer.deleted_at is None}
    if standing != {note.id for note in task.annotations}:
        return True
    return any(known[note.id].updated_at != note.updated_at for note in task.annotations)


def _receive_task(
    project: Project,
    task: RemoteTask,
    route_id: uuid.UUID,
    actor: str,
    now: dt.datetime,
    seen: Pulled,
) -> None:
    """Take one task: adopt it, store its answers, note its deletions, draw the consequences."""
    with transaction.atomic():
        # The clip first, always: it is the one lock under which its routes and answers change.
        clip_id = Route.objects.values_list("clip_id", flat=True).get(pk=route_id)
        clip = Clip.objects.select_for_update(of=("self",)).select_related("campaign", "collector")
        item = clip.get(pk=clip_id)
        route = Route.objects.select_related("vendor").get(pk=route_id)
        if route.state == RouteState.WITHDRAWN:
            _withdraw_again(route, now, seen)
            return
        if route.state in (RouteState.PENDING, RouteState.SENDING):
            # The push that made it has not heard of it (or a backup was restored), but an annotator
            # may have answered already.
            Route.objects.filter(pk=route_id, state=route.state, ls_task_id=None).update(
                state=RouteState.SENT, ls_task_id=task.id, sent_at=now, attempt=F("attempt") + 1
            )
            route.refresh_from_db()
        elif route.ls_task_id != task.id and not task.annotations:
            seen.doubles.append(task.id)
            return
        for note in task.annotations:
            seen.answers += _store(project, route, task, note, now)
        seen.deleted += (
            Answer.objects.filter(
                instance=project.instance,
                ls_task_id=task.id,
                route=route,
                superseded_at=None,
                deleted_at=None,
            )
            .exclude(ls_annotation_id__in=[note.id for note in task.annotations])
            .update(deleted_at=now)
        )
        settle_route(route=route, clip=item, actor=actor, now=now)


def _store(
    project: Project, route: Route, task: RemoteTask, note: RemoteAnnotation, now: dt.datetime
) -> int:
    """Insert an answer, or a new version where it says something else; 1 if one was written."""
    payload, whole = storable(note.result)
    digest = digest_of(payload, was_cancelled=note.was_cancelled)
    mine = Answer.objects.filter(instance=project.instance, ls_annotation_id=note.id)
    current = mine.filter(superseded_at=None).first()
    if current is not None and current.digest == digest:
        mine.filter(pk=current.pk).update(
            updated_at=note.updated_at, lead_time=note.lead_time, deleted_at=None
        )
        return 0
    if current is not None:
        mine.filter(pk=current.pk).update(superseded_at=now)
        if mine.filter(accepted_at__isnull=False).exists():
            record_audit(
                actor="system",
                act="answer.edited_after_acceptance",
                subject=f"route:{route.pk}",
                now=now,
                detail={"version": current.version + 1},
            )
    errors = () if note.was_cancelled else read_answer(payload).errors
    if not whole:
        errors = (*errors, "payload_not_kept")
    Answer.objects.create(
        instance=project.instance,
        ls_annotation_id=note.id,
        version=current.version + 1 if current is not None else 1,
        ls_task_id=task.id,
        route=route,
        updated_at=note.updated_at,
        received_at=now,
        completed_by=note.completed_by,
        lead_time=note.lead_time,
        was_cancelled=note.was_cancelled,
        payload=payload,
        digest=digest,
        valid=not errors,
        errors=list(errors),
    )
    return 1


def _withdraw_again(route: Route, now: dt.datetime, seen: Pulled) -> None:
    """A task of a withdrawn route is still there: its answer is not taken, the task is deleted."""
    seen.strays += 1
    if (
        Route.objects.filter(pk=route.pk)
        .exclude(cleaned_at=None)
        .update(cleaned_at=None, attempt=1)
    ):
        enqueue_job(
            kind="withdraw_routes",
            key=f"withdraw_routes:{route.clip_id}:again:{route.pk}:{int(now.timestamp()) // 60}",
            subject=str(route.clip_id),
            now=now,
        )


def _remove_doubles(door: LabelStudio, seen: Pulled) -> None:
    """Delete unanswered second tasks of one route; the route's own stays."""
    for task_id in seen.doubles:
        door.delete_task(task_id)
        _log.warning("annotation.double_removed", extra={"task": task_id})
