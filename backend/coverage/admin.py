"""Admin of coverage: counters move with the clips' events and by nothing else."""

from django.contrib import admin

from backend.coverage.models import Cell
from backend.readonly_admin import ReadOnlyAdmin


@admin.register(Cell)
class CellAdmin(ReadOnlyAdmin):
    """Cells with their target and counters."""

    list_display = [
        "campaign",
        "key",
        "target",
        "accepted_clips",
        "pending_clips",
        "rejected_clips",
        "accepted_speakers",
    ]
    list_select_related = ["campaign"]
    list_filter = ["campaign"]
