"""The queue: one Celery app, one message (a job's id); the web process's only door to Celery."""

import logging
import time

from celery import Celery
from django.conf import settings
from kombu import Queue

QUEUES = ("ingest", "audio", "models", "annotation", "releases")
HARD_LIMIT_SECONDS = 3600
RUN_JOB = "workers.run_job"
SWEEP_JOBS = "workers.sweep_jobs"

_log = logging.getLogger("fieldvoice.queue")
_PAUSE_AFTER_FAILURE_SECONDS = 5.0
_paused_until = 0.0

app = Celery("fieldvoice", broker=settings.BROKER_URL)
app.conf.update(
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue="ingest",
    task_ignore_result=True,
    task_acks_late=True,
    # A child that dies takes its message with it: the job's row brings the work back, with its
    # attempts counted. Redelivery by the broker would be an endless loop on a poisonous clip.
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=20,
    worker_max_memory_per_child=1_000_000,
    task_time_limit=HARD_LIMIT_SECONDS,
    task_soft_time_limit=HARD_LIMIT_SECONDS - 60,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": HARD_LIMIT_SECONDS + 300,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "health_check_interval": 30,
    },
    timezone="UTC",
)


def announce(job_id: str, queue: str) -> bool:
    """Tell the workers about a job that is due; False when the broker cannot be reached.

    The message is only the fast path: the sweep finds the row again, so a failure here is logged
    and forgotten, and for a few seconds nobody else waits for the same dead broker.
    """
    global _paused_until
    if time.monotonic() < _paused_until:
        return False
    try:
        # The empty representations spare Celery from making ones that only event viewers show.
        app.send_task(
            RUN_JOB,
            kwargs={"job_id": job_id},
            queue=queue,
            retry=False,
            argsrepr="",
            kwargsrepr="",
        )
    except Exception as error:
        _paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
        _log.warning("queue.unreachable", extra={"error_type": type(error).__name__})
        return False
    return True


def ping() -> None:
    """Raise when the broker does not answer."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
