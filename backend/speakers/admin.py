"""Admin of speakers and consents: to look things up, never to change what somebody agreed to."""

from django.contrib import admin

from backend.readonly_admin import ReadOnlyAdmin
from backend.speakers.models import Consent, ConsentForm, Speaker


@admin.register(Speaker)
class SpeakerAdmin(ReadOnlyAdmin):
    """Speakers by their spoken name."""

    list_display = ["code", "id", "campaign", "cell", "created_at", "withdrawn_at"]
    list_select_related = ["campaign"]
    list_filter = ["campaign"]
    search_fields = ["code", "id"]


@admin.register(ConsentForm)
class ConsentFormAdmin(ReadOnlyAdmin):
    """The texts that are agreed to."""

    list_display = ["campaign", "locale", "version", "created_at", "retired_at"]
    list_select_related = ["campaign"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """What was agreed to, when and how."""

    list_display = ["id", "speaker_id", "form", "method", "given_at", "withdrawn_at"]
    list_select_related = ["form"]
    search_fields = ["id", "speaker__id"]
