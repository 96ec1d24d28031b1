"""The queue: one Celery app, one message (a job's id); the web process's only door to Celery."""

import logging
import os
import threading
import time

from celery import Celery
from django.conf import settings
from kombu import Producer, Queue

QUEUES = ("ingest", "audio", "models", "annotation", "releases")
HARD_LIMIT_SECONDS = 3600
RUN_JOB = "workers.run_job"
SWEEP_JOBS = "workers.sweep_jobs"

_log = logging.getLogger("fieldvoice.queue")
_PAUSE_AFTER_FAILURE_SECONDS = 5.0
_paused_until = 0.0
_of_thread = threading.local()
_NO_FOLLOWERS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

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


def _producer() -> Producer:
    """Return this thread's producer; one that was opened before a fork is not this process's."""
    if getattr(_of_thread, "process", None) != os.getpid():
        _of_thread.producer = Producer(app.connection_for_write().default_channel)
        _of_thread.process = os.getpid()
    producer: Producer = _of_thread.producer
    return producer


def announce(job_id: str, queue: str) -> bool:
    """Tell the workers about a job that is due; False when the broker cannot be reached.

    The message is only the fast path: the sweep finds the row again, so a failure here is logged
    and forgotten, and for a few seconds nobody else waits for the same dead broker.
    """
    global _paused_until
    if time.monotonic() < _paused_until:
        return False
    try:
        # A message of Celery's protocol, version 2, as its documentation defines it: send_task
        # works out routes, times and representations anew for what is always the same message.
        _producer().publish(
            ((), {"job_id": job_id}, _NO_FOLLOWERS),
            routing_key=queue,
            serializer="json",
            headers={
                "lang": "py",
                "task": RUN_JOB,
                "id": job_id,
                "root_id": job_id,
                "parent_id": None,
                "group": None,
            },
            correlation_id=job_id,
            delivery_mode=2,
            retry=False,
        )
    except Exception as error:
        # The next message opens a connection of its own: this one may be half dead.
        vars(_of_thread).clear()
        _paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
        _log.warning("queue.unreachable", extra={"error_type": type(error).__name__})
        return False
    return True


def ping() -> None:
    """Raise when the broker does not answer."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
