"""Cell: a stratum's target and counters. CellSpeaker: the same per speaker, to count speakers."""

from django.db import models


class Cell(models.Model):
    """Counters of one cell of one campaign; moved only by backend.coverage.counters."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="cells"
    )
    key = models.CharField(max_length=200)
    target = models.PositiveBigIntegerField(null=True, blank=True)
    pending_clips = models.BigIntegerField(default=0)
    pending_ms = models.BigIntegerField(default=0)
    accepted_clips = models.BigIntegerField(default=0)
    accepted_ms = models.BigIntegerField(default=0)
    rejected_clips = models.BigIntegerField(default=0)
    rejected_ms = models.BigIntegerField(default=0)
    held_clips = models.BigIntegerField(default=0)
    held_ms = models.BigIntegerField(default=0)
    accepted_speakers = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "key"], name="cell_once")]

    def __str__(self) -> str:
        return self.key


class CellSpeaker(models.Model):
    """One speaker's share of a cell."""

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="speakers")
    speaker_id = models.UUIDField()
    pending_clips = models.BigIntegerField(default=0)
    pending_ms = models.BigIntegerField(default=0)
    accepted_clips = models.BigIntegerField(default=0)
    accepted_ms = models.BigIntegerField(default=0)
    rejected_clips = models.BigIntegerField(default=0)
    rejected_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cell", "speaker_id"], name="cell_speaker_once")
        ]

    def __str__(self) -> str:
        return f"{self.speaker_id} in {self.cell_id}"
