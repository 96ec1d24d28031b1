#!/usr/bin/env python3
"""Django's command line, run against the environment or, failing that, the platform in var/."""

import os
import sys
from pathlib import Path

RUN_ENV = Path(__file__).resolve().parent / "var" / "run.env"


def adopt_run_env() -> None:
    """Take the environment `make run` wrote, so that a command reaches the running platform."""
    if "DATABASE_URL" in os.environ or not RUN_ENV.exists():
        return
    for line in RUN_ENV.read_text(encoding="utf-8").splitlines():
        name, found, value = line.partition("=")
        if found and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value)


if __name__ == "__main__":
    adopt_run_env()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
