"""The quality app."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """QualityCheck and Derivative."""

    name = "backend.quality"
