"""What is done when nobody pokes: every project looked at, and every clip that waits."""

import datetime as dt
import uuid

from django.db.models import Exists, OuterRef, Q

from annotation.models import TRANSCRIPTION, InstanceState, Project, Route, RouteState
from annotation.services.routing import open_annotation, request_push
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.models import Job, JobState
from backend.jobs.services import enqueue_job

# Pokes that come within this time make one pull.
PULL_EVERY = dt.timedelta(seconds=10)
WAITING_AT_ONCE = 500
# Finished jobs of the poll are of no interest after this; there are thousands a day.
KEEP_DONE = dt.timedelta(days=1)
_UNROUTED = dt.timedelta(seconds=30)
_LEFT_OVER = dt.timedelta(hours=1)


def poll_projects(*, actor: str, now: dt.datetime) -> dict[str, int]:
    """Ask for a pull and, where something waits, a push of each project whose instance answers.

    With every webhook and every message lost this alone brings all work there and all answers back.
    """
    counts = {"projects": 0}
    waiting = Route.objects.filter(
        project=OuterRef("pk"), state__in=[RouteState.PENDING, RouteState.SENDING]
    )
    closed = Q(instance__retry_at=None) | Q(instance__retry_at__lte=now)
    projects = Project.objects.filter(closed, active=True).annotate(to_push=Exists(waiting))
    for project in projects:
        counts["projects"] += 1
        request_pull(project_id=project.pk, now=now)
        if project.to_push:
            request_push(project_id=project.pk, now=now)
    counts["opened"] = _open_waiting(actor=actor, now=now)
    counts["to_clean"] = _clean_left_over(now=now)
    Job.objects.filter(
        kind__in=["push_tasks", "pull_answers"],
        state=JobState.DONE,
        finished_at__lt=now - KEEP_DONE,
    ).delete()
    return counts


def request_pull(*, project_id: int, now: dt.datetime) -> None:
    """Have a project pulled soon; a hundred pokes in ten seconds make one job."""
    slot = int(now.timestamp() // PULL_EVERY.total_seconds())
    enqueue_job(
        kind="pull_answers",
        key=f"pull_answers:{project_id}:{slot}",
        subject=str(project_id),
        now=now,
        run_after=dt.datetime.fromtimestamp((slot + 1) * PULL_EVERY.total_seconds(), dt.UTC),
    )


def poke_instance(*, instance_id: uuid.UUID, now: dt.datetime) -> None:
    """A webhook came: look at the instance's projects. Nothing it says is believed."""
    for project in Project.objects.filter(instance=instance_id, active=True).exclude(
        instance__state=InstanceState.UNAUTHORISED
    ):
        request_pull(project_id=project.pk, now=now)


def _clean_left_over(*, now: dt.datetime) -> int:
    """Start a cleaning again whose job gave up (an instance away for days), once an hour."""
    left = Route.objects.all().to_clean().filter(withdrawn_at__lt=now - _LEFT_OVER)
    clips = set(left.values_list("clip_id", flat=True)[:WAITING_AT_ONCE])
    hour = int(now.timestamp() // 3600)
    for clip_id in clips:
        enqueue_job(
            kind="withdraw_routes",
            key=f"withdraw_routes:{clip_id}:left:{hour}",
            subject=str(clip_id),
            now=now,
        )
    return len(clips)


def _open_waiting(*, actor: str, now: dt.datetime) -> int:
    """Route the clips that passed while no vendor was connected; returns how many."""
    if not Project.objects.filter(active=True, task_type=TRANSCRIPTION).exists():
        return 0
    waiting = Clip.objects.in_state(State.PASSED).filter(created_at__lt=now - _UNROUTED)
    opened = 0
    for clip_id in waiting.order_by("pk").values_list("pk", flat=True)[:WAITING_AT_ONCE]:
        opened += open_annotation(clip_id=clip_id, actor=actor, now=now) == "routed"
    return opened
