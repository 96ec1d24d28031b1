"""Admin of coverage: counters and holds move with the clips' events and by nothing else."""

from django.contrib import admin

from backend.coverage.models import Cell, CounterProof, CoveragePlan, Hold, Screening, Shortlist
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


@admin.register(CounterProof)
class CounterProofAdmin(ReadOnlyAdmin):
    """When each campaign's counters were last counted anew, and what was wrong then."""

    list_display = ["campaign", "at", "wrong_cells", "wrong_speakers"]
    list_select_related = ["campaign"]


@admin.register(CoveragePlan)
class CoveragePlanAdmin(ReadOnlyAdmin):
    """Every version of what a campaign asked for."""

    list_display = ["campaign", "version", "made_at", "made_by"]
    list_select_related = ["campaign"]
    list_filter = ["campaign"]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """What phones were promised, used, and recorded beyond it."""

    list_display = [
        "campaign",
        "kind",
        "cell",
        "clips",
        "used_clips",
        "overfill_clips",
        "expires_at",
        "released_at",
    ]
    list_select_related = ["campaign", "cell"]
    list_filter = ["campaign", "kind"]


@admin.register(Screening)
class ScreeningAdmin(ReadOnlyAdmin):
    """Who was met, what they were told and why, and what they were offered."""

    list_display = ["campaign", "key", "outcome", "reason", "offered", "site", "at", "asked_at"]
    list_select_related = ["campaign", "site"]
    list_filter = ["campaign", "outcome", "reason"]


@admin.register(Shortlist)
class ShortlistAdmin(ReadOnlyAdmin):
    """What strata are to read next, and how their prompts' sounds were found."""

    list_display = ["campaign", "stratum", "filled_at", "worn_at", "units", "covered", "methods"]
    list_select_related = ["campaign"]
    list_filter = ["campaign"]
