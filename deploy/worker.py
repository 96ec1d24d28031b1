"""A Celery worker whose pool dies with it: `python -m deploy.worker ARGUMENTS OF celery`.

A pool process waits on a pipe of which its siblings hold the other end too, so it does not notice
that the main process was killed, and would work on beside its successor.
"""

import os
import signal
from functools import partial
from typing import Any

from celery.bin.celery import celery
from celery.signals import worker_process_init

from deploy.children import die_with


def _tie(parent: int, **_: Any) -> None:
    die_with(parent, signal.SIGKILL)


def main() -> None:
    """Run from the command line."""
    # Weakly held, the handler would be gone before the first process starts.
    worker_process_init.connect(partial(_tie, os.getpid()), weak=False)
    celery(auto_envvar_prefix="CELERY")


if __name__ == "__main__":
    main()
