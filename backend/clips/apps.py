"""The clips app."""

from django.apps import AppConfig


class ClipsConfig(AppConfig):
    """Session, Clip, ClipEvent, Transcript."""

    name = "backend.clips"
