"""Admin of sessions and clips: a clip's state moves by its lifecycle, never by hand."""

from django.contrib import admin

from backend.clips.models import Clip, ClipEvent, PromptReport, Session, Transcript
from backend.readonly_admin import ReadOnlyAdmin


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Sittings."""

    list_display = ["id", "campaign", "speaker_id", "environment", "started_at"]
    list_select_related = ["campaign"]
    search_fields = ["id", "speaker__id"]


@admin.register(Clip)
class ClipAdmin(ReadOnlyAdmin):
    """Clips."""

    list_display = ["id", "campaign", "state", "duration_ms", "content_type", "created_at"]
    list_select_related = ["campaign"]
    list_filter = ["campaign", "state"]
    search_fields = ["id", "speaker__id"]


@admin.register(ClipEvent)
class ClipEventAdmin(ReadOnlyAdmin):
    """The moves of clips."""

    list_display = ["clip_id", "seq", "from_state", "to_state", "actor", "reason", "at"]
    search_fields = ["clip__id"]


@admin.register(Transcript)
class TranscriptAdmin(ReadOnlyAdmin):
    """Settled texts."""

    list_display = ["clip_id", "version", "text", "source", "created_at"]
    search_fields = ["clip__id"]


@admin.register(PromptReport)
class PromptReportAdmin(ReadOnlyAdmin):
    """Why prompts were not said."""

    list_display = ["prompt", "kind", "reason", "session_id", "made_at"]
    list_filter = ["kind", "reason"]
