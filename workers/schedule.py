"""What beat starts by the clock. Each entry is short, idempotent and expires if it comes late."""

import logging
from typing import Any

from celery import Celery
from django.conf import settings
from django.utils import timezone

from annotation.services.polling import poll_projects
from backend.campaigns.models import Campaign, CampaignState
from backend.clips.models import Clip
from backend.coverage.models import Hold
from backend.coverage.shortlists import campaigns_to_fill
from backend.coverage.waitlist import campaigns_with_places
from backend.jobs.services import enqueue_job
from backend.queue import SWEEP_JOBS, app

FIND_UPLOADS = "workers.find_uploads"
SWEEP_PARTS = "workers.sweep_parts"
POLL_ANNOTATION = "workers.poll_annotation"
RELEASE_HOLDS = "workers.release_holds"
REBUILD_COUNTERS = "workers.rebuild_counters"
NOTE_CELL_DAYS = "workers.note_cell_days"
FILL_SHORTLISTS = "workers.fill_shortlists"
_FIND_EVERY_SECONDS = 15
_FIND_AT_ONCE = 500
_SWEEP_PARTS_EVERY_SECONDS = 6 * 3600
_POLL_EVERY_SECONDS = 30
_RELEASE_EVERY_SECONDS = 60
_REBUILD_EVERY_SECONDS = 24 * 3600
# From 02:00 UTC on, when least is written.
_REBUILD_FROM_SECONDS = 2 * 3600
# A day's row is the last of these: what came in its last minutes counts for the next day.
_DAYS_EVERY_SECONDS = 3600
_SHORTLISTS_EVERY_SECONDS = 600

_log = logging.getLogger("fieldvoice.schedule")


@app.task(name=FIND_UPLOADS, expires=30)
def find_uploads(**_: Any) -> None:
    """Start a look for every announced clip whose turn it is: the confirm may never come."""
    now = timezone.now()
    for clip in Clip.objects.awaiting_bytes(now).only("pk", "look_at")[:_FIND_AT_ONCE]:
        turn = clip.look_at.timestamp() if clip.look_at else 0
        enqueue_job(
            kind="find_upload",
            key=f"find_upload:{clip.pk}:{turn}",
            subject=str(clip.pk),
            now=now,
        )


@app.task(name=SWEEP_PARTS, expires=600)
def sweep_parts(**_: Any) -> None:
    """Have parts dropped that nobody will join; one job a turn, however many beats there are."""
    now = timezone.now()
    turn = int(now.timestamp()) // _SWEEP_PARTS_EVERY_SECONDS
    enqueue_job(kind="sweep_parts", key=f"sweep_parts:{turn}", subject="parts", now=now)


@app.task(name=POLL_ANNOTATION, expires=60)
def poll_annotation(**_: Any) -> None:
    """Have every project pulled and pushed: with each webhook lost, answers still arrive."""
    poll_projects(actor="job:poll_annotation", now=timezone.now())


@app.task(name=RELEASE_HOLDS, expires=60)
def release_holds(**_: Any) -> None:
    """Start a job for every campaign in which a promise has run out, or somebody has a place."""
    now = timezone.now()
    turn = int(now.timestamp()) // _RELEASE_EVERY_SECONDS
    ended = Hold.objects.stale(now) | Hold.objects.strayed()
    campaigns = set(ended.values_list("campaign_id", flat=True))
    for campaign_id in campaigns | campaigns_with_places(now):
        enqueue_job(
            kind="release_holds",
            key=f"release_holds:{campaign_id}:{turn}",
            subject=str(campaign_id),
            now=now,
        )


@app.task(name=NOTE_CELL_DAYS, expires=600)
def note_cell_days(**_: Any) -> None:
    """Have the cells of every open campaign written down as they stand today."""
    now = timezone.now()
    turn = int(now.timestamp()) // _DAYS_EVERY_SECONDS
    for campaign_id in Campaign.objects.filter(state=CampaignState.OPEN).values_list(
        "pk", flat=True
    ):
        enqueue_job(
            kind="note_cell_days",
            key=f"note_cell_days:{campaign_id}:{turn}",
            subject=str(campaign_id),
            now=now,
        )


@app.task(name=FILL_SHORTLISTS, expires=300)
def fill_shortlists(**_: Any) -> None:
    """Have lists filled that are old, or whose own job was lost."""
    now = timezone.now()
    turn = int(now.timestamp()) // _SHORTLISTS_EVERY_SECONDS
    for campaign_id in campaigns_to_fill(now=now):
        enqueue_job(
            kind="fill_shortlists",
            key=f"fill_shortlists:{campaign_id}:{turn}",
            subject=str(campaign_id),
            now=now,
        )


@app.task(name=REBUILD_COUNTERS, expires=600)
def rebuild_counters(**_: Any) -> None:
    """Have the counters of every campaign proved once a night, closed ones too."""
    now = timezone.now()
    night = int(now.timestamp() - _REBUILD_FROM_SECONDS) // _REBUILD_EVERY_SECONDS
    for campaign_id in Campaign.objects.values_list("pk", flat=True):
        enqueue_job(
            kind="rebuild_counters",
            key=f"rebuild_counters:{campaign_id}:{night}",
            subject=str(campaign_id),
            now=now,
        )


def install(celery: Celery) -> None:
    """Give beat its schedule."""
    celery.conf.beat_schedule = {
        "sweep-jobs": {
            "task": SWEEP_JOBS,
            "schedule": float(settings.JOB_SWEEP_SECONDS),
            "options": {"queue": "ingest", "expires": settings.JOB_SWEEP_SECONDS * 3},
        },
        "find-uploads": {
            "task": FIND_UPLOADS,
            "schedule": float(_FIND_EVERY_SECONDS),
            "options": {"queue": "ingest", "expires": 30},
        },
        "sweep-parts": {
            "task": SWEEP_PARTS,
            # Oftener than a turn: a beat that is started anew begins to count anew.
            "schedule": _SWEEP_PARTS_EVERY_SECONDS / 6,
            "options": {"queue": "ingest", "expires": 600},
        },
        "poll-annotation": {
            "task": POLL_ANNOTATION,
            "schedule": float(_POLL_EVERY_SECONDS),
            "options": {"queue": "annotation", "expires": _POLL_EVERY_SECONDS * 2},
        },
        "release-holds": {
            "task": RELEASE_HOLDS,
            "schedule": float(_RELEASE_EVERY_SECONDS),
            "options": {"queue": "ingest", "expires": _RELEASE_EVERY_SECONDS},
        },
        "rebuild-counters": {
            "task": REBUILD_COUNTERS,
            # Oftener than a night: a beat that stood still at two o'clock makes up for it.
            "schedule": _REBUILD_EVERY_SECONDS / 48,
            "options": {"queue": "ingest", "expires": 600},
        },
        "fill-shortlists": {
            "task": FILL_SHORTLISTS,
            "schedule": float(_SHORTLISTS_EVERY_SECONDS),
            "options": {"queue": "ingest", "expires": 300},
        },
        "note-cell-days": {
            "task": NOTE_CELL_DAYS,
            # Oftener than a turn: a beat that is started anew begins to count anew.
            "schedule": _DAYS_EVERY_SECONDS / 4,
            "options": {"queue": "ingest", "expires": 600},
        },
    }
