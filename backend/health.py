"""Liveness, readiness and the metrics that an operator scrapes."""

import logging
from collections.abc import Callable, Sequence

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from backend import queue, storage
from backend.jobs.models import Job

_log = logging.getLogger("fieldvoice.health")


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _ask_database,
    "broker": queue.ping,
    "bucket": storage.ping,
}


def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process serves."""
    return JsonResponse({"status": "up"})


def ready(request: HttpRequest) -> JsonResponse:
    """Ask database, broker and bucket; 503 names the one that is away."""
    parts: dict[str, str] = {}
    for name, ask in CHECKS.items():
        try:
            ask()
            parts[name] = "up"
        except Exception as error:
            _log.warning("health.away", extra={"part": name, "error_type": type(error).__name__})
            parts[name] = "away"
    ok = all(state == "up" for state in parts.values())
    return JsonResponse(
        {"status": "ready" if ok else "not ready", "parts": parts}, status=200 if ok else 503
    )


def metrics(
    request: HttpRequest, also: Sequence[Callable[[CollectorRegistry], None]] = ()
) -> HttpResponse:
    """Answer Prometheus text with the jobs by kind and state (an indexed count).

    `also`: what the apps above add of their own; each reads a few rows, for it is asked often.
    """
    registry = CollectorRegistry()
    jobs = Gauge(
        "fieldvoice_jobs", "Jobs not done, by kind and state", ["kind", "state"], registry=registry
    )
    for kind, state, count in Job.objects.unfinished_counts():
        jobs.labels(kind=kind, state=state).set(count)
    for tell in also:
        tell(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
