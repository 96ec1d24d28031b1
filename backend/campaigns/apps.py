"""The campaigns app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Campaign, PromptSet, Prompt, Site, QualityProfile."""

    name = "backend.campaigns"
