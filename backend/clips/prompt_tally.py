"""Read how often prompts were recorded: for the job that fills the shortlists, not for calls."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from backend.clips.models import Clip

_AT_ONCE = 5000
_IDS_AT_ONCE = 500


class ClipRecordings:
    """The recordings that their speakers need not make again, as coverage asks for them."""

    def by_stratum(self, campaign_id: UUID) -> dict[str, dict[UUID, int]]:
        """Return `{key of the speaker's cell: {prompt: recordings}}` of a campaign.

        One pass over the campaign's clips, by an aggregate of the database.
        """
        tally: dict[str, dict[UUID, int]] = {}
        rows: QuerySet[Clip, Any] = (
            Clip.objects.recorded()
            .filter(campaign_id=campaign_id)
            .values_list("speaker__cell", "prompt_id")
            .annotate(recordings=Count("pk"))
            .order_by()
        )
        for key, prompt_id, recordings in rows.iterator(chunk_size=_AT_ONCE):
            tally.setdefault(key, {})[prompt_id] = recordings
        return tally

    def of_prompts(self, prompts: Collection[UUID]) -> dict[UUID, int]:
        """Return how often each of these prompts was recorded; one that was not is not there."""
        rows: QuerySet[Clip, Any] = (
            Clip.objects.recorded()
            .filter(prompt_id__in=list(prompts))
            .values_list("prompt_id")
            .annotate(recordings=Count("pk"))
            .order_by()
        )
        return dict(rows)

    def among(self, speakers: Collection[UUID]) -> set[tuple[UUID, UUID]]:
        """Return the (speaker, prompt) that these speakers have recorded."""
        pairs: set[tuple[UUID, UUID]] = set()
        ordered = sorted(speakers)
        for start in range(0, len(ordered), _IDS_AT_ONCE):
            some = ordered[start : start + _IDS_AT_ONCE]
            rows = Clip.objects.recorded().filter(speaker_id__in=some)
            pairs.update(rows.values_list("speaker_id", "prompt_id"))
        return pairs
