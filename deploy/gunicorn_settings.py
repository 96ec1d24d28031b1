"""Gunicorn as `make run`, the container and the benchmarks start it."""

import gc
import os

from django.urls import get_resolver

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
# Requests wait for the database and the store, not for a core: few processes, several threads.
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
keepalive = 15
# The request line is written by the application itself, without query strings.
accesslog = None
errorlog = "-"
control_socket_disable = True
# One settings file for both: with a certificate it speaks TLS itself.
certfile = os.environ.get("WEB_CERTIFICATE") or None
keyfile = os.environ.get("WEB_CERTIFICATE_KEY") or None
# Load once, then fork: half the start and half the memory.
preload_app = True


def when_ready(_server: object) -> None:
    """Import every view before the first fork, not in each worker's first request."""
    get_resolver().url_patterns  # noqa: B018 - reading it is what loads it
    # What is loaded now lives as long as the process: the collector need not walk it each time,
    # and the workers go on sharing its memory.
    gc.collect()
    gc.freeze()
    # A request makes and drops thousands of small objects, hardly ever in a cycle.
    gc.set_threshold(20_000, 20, 20)
