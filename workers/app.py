"""The Celery worker's entry: Django, every job kind, and the beat's schedule."""

import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django.setup()

from django.conf import settings  # noqa: E402

from backend.queue import app  # noqa: E402 - Django must be set up before models are imported
from workers import jobs, run, schedule  # noqa: E402
from workers.audio.models.registry import check_models  # noqa: E402

# A faulty folder of models is told here, and not by every clip.
check_models(Path(settings.MODELS_DIR) if settings.MODELS_DIR else None)
jobs.load()
schedule.install(app)

__all__ = ["app", "run"]
