"""Job: a piece of background work that cannot be lost. AuditEvent: an act outside clips."""

from datetime import datetime
from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Count, Q


class JobState(models.TextChoices):
    """A job ends done, failed (visible, can be retried) or canceled."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class JobQuerySet(models.QuerySet["Job"]):
    """Named readings of the job table."""

    def due(self, now: datetime) -> "JobQuerySet":
        """Return jobs nobody works on though they could: not announced, lost, or lease over."""
        waiting = Q(state=JobState.QUEUED, run_after__lte=now, announce_at__lte=now)
        lapsed = Q(state=JobState.RUNNING, leased_until__lt=now)
        return self.filter(waiting | lapsed)

    def unfinished_counts(self) -> list[tuple[str, str, int]]:
        """Return (kind, state, count) of jobs that are not done or canceled."""
        open_states = [JobState.QUEUED, JobState.RUNNING, JobState.FAILED]
        rows = self.filter(state__in=open_states).values_list("kind", "state")
        return [(kind, state, count) for kind, state, count in rows.annotate(n=Count("id"))]


class Job(models.Model):
    """One piece of work; `key` is what makes asking twice harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    subject = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    # Never goes down: it is the fence by which an attempt knows the job is still its own.
    attempts = models.PositiveIntegerField(default=0)
    # How many of them were made before a person last started the job again.
    attempts_before = models.PositiveIntegerField(default=0)
    announcements = models.PositiveIntegerField(default=0)
    run_after = models.DateTimeField()
    announce_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=JobState.values), name="job_state_is_known"
            )
        ]
        indexes = [
            models.Index(fields=["announce_at"], name="job_waiting", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="job_running", condition=Q(state="running")),
            models.Index(
                fields=["kind", "state"],
                name="job_open",
                condition=Q(state__in=["queued", "running", "failed"]),
            ),
            models.Index(fields=["subject", "kind"], name="job_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.state})"


class AuditEvent(models.Model):
    """An act outside clips: who did what to which thing, when. Append only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    actor = models.CharField(max_length=80)
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    at = models.DateTimeField(db_index=True)
    detail: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.act} {self.subject} by {self.actor}"
