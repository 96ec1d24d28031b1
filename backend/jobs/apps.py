"""The jobs app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Job and AuditEvent."""

    name = "backend.jobs"
