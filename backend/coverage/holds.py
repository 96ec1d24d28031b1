"""Promise recordings to phones, count what fulfils a promise, release what was not used.

One order of locks everywhere: the clips, then the holds, then the counters, cells by key. Those
who make promises hold the cell's row from before they look until they have promised, so that two
never promise the same place; a clip that comes is always taken.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from backend.campaigns.models import Campaign
from backend.coverage.counters import NOTHING_HELD, Held, cell_id_of, move_held
from backend.coverage.models import Cell, Hold, HoldKind
from backend.speakers.cells import SESSION_DIMENSIONS, UNKNOWN, levels_of, person_key

HOLD_FOR: Final = timedelta(minutes=30)
_RELEASED_AT_ONCE: Final = 500


def hold_plan(campaign_id: UUID) -> Campaign:
    """Read a campaign whose plan stays as it is until the caller's transaction ends.

    Shared among all who promise; a new plan waits for them, and they for it (planning.write_plan).
    """
    campaigns = Campaign.objects.filter(pk=campaign_id)
    if connection.vendor != "postgresql":
        return campaigns.get()
    sql, values = campaigns.query.sql_with_params()
    return Campaign.objects.raw(f"{sql} FOR SHARE", values)[0]


def promise(
    *,
    kind: HoldKind,
    device_id: UUID,
    collector_id: UUID,
    campaign_id: UUID,
    cell: Cell | None,
    clips: int,
    clip_ms: int,
    now: datetime,
    expires_at: datetime,
    **whom: Any,
) -> Hold:
    """Write a promise and count it in its cell, in the caller's transaction.

    `cell`: the caller has locked it; None is the whole campaign.
    """
    hold = Hold.objects.create(
        kind=kind,
        campaign_id=campaign_id,
        cell=cell,
        device_id=device_id,
        collector_id=collector_id,
        clips=clips,
        ms=clips * clip_ms,
        made_at=now,
        expires_at=expires_at,
        **whom,
    )
    if cell is not None:
        move_held(cell_id=cell.pk, held=Held(hold.clips, hold.ms))
    return hold


def conditions_of(hold: Hold | None) -> dict[str, str]:
    """Return the sitting's levels that a promise is for; empty where the plan asks for none."""
    levels = levels_of(hold.cell.key) if hold is not None and hold.cell is not None else {}
    return {
        name: levels[name]
        for name in SESSION_DIMENSIONS
        if name in levels and levels[name] != UNKNOWN
    }


def cell_named(*, campaign_id: UUID, key: str) -> Cell:
    """Return a cell's row, which is made when the cell is first met."""
    return Cell.objects.get(pk=cell_id_of(campaign_id, key))


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
        # The person sat down, elsewhere. Taken back later: a move of one clip in two cells would
        # break the order of locks in a batch.
        if stands and hold.cell is not None and person_key(hold.cell.key) == person_key(key):
            hold.strayed_clips += 1
        hold.save(update_fields=["overfill_clips", "overfill_ms", "strayed_clips"])
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


def end_holds_of(*, speaker_id: UUID, collector_id: UUID, now: datetime) -> None:
    """Let what a speaker was promised run out now: nothing more of them is taken.

    In the caller's transaction, which holds their clips and no counters yet; the sweep takes it
    off the cells.
    """
    theirs = Hold.objects.live(now).filter(
        speaker_id=speaker_id, collector_id=collector_id, kind=HoldKind.HOLD
    )
    for pk in theirs.order_by("pk").values_list("pk", flat=True):
        Hold.objects.filter(pk=pk).update(expires_at=now)


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
            _free(freed, hold, hold.left())
        Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(released_at=now)
        _move_all(freed)
    return len(holds)


def take_back_strayed(*, campaign_id: UUID, now: datetime) -> int:
    """Take promises back by what the same people recorded in other surroundings; returns how many.

    A promise of so many clips has been kept, in another cell: what stands for it in its own would
    keep others away. Harmless when repeated.
    """
    strayed = Hold.objects.filter(campaign_id=campaign_id).strayed()
    with transaction.atomic():
        holds = list(
            strayed.select_for_update(of=("self",), skip_locked=True)
            .select_related("cell")
            .order_by("pk")[:_RELEASED_AT_ONCE]
        )
        freed: dict[tuple[str, int], Held] = {}
        for hold in holds:
            clips, milliseconds = hold.left()
            hold.used_clips += min(hold.strayed_clips, clips)
            hold.used_ms += milliseconds * min(hold.strayed_clips, clips) // max(clips, 1)
            hold.strayed_clips = 0
            if hold.used_clips >= hold.clips:
                hold.released_at = now
            clips_left, milliseconds_left = hold.left()
            _free(freed, hold, (clips - clips_left, milliseconds - milliseconds_left))
        Hold.objects.bulk_update(holds, ["used_clips", "used_ms", "strayed_clips", "released_at"])
        _move_all(freed)
    return len(holds)


def _free(freed: dict[tuple[str, int], Held], hold: Hold, left: tuple[int, int]) -> None:
    """Add to what is taken off the cells, by (key, id)."""
    if hold.cell is not None:
        place = (hold.cell.key, hold.cell.pk)
        before = freed.get(place, NOTHING_HELD)
        freed[place] = Held(before.clips - left[0], before.milliseconds - left[1])


def _move_all(freed: Mapping[tuple[str, int], Held]) -> None:
    for (_, cell_id), held in sorted(freed.items(), key=lambda pair: pair[0]):
        move_held(cell_id=cell_id, held=held)
