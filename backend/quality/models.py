"""QualityCheck: what a machine measured and judged. Derivative: the 16 kHz mono FLAC of a clip.
Fingerprint and FingerprintKey: by what a clip is known again.
"""

from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q

from backend.clips.models import Clip
from backend.quality.verdict import Outcome

OUTCOME_CHOICES = [(outcome.value, outcome.value) for outcome in Outcome]


class Stage(models.TextChoices):
    """What kind of check it was: signal measures, then (where enabled) models."""

    SIGNAL = "signal"
    MODELS = "models"


class QualityCheck(models.Model):
    """One judgement of one clip by one stage under one profile version; append only.

    `event_seq` is the clip's event whose state it judged, so that a job repeated after a crash
    finds its own row. `measures`: numbers by name (backend.quality.measures). `facts`: words
    (container, codec, fault). `reasons`: `[{code, measure, value, threshold, severity, hint}]`,
    gravest first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="quality_checks")
    event_seq = models.PositiveIntegerField()
    stage = models.CharField(max_length=10, choices=Stage.choices)
    profile_version = models.PositiveIntegerField()
    measures: "models.JSONField[dict[str, float], dict[str, float]]" = models.JSONField()
    facts: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=OUTCOME_CHOICES)
    provisional = models.BooleanField(default=False)
    reasons: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # The version is part of it: re-judging stored measures under a new profile adds a row.
            models.UniqueConstraint(
                fields=["clip", "event_seq", "stage", "profile_version"], name="quality_check_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in Outcome]),
                name="quality_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values), name="quality_stage_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} {self.stage}: {self.outcome}"


class Derivative(models.Model):
    """The 16 kHz mono FLAC beside a clip's original: what people hear and releases ship."""

    clip = models.OneToOneField(
        Clip, on_delete=models.PROTECT, primary_key=True, related_name="derivative"
    )
    key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    samples = models.PositiveIntegerField()
    sample_rate = models.PositiveIntegerField()
    pcm_sha256 = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(samples__gt=0, sample_rate__gt=0), name="derivative_has_sound"
            )
        ]

    def __str__(self) -> str:
        return self.key


class Fingerprint(models.Model):
    """By what a clip is known again when it comes a second time; erased with the clip's audio.

    Ids are drawn under a lock of the campaign (see duplicates), so the lower one was there first.
    `sha256` is the upload's, `pcm_sha256` that of its samples at 16 kHz; `words` are 4 bytes for
    each 16 ms.
    """

    id = models.BigAutoField(primary_key=True)
    clip = models.OneToOneField(Clip, on_delete=models.PROTECT, related_name="fingerprint")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, db_index=False)
    sha256 = models.CharField(max_length=64)
    pcm_sha256 = models.CharField(max_length=64)
    words = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "sha256", "id"], name="fingerprint_bytes"),
            models.Index(fields=["campaign", "pcm_sha256", "id"], name="fingerprint_samples"),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.clip_id}"


class FingerprintKey(models.Model):
    """One key by which a fingerprint is found; the campaign is part of the number.

    A row is two numbers, and the primary key is the index that a search reads and all it reads:
    there are 24 of them for a clip.
    """

    pk = models.CompositePrimaryKey("key", "fingerprint")
    key = models.BigIntegerField()
    fingerprint = models.ForeignKey(Fingerprint, on_delete=models.CASCADE, related_name="keys")

    def __str__(self) -> str:
        return f"{self.key}: {self.fingerprint_id}"
