"""Admin of releases: a sealed one is never changed, one being built only by its job."""

from django.contrib import admin

from backend.readonly_admin import ReadOnlyAdmin
from backend.releases.models import Release, ReleaseFile, ReleaseItem


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """Releases."""

    list_display = ["campaign", "version", "state", "created_at", "sealed_at"]
    list_select_related = ["campaign"]
    list_filter = ["campaign", "state"]


@admin.register(ReleaseItem)
class ReleaseItemAdmin(ReadOnlyAdmin):
    """Which clip stands where."""

    list_display = ["release", "clip_id", "split", "shard", "row"]
    list_select_related = ["release"]
    search_fields = ["clip__id"]


@admin.register(ReleaseFile)
class ReleaseFileAdmin(ReadOnlyAdmin):
    """The files of releases."""

    list_display = ["release", "path", "bytes", "rows", "sha256"]
    list_select_related = ["release"]
