"""Run one job: claim its row, keep its lease while it works, write how it ended.

Connections that died between two jobs are dropped by Celery's own Django fixup before each one.
"""

import logging
import threading
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from backend.jobs.models import Job
from backend.jobs.services import (
    announce_due_jobs,
    claim_job,
    extend_lease,
    fail_job,
    finish_job,
)
from backend.logs import redact
from backend.queue import RUN_JOB, SWEEP_JOBS, app
from workers.registry import FUNCTIONS, Canceled, GiveUp, JobRun, TryLater

_log = logging.getLogger("fieldvoice.jobs")


class Heartbeat:
    """Extends the lease from a thread of its own while the job runs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        pause = max(settings.JOB_LEASE_SECONDS / 3, 0.5)
        try:
            while not self._stop.wait(pause):
                try:
                    if not extend_lease(job=self.job, now=timezone.now()):
                        return
                except Exception:  # the next beat tries again; the fence guards the end
                    _log.warning("job.heartbeat-failed", extra={"job": str(self.job.id)})
                    close_old_connections()
        finally:
            connection.close()


@app.task(name=RUN_JOB)
def run_job(job_id: str, **_: Any) -> None:
    """Do one attempt at a job; whatever happens, the row says how it ended."""
    job = claim_job(job_id=job_id, now=timezone.now())
    if job is None:
        return
    facts = {"job": str(job.id), "kind": job.kind, "subject": job.subject, "attempt": job.attempts}
    try:
        with Heartbeat(job):
            FUNCTIONS[job.kind](JobRun(job))
    except Canceled:
        _log.info("job.canceled", extra=facts)
    except GiveUp as error:
        fail_job(job=job, error=redact(str(error)), now=timezone.now(), final=True)
        _log.warning("job.failed", extra=facts | {"why": str(error)})
    except TryLater as error:
        fail_job(job=job, error=redact(str(error)), now=timezone.now(), after=error.after)
        _log.info("job.later", extra=facts | {"why": str(error)})
    except Exception as error:
        text = redact(f"{type(error).__name__}: {error}")
        fail_job(job=job, error=text, now=timezone.now())
        _log.exception("job.error", extra=facts)
    else:
        finish_job(job=job, now=timezone.now())
        _log.info("job.done", extra=facts)


@app.task(name=SWEEP_JOBS, expires=30)
def sweep_jobs(**_: Any) -> None:
    """Announce what is due: the row is the truth, the message was only the fast path."""
    announced = announce_due_jobs(now=timezone.now())
    if announced:
        _log.info("job.swept", extra={"announced": announced})
