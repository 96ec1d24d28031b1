"""Correct what a speaker said of themselves: their clips move to the cell they are in then."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.accounts.models import Device
from backend.clips import lifecycle
from backend.coverage.rekeying import rekey_person
from backend.jobs.services import record_audit
from backend.problems import NotFound
from backend.speakers.models import Speaker
from backend.speakers.services import SpeakerWithdrawn, correct_demographics


def correct_speaker(
    *, speaker_id: UUID, device: Device, corrections: dict[str, Any], actor: str, now: datetime
) -> Speaker:
    """Write the corrections, and move all the speaker's clips with their counters, at once.

    What is so already changes nothing. Raises NotFound for a speaker who is not this collector's,
    SpeakerWithdrawn, Malformed.
    """
    with transaction.atomic():
        # FOR UPDATE keeps out new clips, which refer to this row. One that was announced with the
        # cell of before and is written after us finds its cell when it comes home (take_in).
        speaker = (
            Speaker.objects.select_for_update(of=("self",))
            .select_related("campaign")
            .filter(pk=speaker_id, collector_id=device.collector_id, campaign_id=device.campaign_id)
            .first()
        )
        if speaker is None:
            raise NotFound()
        if speaker.withdrawn_at is not None:
            raise SpeakerWithdrawn()
        changed = correct_demographics(speaker=speaker, corrections=corrections, now=now)
        if changed:
            clips = lifecycle.rebin(
                speaker=speaker, cell=speaker.cell, actor=actor, at=now, reason="corrected"
            )
            rekey_person(campaign_id=speaker.campaign_id, speaker_id=speaker.pk, key=speaker.cell)
            record_audit(
                actor=actor,
                act="speaker.correct",
                subject=f"speaker:{speaker.pk}",
                now=now,
                # The names alone: what was said stands in one place.
                detail={"fields": changed, "clips": clips},
            )
    return speaker
