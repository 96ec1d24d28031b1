"""What the clips themselves say that coverage's counters must be, and the proof that they are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from backend.clips.dispatch import BUCKET
from backend.clips.models import Clip
from backend.coverage.counters import Bucket
from backend.coverage.rebuild import Rebuilt, rebuild_counters


def prove_counters(*, campaign_id: UUID, actor: str, now: datetime, mend: bool = True) -> Rebuilt:
    """Count a campaign's clips anew and put its counters right; returns what was wrong."""
    return rebuild_counters(
        campaign_id=campaign_id,
        shares=shares_of(campaign_id),
        actor=actor,
        now=now,
        mend=mend,
    )


def shares_of(campaign_id: UUID) -> QuerySet[Clip, Any]:
    """Sum a campaign's clips by cell and speaker: (cell, speaker_id, SHARE_COLUMNS in order)."""
    sums: dict[str, Any] = {}
    for bucket in Bucket:
        counts = Q(state__in=[state for state, its in BUCKET.items() if its == bucket])
        sums[f"{bucket}_clips"] = Count("pk", filter=counts)
        sums[f"{bucket}_ms"] = Coalesce(Sum("counted_ms", filter=counts), 0)
    clips = Clip.objects.filter(campaign_id=campaign_id, state__in=list(BUCKET)).order_by()
    return clips.values("cell", "speaker_id").annotate(**sums)
