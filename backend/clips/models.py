"""Session, Clip, ClipEvent, Change, Transcript and PromptReport."""

from datetime import datetime
from typing import Any

import uuid_utils.compat as uuid
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.accounts.models import Device
from backend.clips.state import State

STATE_CHOICES = [(state.value, state.value) for state in State]


class Session(models.Model):
    """One sitting: a speaker, a collector's phone, a place, a consent."""

    id = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    speaker = models.ForeignKey("speakers.Speaker", on_delete=models.PROTECT)
    consent = models.ForeignKey("speakers.Consent", on_delete=models.PROTECT)
    device = models.ForeignKey(Device, on_delete=models.PROTECT)
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    site = models.ForeignKey("campaigns.Site", null=True, blank=True, on_delete=models.PROTECT)
    hold = models.UUIDField(null=True, blank=True)
    environment = models.CharField(max_length=60)
    app_version = models.CharField(max_length=40)
    clock_offset_ms = models.BigIntegerField()
    device_facts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    started_at = models.DateTimeField()
    request_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "speaker"], name="session_speaker")]

    def __str__(self) -> str:
        return str(self.id)


class ClipQuerySet(models.QuerySet["Clip"]):
    """Named readings of the clip table."""

    def of_device(self, device: Device) -> "ClipQuerySet":
        """Return the clips of the phone's collector in the phone's campaign."""
        return self.filter(collector_id=device.collector_id, campaign_id=device.campaign_id)

    def with_speaker(self) -> "ClipQuerySet":
        """Read the speakers and the campaign's binning with the clips: both decide the cell."""
        # A dict, for as a keyword the types' plugin takes it for a second declaration.
        binning = {"campaign_binning": F("campaign__binning")}
        return self.select_related("speaker").annotate(**binning)

    def in_state(self, *states: State) -> "ClipQuerySet":
        """Return the clips that stand in one of the states."""
        return self.filter(state__in=states)

    def recorded(self) -> "ClipQuerySet":
        """Return the clips whose prompt their speaker need not record again."""
        return self.exclude(state__in=[State.REJECTED, State.EXPIRED, State.WITHDRAWN])

    def awaiting_bytes(self, now: datetime) -> "ClipQuerySet":
        """Return expected clips whose turn it is to be looked for in the store."""
        return self.filter(state=State.EXPECTED, look_at__lte=now).order_by("look_at")


class Clip(models.Model):
    """One recording of one prompt. `state` is written by backend.clips.lifecycle alone."""

    # No column: what ClipQuerySet.with_speaker has read of the campaign, None without it.
    campaign_binning: int | None = None

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="clips")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, db_index=False)
    speaker = models.ForeignKey("speakers.Speaker", on_delete=models.PROTECT)
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    prompt = models.ForeignKey("campaigns.Prompt", on_delete=models.PROTECT)
    prompt_revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATE_CHOICES, default=State.EXPECTED)
    event_seq = models.PositiveIntegerField(default=1)
    seq = models.PositiveIntegerField()
    take = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    content_type = models.CharField(max_length=40)
    duration_ms = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    parts: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)
    client_checks: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict
    )
    request_digest = models.CharField(max_length=64)
    cell = models.CharField(max_length=200)
    # The session's: a clip that comes home fulfils this promise without a look at the session.
    hold = models.UUIDField(null=True)
    counted_ms = models.PositiveIntegerField()
    verdict: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True
    )
    created_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    # When the last URL handed out for these bytes stops working.
    upload_until = models.DateTimeField()

    objects = ClipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="clip_state_is_known"
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "-id"], name="clip_by_state"),
            # Pages through a campaign whatever the state: the list, a re-judgement.
            models.Index(fields=["campaign", "-id"], name="clip_of_campaign"),
            models.Index(fields=["speaker", "state"], name="clip_by_speaker"),
            models.Index(fields=["collector", "-id"], name="clip_by_collector"),
            models.Index(fields=["look_at"], name="clip_awaited", condition=Q(state="expected")),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ClipEvent(models.Model):
    """One move of one clip; append only. The first has no `from_state`."""

    id = models.BigAutoField(primary_key=True)
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10, choices=STATE_CHOICES)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()
    reason = models.CharField(max_length=60)
    detail: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clip", "seq"], name="clip_event_seq_once")]

    def __str__(self) -> str:
        return f"{self.clip_id} {self.from_state} → {self.to_state}"


class Change(models.Model):
    """Something that a collector's phone is to learn: this clip or speaker stands otherwise now.

    How it stands is read from its own row, so a change holds nothing that could be out of date.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, db_index=False)
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False
    )
    clip = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, db_index=False)
    speaker = models.ForeignKey(
        "speakers.Speaker", null=True, on_delete=models.PROTECT, db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(clip__isnull=True) ^ Q(speaker__isnull=True), name="change_of_one_thing"
            )
        ]
        indexes = [models.Index(fields=["collector", "campaign", "id"], name="change_feed")]

    def __str__(self) -> str:
        return f"{self.id}: {self.clip_id or self.speaker_id}"


class Transcript(models.Model):
    """The settled text of a clip; a later settlement is a further version, never a change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="transcripts")
    version = models.PositiveIntegerField()
    text = models.TextField()
    source = models.CharField(max_length=20)
    # Who and how many agreed: what a release must say of a text's origin.
    detail: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clip", "version"], name="transcript_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} v{self.version}"


class ReportKind(models.TextChoices):
    """A skip is of one speaker, a report of a fault that every speaker would meet."""

    SKIP = "skip"
    REPORT = "report"


class PromptReport(models.Model):
    """Why a prompt was not said in a session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    prompt = models.ForeignKey("campaigns.Prompt", on_delete=models.CASCADE, related_name="reports")
    session = models.ForeignKey(Session, on_delete=models.PROTECT)
    kind = models.CharField(max_length=6, choices=ReportKind.choices)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReportKind.values), name="prompt_report_kind_is_known"
            ),
            # A phone repeats what it got no answer to.
            models.UniqueConstraint(
                fields=["session", "prompt", "kind", "reason"], name="prompt_report_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.prompt_id}"
