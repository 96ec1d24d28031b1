"""Move the counters: one function, called inside the transaction of the event that causes it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import F

from backend.coverage.models import Cell, CellSpeaker


class Bucket(StrEnum):
    """What a clip counts as; a clip counts in one bucket or in none."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Share:
    """What one clip adds to its cell."""

    bucket: Bucket | None
    milliseconds: int


def _changes(before: Share, after: Share) -> dict[str, int]:
    """Return the column changes that turn one share into the other; empty when nothing moves."""
    changes: dict[str, int] = {}
    for share, sign in ((before, -1), (after, 1)):
        if share.bucket is not None:
            for column, amount in (("clips", 1), ("ms", share.milliseconds)):
                name = f"{share.bucket}_{column}"
                changes[name] = changes.get(name, 0) + sign * amount
    return {name: amount for name, amount in changes.items() if amount}


def _added(changes: dict[str, int]) -> dict[str, Any]:
    return {name: F(name) + amount for name, amount in changes.items()}


def move_counters(
    *, campaign_id: UUID, key: str, speaker_id: UUID, before: Share, after: Share
) -> None:
    """Move one clip's share within its cell, in the caller's transaction.

    Rows are added to with `column = column + n` only: on PostgreSQL a read and a write would lose
    updates. The speaker's row is taken before the cell's, always, so that two moves cannot
    deadlock; holding it makes the count of speakers exact.
    """
    changes = _changes(before, after)
    if not changes:
        return
    cell_id = _cell_id(campaign_id, key)
    mine = CellSpeaker.objects.filter(cell_id=cell_id, speaker_id=speaker_id)
    if not mine.update(**_added(changes)):
        CellSpeaker.objects.bulk_create(
            [CellSpeaker(cell_id=cell_id, speaker_id=speaker_id)], ignore_conflicts=True
        )
        mine.update(**_added(changes))
    gained = changes.get("accepted_clips", 0)
    if gained:
        now_accepted = mine.values_list("accepted_clips", flat=True).get()
        if now_accepted == 1 and gained == 1:
            changes["accepted_speakers"] = 1
        elif now_accepted == 0 and gained == -1:
            changes["accepted_speakers"] = -1
    Cell.objects.filter(pk=cell_id).update(**_added(changes))


def _cell_id(campaign_id: UUID, key: str) -> int:
    ids = Cell.objects.values_list("pk", flat=True)
    try:
        return ids.get(campaign_id=campaign_id, key=key)
    except Cell.DoesNotExist:
        Cell.objects.bulk_create([Cell(campaign_id=campaign_id, key=key)], ignore_conflicts=True)
        return ids.get(campaign_id=campaign_id, key=key)
