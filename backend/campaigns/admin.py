"""Admin of campaigns: sites are edited here, all else changes through the API."""

from django.contrib import admin

from backend.campaigns.models import Campaign, Prompt, PromptSet, QualityProfile, Site
from backend.readonly_admin import AnyAdmin, ReadOnlyAdmin


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Campaigns change through the API, which moves their cells and writes the audit trail."""

    list_display = ["slug", "name", "language", "state", "created_at"]
    search_fields = ["slug", "name"]


@admin.register(Site)
class SiteAdmin(AnyAdmin):
    """Places where speakers are recruited."""

    list_display = ["slug", "name", "campaign"]
    list_select_related = ["campaign"]


@admin.register(PromptSet)
class PromptSetAdmin(ReadOnlyAdmin):
    """Imports of prompts."""

    list_display = ["name", "campaign", "created_at"]
    list_select_related = ["campaign"]


@admin.register(Prompt)
class PromptAdmin(ReadOnlyAdmin):
    """Prompts; a changed text is a new revision, never a changed row."""

    list_display = ["position", "kind", "text", "language", "revision", "active"]
    list_filter = ["campaign", "kind", "active"]
    search_fields = ["text"]


@admin.register(QualityProfile)
class QualityProfileAdmin(ReadOnlyAdmin):
    """Versions of the quality rules."""

    list_display = ["campaign", "version", "created_at", "created_by"]
    list_select_related = ["campaign"]
