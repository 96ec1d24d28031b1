"""The life of a job: enqueue, claim, hold, finish, fail, retry; each a conditional UPDATE."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from backend import queue
from backend.jobs.kinds import KINDS
from backend.jobs.models import AuditEvent, Job, JobState
from backend.problems import Problem

_FIRST_SILENCE = timedelta(seconds=20)
_LONGEST_SILENCE = timedelta(minutes=10)
SWEEP_AT_ONCE = 500


class JobNotRetryable(Problem):
    """Only a failed or canceled job can be started again by a person."""

    slug, status, title = "job-not-retryable", 409, "This job is not in a state to be retried."


def enqueue_job(
    *,
    kind: str,
    key: str,
    subject: str,
    now: datetime,
    payload: dict[str, Any] | None = None,
    run_after: datetime | None = None,
    new_key: bool = False,
) -> Job:
    """Write a job in the caller's transaction and announce it when that commits.

    The same key gives the same job back, so a cause that is repeated does not work twice.
    `new_key` spares the look for it where the cause itself is a row that exists once.
    Raises KeyError for a kind that is not in the table.
    """
    kind_row = KINDS[kind]
    facts: dict[str, Any] = {
        "kind": kind,
        "subject": subject,
        "payload": payload or {},
        "run_after": run_after or now,
        # If the message is lost the sweep finds the row after this silence.
        "announce_at": (run_after or now) + _FIRST_SILENCE,
        "created_at": now,
    }
    if new_key:
        job, made = Job.objects.create(key=key, **facts), True
    else:
        job, made = Job.objects.get_or_create(key=key, defaults=facts)
    if made and (run_after is None or run_after <= now):
        transaction.on_commit(lambda: _announce_new(job, kind_row.queue))
    elif made:
        Job.objects.filter(pk=job.pk).update(announce_at=run_after)
    return job


def _announce_new(job: Job, queue_name: str) -> None:
    if not queue.announce(str(job.id), queue_name):
        # The broker is away: let the next sweep try, rather than waiting out the silence.
        Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(announce_at=job.created_at)


def announce_due_jobs(*, now: datetime) -> int:
    """Announce again every job that is due and unattended; the pause doubles each time.

    The pause keeps a backlog of honest waiting jobs from being announced over and over.
    Returns how many were announced.
    """
    end_exhausted_jobs(now=now)
    announced = 0
    for job in Job.objects.due(now).order_by("announce_at")[:SWEEP_AT_ONCE]:
        silence = min(_FIRST_SILENCE * 2 ** min(job.announcements, 6), _LONGEST_SILENCE)
        if not queue.announce(str(job.id), KINDS[job.kind].queue):
            break
        Job.objects.filter(pk=job.pk).update(
            announcements=F("announcements") + 1, announce_at=now + silence
        )
        announced += 1
    return announced


def end_exhausted_jobs(*, now: datetime) -> int:
    """Fail jobs whose last allowed attempt died without a word; returns how many."""
    ended = 0
    for kind, row in KINDS.items():
        ended += Job.objects.filter(
            kind=kind,
            state=JobState.RUNNING,
            leased_until__lt=now,
            attempts__gte=F("attempts_before") + row.attempts,
        ).update(
            state=JobState.FAILED,
            finished_at=now,
            error="The worker died in every attempt.",
        )
    return ended


def claim_job(*, job_id: str, now: datetime) -> Job | None:
    """Take a due job for one attempt; None when it is taken, done, early or used up."""
    due = Q(state=JobState.QUEUED, run_after__lte=now) | Q(
        state=JobState.RUNNING, leased_until__lt=now
    )
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if kind is None:
        return None
    claimed = (
        Job.objects.filter(pk=job_id, attempts__lt=F("attempts_before") + KINDS[kind].attempts)
        .filter(due)
        .update(
            state=JobState.RUNNING,
            attempts=F("attempts") + 1,
            started_at=now,
            leased_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        )
    )
    return Job.objects.get(pk=job_id) if claimed else None


def _mine(job: Job) -> Any:
    """Return the row only while this attempt still holds it (the fence)."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)


def extend_lease(*, job: Job, now: datetime) -> bool:
    """Hold the job a while longer; False when it was taken away or canceled."""
    until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    return bool(_mine(job).update(leased_until=until))


def report_progress(
    *, job: Job, done: int, total: int, note: str = "", result: dict[str, Any] | None = None
) -> bool:
    """Show how far the job is; False when this attempt no longer holds it.

    `result`: what it found so far, for people to read and for the next attempt to go on from.
    """
    progress: dict[str, Any] = {"done": done, "total": total, "note": note}
    if result is not None:
        progress["result"] = result
    return bool(_mine(job).update(progress=progress))


def finish_job(*, job: Job, now: datetime) -> bool:
    """End the attempt well; False when it no longer held the job."""
    return bool(
        _mine(job).update(state=JobState.DONE, finished_at=now, leased_until=None, error="")
    )


def fail_job(
    *, job: Job, error: str, now: datetime, final: bool = False, after: timedelta | None = None
) -> bool:
    """End the attempt badly: back to the queue after a growing pause, or failed for good."""
    kind = KINDS[job.kind]
    tries = job.attempts - job.attempts_before
    if final or tries >= kind.attempts:
        return bool(
            _mine(job).update(
                state=JobState.FAILED, finished_at=now, leased_until=None, error=error[:2000]
            )
        )
    pause = after or timedelta(seconds=kind.retry_seconds * 2 ** min(tries - 1, 6))
    return bool(
        _mine(job).update(
            state=JobState.QUEUED,
            leased_until=None,
            run_after=now + pause,
            announce_at=now + pause,
            announcements=0,
            error=error[:2000],
        )
    )


def retry_job(*, job_id: str, actor: str, now: datetime) -> Job:
    """Start a failed or canceled job again with all its attempts; raises JobNotRetryable."""
    with transaction.atomic():
        started = Job.objects.filter(
            pk=job_id, state__in=[JobState.FAILED, JobState.CANCELED]
        ).update(
            state=JobState.QUEUED,
            attempts_before=F("attempts"),
            announcements=0,
            run_after=now,
            announce_at=now + _FIRST_SILENCE,
            finished_at=None,
            error="",
        )
        if not started:
            raise JobNotRetryable()
        job = Job.objects.get(pk=job_id)
        record_audit(actor=actor, act="job.retry", subject=f"job:{job.id}", now=now)
        transaction.on_commit(lambda: _announce_new(job, KINDS[job.kind].queue))
    return job


def cancel_job(*, job_id: str, actor: str, now: datetime) -> bool:
    """Stop a job that is not done; the running attempt notices at its next lease or progress."""
    with transaction.atomic():
        stopped = Job.objects.filter(
            pk=job_id, state__in=[JobState.QUEUED, JobState.RUNNING]
        ).update(state=JobState.CANCELED, finished_at=now, leased_until=None)
        if stopped:
            record_audit(actor=actor, act="job.cancel", subject=f"job:{job_id}", now=now)
    return bool(stopped)


def record_audit(
    *, actor: str, act: str, subject: str, now: datetime, detail: dict[str, Any] | None = None
) -> AuditEvent:
    """Append an act outside clips to the audit trail."""
    return AuditEvent.objects.create(
        actor=actor, act=act, subject=subject, at=now, detail=detail or {}
    )
