"""CounterProof: when a campaign's counters were last counted anew, and what was wrong then."""

from typing import Any

from django.db import models


class CounterProof(models.Model):
    """The newest recount of one campaign; whoever recounts holds this row until the end.

    `differences`: `[{cell, speaker?, off: {column: n}}]`, what was added to make the counters
    right; no more than a person reads, `wrong_cells` and `wrong_speakers` are all of them.
    """

    campaign = models.OneToOneField(
        "campaigns.Campaign", primary_key=True, on_delete=models.CASCADE, related_name="proof"
    )
    at = models.DateTimeField(null=True)
    wrong_cells = models.PositiveIntegerField(default=0)
    wrong_speakers = models.PositiveIntegerField(default=0)
    differences: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.wrong_cells} cells wrong"
