"""The Celery worker's entry: Django, every job kind, and the beat's schedule."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django.setup()

from backend.queue import app  # noqa: E402 - Django must be set up before models are imported
from workers import jobs, run, schedule  # noqa: E402

jobs.load()
schedule.install(app)

__all__ = ["app", "run"]
