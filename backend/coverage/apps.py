"""The coverage app."""

from django.apps import AppConfig


class CoverageConfig(AppConfig):
    """Cell and CellSpeaker."""

    name = "backend.coverage"
