"""CellDay: how a cell stood at the end of a day; what forecasts read."""

from django.db import models


class CellDay(models.Model):
    """The counters of a cell as they stood on a day (UTC), last written before it ended.

    Written by backend.coverage.days alone; a day on which nothing wrote is left out, not guessed.
    """

    cell = models.ForeignKey(
        "coverage.Cell", on_delete=models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    accepted_clips = models.BigIntegerField()
    accepted_ms = models.BigIntegerField()
    accepted_speakers = models.BigIntegerField()
    pending_clips = models.BigIntegerField()
    pending_ms = models.BigIntegerField()
    rejected_clips = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cell", "day"], name="cell_day_once")]

    def __str__(self) -> str:
        return f"{self.cell_id} on {self.day}"
