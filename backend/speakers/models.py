"""Speaker, ConsentForm, Consent and voices. Outside this app a person is no more than an id."""

from typing import Any

import uuid_utils.compat as uuid
from django.conf import settings
from django.db import models
from django.db.models import Q

SCOPES = ("collect", "publish", "embeddings")
METHODS = ("tap", "spoken", "signature")


class Speaker(models.Model):
    """A person whose voice it is, under an id that the phone made."""

    id = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    demographics: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    cell = models.CharField(max_length=200)
    # The campaign's binning by which the cell was found; an older one is out of date (placing.py).
    binning = models.PositiveIntegerField(default=1)
    request_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "collector"], name="speaker_collector"),
            # Those whom a changed plan has not reached yet.
            models.Index(fields=["campaign", "binning", "id"], name="speaker_binning"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ConsentForm(models.Model):
    """The words a speaker agrees to, in one language and one version; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.PROTECT, related_name="consent_forms"
    )
    version = models.PositiveIntegerField()
    locale = models.CharField(max_length=35)
    text = models.TextField()
    scopes: "models.JSONField[list[str], list[str]]" = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "version", "locale"], name="consent_form_once"
            )
        ]

    def __str__(self) -> str:
        return f"v{self.version} {self.locale}"


class Consent(models.Model):
    """A speaker's grant under one form; `evidence_*` describes the recorded words, when spoken."""

    id = models.UUIDField(primary_key=True)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="consents")
    form = models.ForeignKey(ConsentForm, on_delete=models.PROTECT)
    given_at = models.DateTimeField()
    locale = models.CharField(max_length=35)
    scopes: "models.JSONField[list[str], list[str]]" = models.JSONField()
    method = models.CharField(max_length=10, choices=[(name, name) for name in METHODS])
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    evidence_bytes = models.PositiveIntegerField(null=True, blank=True)
    evidence_type = models.CharField(max_length=40, blank=True)
    evidence_parts: "models.JSONField[list[Any], list[Any]]" = models.JSONField(
        default=list, blank=True
    )
    # When the last links that were handed out for its parts stop working.
    evidence_until = models.DateTimeField(null=True, blank=True)
    evidence_stored_at = models.DateTimeField(null=True, blank=True)
    request_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(method__in=METHODS), name="consent_method_is_known")
        ]

    def __str__(self) -> str:
        return str(self.id)


class VoiceSample(models.Model):
    """How a speaker sounds in one clip, as numbers: biometric data.

    Made only under a consent with the scope `embeddings`, of no more clips than an enrolment
    takes, and deleted in the transaction in which the clip, the speaker or the scope is withdrawn
    (backend.speakers.voices). `embedding`: 256 little-endian float16, length 1.
    """

    # Clips are above this app, so this is no foreign key.
    clip = models.UUIDField(primary_key=True)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="voice_samples")
    embedding = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.clip)


class SpeakerVoice(models.Model):
    """How an enrolled speaker sounds: the mean of their samples, in the same form. Biometric data.

    It goes with any of its samples, and comes back when there are enough again.
    """

    speaker = models.OneToOneField(
        Speaker, on_delete=models.PROTECT, primary_key=True, related_name="voice"
    )
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    embedding = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.speaker_id)
