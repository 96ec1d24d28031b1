"""The releases app."""

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Release, ReleaseItem, ReleaseFile and SplitAssignment."""

    name = "backend.releases"
