"""Admin of imports."""

from django.contrib import admin

from backend.imports.models import ClipImport
from backend.readonly_admin import ReadOnlyAdmin


@admin.register(ClipImport)
class ClipImportAdmin(ReadOnlyAdmin):
    """Rescued copies."""

    list_display = ["id", "campaign", "state", "bytes", "created_at", "created_by", "error"]
    list_select_related = ["campaign"]
    list_filter = ["campaign", "state"]
