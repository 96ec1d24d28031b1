"""Admin of background work and the audit trail; the console retries jobs."""

from django.contrib import admin

from backend.jobs.models import AuditEvent, Job
from backend.readonly_admin import ReadOnlyAdmin


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs."""

    list_display = ["kind", "subject", "state", "attempts", "created_at", "finished_at", "error"]
    list_filter = ["state", "kind"]
    search_fields = ["subject", "id"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, when."""

    list_display = ["at", "actor", "act", "subject"]
    list_filter = ["act"]
    search_fields = ["subject", "actor"]
