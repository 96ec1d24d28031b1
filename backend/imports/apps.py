"""The imports app."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """ClipImport and what became of each of its clips."""

    name = "backend.imports"
