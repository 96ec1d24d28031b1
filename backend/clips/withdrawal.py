"""Withdraw a clip or a whole speaker: from the first write on nothing of it is given out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.accounts.models import Device
from backend.clips import lifecycle
from backend.clips.models import Change, Clip, Transcript
from backend.clips.state import State
from backend.coverage.counters import lock_counters
from backend.coverage.holds import end_holds_of
from backend.problems import NotFound
from backend.speakers import voices
from backend.speakers.models import Speaker
from backend.speakers.services import end_speaker


def withdraw_clip(*, clip_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Move a clip to `withdrawn`; its erasure is a job of that move. Twice is harmless."""
    clip = Clip.objects.filter(pk=clip_id).first()
    if clip is None:
        raise NotFound()
    if clip.state == State.WITHDRAWN:
        return
    with transaction.atomic():
        try:
            lifecycle.move(
                clip_id=clip_id,
                to=State.WITHDRAWN,
                actor=actor,
                at=now,
                reason="withdrawn",
                detail={"reason": reason} if reason else {},
                values={"verdict": None, "look_at": None},
            )
        except lifecycle.MoveRefused as refused:
            if refused.extra["state"] != State.WITHDRAWN:
                raise
            # Somebody else withdrew it since it was read.
            return
        # What was said is the speaker's as much as how it sounds.
        Transcript.objects.filter(clip_id=clip_id).delete()
        voices.forget_clip(clip_id)


def withdraw_speaker(
    *, speaker_id: UUID, device: Device | None, actor: str, reason: str, now: datetime
) -> int:
    """End a speaker's consents and withdraw all their clips, in one transaction; returns how many.

    `device`: the phone that asks, whose collector's speaker it must be; None for a person whose
    right was checked before. Raises NotFound.
    """
    speakers = Speaker.objects.filter(pk=speaker_id)
    if device is not None:
        speakers = speakers.filter(collector_id=device.collector_id, campaign_id=device.campaign_id)
    speaker = speakers.first()
    if speaker is None:
        raise NotFound()
    with transaction.atomic():
        if end_speaker(speaker=speaker, actor=actor, reason=reason, now=now):
            Change.objects.create(
                campaign_id=speaker.campaign_id,
                collector_id=speaker.collector_id,
                speaker=speaker,
            )
        clips = Clip.objects.filter(speaker=speaker).exclude(state=State.WITHDRAWN)
        # All rows are locked before any counter is (see receipts.confirm_uploads).
        cells = dict(clips.select_for_update().order_by("pk").values_list("pk", "cell"))
        end_holds_of(speaker_id=speaker.pk, collector_id=speaker.collector_id, now=now)
        lock_counters(
            places=[(speaker.campaign_id, cell, speaker.pk) for cell in set(cells.values())]
        )
        for clip_id, _ in sorted(cells.items(), key=lambda pair: (pair[1], pair[0])):
            withdraw_clip(clip_id=clip_id, actor=actor, reason=reason, now=now)
    return len(cells)
