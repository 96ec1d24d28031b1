"""Promise recordings to phones, count what fulfils a promise, release what was not used.

One order of locks everywhere: the clips, then the holds, then the counters, cells by key. Those
who make promises hold the cell's row from before they look until they have promised, so that two
never promise the same place; a clip that comes is always taken.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.coverage.counters import NOTHING_HELD, Held, cell_id_of, move_held
from backend.coverage.models import Hold, HoldKind

HOLD_FOR: Final = timedelta(minutes=30)
_RELEASED_AT_ONCE: Final = 500


def promise(
    *,
    kind: HoldKind,
    device_id: UUID,
    collector_id: UUID,
    campaign_id: UUID,
    key: str,
    clips: int,
    clip_ms: int,
    now: datetime,
    expires_at: datetime,
    **whom: Any,
) -> Hold:
    """Write a promise and count it in its cell, in the caller's transaction.

    `key`: of the cell, which the caller has locked; "" is the whole campaign.
    """
    cell_id = cell_id_of(campaign_id, key) if key else None
    hold = Hold.objects.create(
        kind=kind,
        campaign_id=campaign_id,
        cell_id=cell_id,
        device_id=device_id,
        collector_id=collector_id,
        clips=clips,
        ms=clips * clip_ms,
        made_at=now,
        expires_at=expires_at,
        **whom,
    )
    if cell_id is not None:
        move_held(cell_id=cell_id, held=Held(hold.clips, hold.ms))
    return hold


def lock_holds(*, hold_ids: set[UUID]) -> None:
    """Lock holds before any counter is, for a transaction that moves many clips."""
    if hold_ids:
        rows = Hold.objects.select_for_update().filter(pk__in=hold_ids).order_by("pk")
        list(rows.values_list("pk"))


def use_hold(
    *,
    hold_id: UUID,
    campaign_id: UUID,
    collector_id: UUID,
    key: str,
    milliseconds: int,
    now: datetime,
) -> Held:
    """Let a clip that came home use up its promise, in the clip's own transaction.

    Returns the change of the cell's promises, which the caller adds with the clip's own counters.
    A clip that came late, beyond what was promised or for another cell is overfill; a hold that is
    not this collector's is none.
    """
    hold = (
        Hold.objects.select_for_update(of=("self",))
        .select_related("cell")
        .filter(pk=hold_id, campaign_id=campaign_id, collector_id=collector_id)
        .first()
    )
    if hold is None:
        return NOTHING_HELD
    stands = hold.released_at is None and now < hold.expires_at
    if not stands or (hold.cell is not None and hold.cell.key != key):
        hold.overfill_clips += 1
        hold.overfill_ms += milliseconds
        hold.save(update_fields=["overfill_clips", "overfill_ms"])
        return NOTHING_HELD
    clips, left_ms = hold.left()
    hold.used_clips += 1
    hold.used_ms += milliseconds
    if hold.used_clips >= hold.clips:
        hold.released_at = now
    hold.save(update_fields=["used_clips", "used_ms", "released_at"])
    if hold.cell_id is None:
        return NOTHING_HELD
    clips_after, ms_after = hold.left()
    return Held(clips_after - clips, ms_after - left_ms)


def release_stale_holds(*, campaign_id: UUID, now: datetime) -> int:
    """Take expired promises, and those of phones that left, off their cells; returns how many.

    Harmless when repeated: a released hold counts nowhere. A bounded number at a time.
    """
    stale = Hold.objects.filter(campaign_id=campaign_id).stale(now)
    if not stale.exists():
        return 0
    with transaction.atomic():
        holds = list(
            # Those that another is releasing need no second one to wait for it.
            stale.select_for_update(of=("self",), skip_locked=True)
            .select_related("cell")
            .order_by("pk")[:_RELEASED_AT_ONCE]
        )
        freed: dict[tuple[str, int], Held] = {}
        for hold in holds:
            if hold.cell is not None:
                clips, milliseconds = hold.left()
                place = (hold.cell.key, hold.cell.pk)
                before = freed.get(place, NOTHING_HELD)
                freed[place] = Held(before.clips - clips, before.milliseconds - milliseconds)
        Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(released_at=now)
        _move_all(freed)
    return len(holds)


def _move_all(freed: Mapping[tuple[str, int], Held]) -> None:
    for (_, cell_id), held in sorted(freed.items(), key=lambda pair: pair[0]):
        move_held(cell_id=cell_id, held=held)
