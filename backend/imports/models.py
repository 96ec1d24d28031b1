"""ClipImport: a ZIP of unsent clips that a phone saved; ImportedClip: what became of each clip."""

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q


class ImportState(models.TextChoices):
    """`expected`: the file is awaited. `uploaded`: a job takes it in. The ends leave no file."""

    EXPECTED = "expected"
    UPLOADED = "uploaded"
    DONE = "done"
    FAILED = "failed"


class Outcome(models.TextChoices):
    """What became of a clip: it came home now, was home before, or is not taken."""

    TAKEN = "taken"
    ALREADY_THERE = "already-there"
    REFUSED = "refused"


class ClipImport(models.Model):
    """One file for one campaign, known by its SHA-256: the same file again is the same import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.EXPECTED
    )
    # Counts the uploads: a file that was refused may be sent again, and is another piece of work.
    round = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    # The file holds voices and what their speakers said of themselves: it is gone by then.
    keep_until = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sha256"], name="import_once"),
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="import_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ImportedClip(models.Model):
    """One clip of an import. No key to the clip: one that is refused may have no row."""

    id = models.BigAutoField(primary_key=True)
    clip_import = models.ForeignKey(ClipImport, on_delete=models.CASCADE, related_name="results")
    clip_id = models.UUIDField()
    outcome = models.CharField(max_length=13, choices=Outcome.choices)
    problem = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clip_import", "clip_id"], name="imported_clip_once")
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} {self.outcome}"
