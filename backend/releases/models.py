"""Release, its items and files, and the split that each speaker was given once."""

from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q

from backend.releases.split import SPLITS

SPLIT_CHOICES = [(split, split) for split in SPLITS]


class ReleaseState(models.TextChoices):
    """From `sealing` on the manifest may lie in the store, so there is no way back to building."""

    DRAFT = "draft"
    SELECTING = "selecting"
    BUILDING = "building"
    SEALING = "sealing"
    SEALED = "sealed"
    FAILED = "failed"
    CANCELED = "canceled"


UNFINISHED = (
    ReleaseState.DRAFT,
    ReleaseState.SELECTING,
    ReleaseState.BUILDING,
    ReleaseState.SEALING,
)


class Release(models.Model):
    """One version of a campaign's training set; once sealed it is never changed.

    `counts`: `{clips, speakers, seconds, splits: {split: {clips, speakers, seconds}}, excluded:
    {reason: clips}, dropped}`; `dropped` were selected, and withdrawn before the seal.
    `selection_sha256` is empty until the selection is frozen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.PROTECT, related_name="releases"
    )
    version = models.CharField(max_length=40)
    recipe: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    state = models.CharField(
        max_length=10, choices=ReleaseState.choices, default=ReleaseState.DRAFT
    )
    counts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    selection_sha256 = models.CharField(max_length=64, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    sealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="release_version_once"),
            models.CheckConstraint(
                condition=Q(state__in=ReleaseState.values), name="release_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=ReleaseState.SEALED)
                | (Q(sealed_at__isnull=False) & ~Q(manifest_sha256="")),
                name="release_sealed_has_a_manifest",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-created_at"], name="release_newest")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.version}"

    @property
    def salt(self) -> bytes:
        """Return what makes places of speakers and clips different in every campaign."""
        return self.campaign_id.bytes


class ReleaseItem(models.Model):
    """A clip in a release: where it stands, and which sound and which text it is there with."""

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="items")
    clip = models.ForeignKey("clips.Clip", on_delete=models.PROTECT, related_name="release_items")
    speaker_id = models.UUIDField()
    split = models.CharField(max_length=10, choices=SPLIT_CHOICES)
    shard = models.PositiveIntegerField()
    row = models.PositiveIntegerField()
    audio_sha256 = models.CharField(max_length=64)
    transcript_version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "clip"], name="release_clip_once"),
            models.UniqueConstraint(
                fields=["release", "split", "shard", "row"], name="release_place_once"
            ),
            models.CheckConstraint(condition=Q(split__in=SPLITS), name="item_split_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} in {self.release_id}"


class ReleaseFile(models.Model):
    """A file that lies in the store; `plan_sha256` says from what a data file was made.

    `path` is its place inside the release, `key` where the bytes lie. `split` is empty and `shard`
    null for a file that is no data file. With `erased_at` the row is a tombstone: the file held a
    clip that was withdrawn after the seal.
    """

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=300)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=0)
    split = models.CharField(max_length=10, choices=SPLIT_CHOICES, blank=True)
    shard = models.PositiveIntegerField(null=True, blank=True)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "path"], name="release_path_once"),
            models.CheckConstraint(
                condition=Q(split="", shard=None) | Q(split__in=SPLITS, shard__isnull=False),
                name="file_split_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class SplitAssignment(models.Model):
    """The split a speaker was given by the first release that held them; never changed."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    speaker_id = models.UUIDField()
    split = models.CharField(max_length=10, choices=SPLIT_CHOICES)
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "speaker_id"], name="speaker_split_once_per_campaign"
            ),
            models.CheckConstraint(condition=Q(split__in=SPLITS), name="speaker_split_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.speaker_id}: {self.split}"
