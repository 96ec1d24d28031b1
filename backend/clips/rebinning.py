"""Bring speakers and their clips to the cells of a changed plan, one speaker after another.

Collecting goes on meanwhile: whoever meets a speaker whom this has not reached finds the same cell
(backend.speakers.placing), and a clip that begins to count does so there.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.coverage.rekeying import rekey_person
from backend.speakers.models import Speaker
from backend.speakers.placing import current_cell

REPLANNED: Final = "replanned"
BATCH: Final = 100


def speakers_left(campaign: Campaign) -> int:
    """Return how many speakers' cells are of an older binning than the campaign's."""
    return Speaker.objects.filter(campaign=campaign, binning__lt=campaign.binning).count()


def rebin_batch(*, campaign_id: UUID, actor: str, now: datetime) -> tuple[int, int] | None:
    """Bring the next speakers to their campaign's binning; returns (speakers, clips moved).

    Each in a transaction of its own, with their clips, counters and events. Those who are done are
    not met again, so that an attempt that died is gone on with. Returns None when nobody is left.
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    stale = Speaker.objects.filter(campaign=campaign, binning__lt=campaign.binning)
    ids = list(stale.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    clips = sum(rebin_speaker(speaker_id=speaker_id, actor=actor, now=now) for speaker_id in ids)
    return len(ids), clips


def rebin_speaker(*, speaker_id: UUID, actor: str, now: datetime) -> int:
    """Put one speaker and their clips where the plan that holds wants them; returns how many clips.

    What is there already stays without an event.
    """
    with transaction.atomic():
        # FOR UPDATE keeps out new clips, as in a correction.
        speaker = Speaker.objects.select_for_update().get(pk=speaker_id)
        # Read behind the lock: a plan that was written while we waited is followed at once.
        campaign = Campaign.objects.get(pk=speaker.campaign_id)
        cell = current_cell(speaker=speaker, campaign=campaign)
        clips = lifecycle.rebin(speaker=speaker, cell=cell, actor=actor, at=now, reason=REPLANNED)
        if cell != speaker.cell:
            rekey_person(campaign_id=campaign.pk, speaker_id=speaker.pk, key=cell)
        speaker.cell, speaker.binning = cell, campaign.binning
        speaker.save(update_fields=["cell", "binning"])
    return clips
