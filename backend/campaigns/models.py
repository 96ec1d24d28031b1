"""Campaign, Site, PromptSet, Prompt, QualityProfile."""

from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q


class PromptKind(models.TextChoices):
    """What the speaker is asked to do with the text."""

    READ = "read"
    QUESTION = "question"
    HOTWORD = "hotword"
    COMMAND = "command"


class CampaignState(models.TextChoices):
    """A closed campaign says so in its pack; what was recorded all the same is still welcome."""

    OPEN = "open"
    CLOSED = "closed"


class Campaign(models.Model):
    """One collection effort: its language, what it asks of speakers, its bounds and policies.

    `demographics`: field specs `[{name, kind: choice|year|text|list, choices?, required?}]`.
    `dimensions`: what makes a coverage cell: fields, age_band, and a session's own.
    `targets`: the plan that holds, the newest of the campaign's versions (backend.coverage.plan).
    `binning`: counts the changes of what makes a cell: dimensions, age bands.
    `annotation`: `{"type": "transcription"|"none", "overlap": 1}`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=35)
    state = models.CharField(
        max_length=10, choices=CampaignState.choices, default=CampaignState.OPEN
    )
    demographics: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)
    dimensions: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    targets: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    binning = models.PositiveIntegerField(default=1)
    annotation: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    max_seconds = models.PositiveIntegerField(default=60)
    max_bytes = models.PositiveIntegerField(default=20_000_000)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CampaignState.values), name="campaign_state_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Site(models.Model):
    """A place where speakers are recruited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="sites")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "slug"], name="site_once_per_campaign")
        ]

    def __str__(self) -> str:
        return self.slug


class PromptSet(models.Model):
    """The prompts of one import; a campaign may have several."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="prompt_sets")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "digest"], name="prompt_set_once")
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """What a speaker is asked to say; a changed text is a new revision, never a changed row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="prompts")
    prompt_set = models.ForeignKey(PromptSet, on_delete=models.CASCADE, related_name="prompts")
    position = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=10, choices=PromptKind.choices)
    text = models.TextField()
    language = models.CharField(max_length=35)
    direction = models.CharField(max_length=3, choices=[("ltr", "ltr"), ("rtl", "rtl")])
    max_seconds = models.PositiveIntegerField()
    repeats = models.PositiveIntegerField(default=1)
    block = models.CharField(max_length=60, blank=True)
    # How many recordings of it are wanted at most, in the whole campaign; none: as many as come.
    cap = models.PositiveIntegerField(null=True, blank=True)
    audio_key = models.CharField(max_length=200, blank=True)
    audio_type = models.CharField(max_length=40, blank=True)
    # `{sha256, bytes, content_type}` of a spoken form whose bytes have not arrived.
    audio_announced: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = (
        models.JSONField(null=True, blank=True)
    )
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt_set", "position"], name="prompt_position_once"),
            models.CheckConstraint(
                condition=Q(kind__in=PromptKind.values), name="prompt_kind_is_known"
            ),
        ]
        indexes = [models.Index(fields=["campaign", "active", "position"], name="prompt_order")]

    def __str__(self) -> str:
        return str(self.id)


class QualityProfile(models.Model):
    """One version of a campaign's quality rules, as data; never changed once written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="profiles")
    version = models.PositiveIntegerField()
    rules: "models.JSONField[list[Any], list[Any]]" = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="profile_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} v{self.version}"
