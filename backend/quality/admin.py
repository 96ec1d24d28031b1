"""Admin of checks and derivatives: facts, shown and never edited."""

from django.contrib import admin

from backend.quality.models import Derivative, QualityCheck
from backend.readonly_admin import ReadOnlyAdmin


@admin.register(QualityCheck)
class QualityCheckAdmin(ReadOnlyAdmin):
    """What was measured and judged."""

    list_display = ["clip_id", "stage", "profile_version", "outcome", "provisional", "at"]
    list_filter = ["outcome", "stage"]
    search_fields = ["clip__id"]


@admin.register(Derivative)
class DerivativeAdmin(ReadOnlyAdmin):
    """The 16 kHz FLAC files."""

    list_display = ["clip_id", "samples", "sample_rate", "bytes", "created_at"]
    search_fields = ["clip__id"]
