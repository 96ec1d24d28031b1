"""Admin of vendors and what was asked of them; tokens and webhook secrets are never shown."""

from django.contrib import admin

from annotation.models import Answer, Instance, Project, Route, Vendor
from backend.readonly_admin import AnyAdmin, ReadOnlyAdmin


@admin.register(Vendor)
class VendorAdmin(AnyAdmin):
    """Houses of annotators."""

    list_display = ["name", "firm", "active"]
    list_select_related = ["firm"]


@admin.register(Instance)
class InstanceAdmin(ReadOnlyAdmin):
    """Label Studio instances."""

    list_display = ["vendor", "base_url", "state", "version", "last_ok_at", "last_error"]
    list_select_related = ["vendor"]
    exclude = ("sealed_token", "webhook_secret")


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """Projects inside an instance."""

    list_display = ["instance", "task_type", "config_version", "ls_project_id", "active"]
    list_select_related = ["instance"]


@admin.register(Route)
class RouteAdmin(ReadOnlyAdmin):
    """One asking about one clip."""

    list_display = ["id", "clip_id", "vendor", "task_type", "state", "created_at", "answered_at"]
    list_select_related = ["vendor"]
    list_filter = ["state", "task_type"]
    search_fields = ["id", "clip__id"]


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """Answers as they were received."""

    list_display = ["route_id", "version", "valid", "received_at", "accepted_at"]
    search_fields = ["route__id"]
