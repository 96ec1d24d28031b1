"""CoveragePlan: every version of what a campaign asked for, with who asked."""

from typing import Any

from django.db import models


class CoveragePlan(models.Model):
    """One version of a campaign's plan; never changed once written.

    `document` names its dimensions even where it was written without, so that an old version can
    be read by itself.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="plans"
    )
    version = models.PositiveIntegerField()
    document: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="plan_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} v{self.version}"
