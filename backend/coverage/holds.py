"""Promise recordings to phones, count what fulfils a promise, release what was not used.

One order of locks everywhere: the clips, then the holds, then the counters, cells by key. Those
who make promises queue at the campaign's row first, so that two never promise the same place; a
clip that comes needs no such row, it is always taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.coverage.counters import NOTHING_HELD, Held, cell_id_of, move_held
from backend.coverage.models import Hold, HoldKind, LeaseRequest
from backend.coverage.openness import SITTING_CLIPS, Status, open_clips, spread, status_of
from backend.coverage.standing import Standings, read_standings
from backend.digest import request_digest
from backend.speakers.services import IdTaken

# What a phone may hold ahead, and for how long.
LEASED_AT_MOST: Final = 500
LEASE_FOR: Final = timedelta(days=7)
HOLD_FOR: Final = timedelta(minutes=30)
_RELEASED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Eligibility:
    """What a person is told before recording, and the promise that goes with it."""

    key: str
    status: Status
    hold: Hold | None


def grant_leases(
    *, request_id: UUID, device: Device, want: list[dict[str, Any]], now: datetime
) -> list[Hold]:
    """Promise clips to a phone for days offline; the same request again gives the same leases.

    `want`: `[{cell: key or "", clips}]`. A named cell gives up to what is open there; without a
    name the clips are spread over the open cells by what they lack. A campaign without targets
    gives what is asked, of the named cell or of the whole campaign. A phone holds at most
    LEASED_AT_MOST clips ahead. Raises IdTaken. Coverage chooses the cells by the plan of the day
    and the phone's site; the promise, its counting and its end stay as they are here.
    """
    digest = request_digest({"campaign": device.campaign_id, "want": want})
    known = LeaseRequest.objects.filter(pk=request_id).first()
    if known is not None:
        return _granted(known, digest, device)
    release_stale_holds(campaign_id=device.campaign_id, now=now)
    with transaction.atomic():
        campaign = _queue_up(device.campaign_id)
        try:
            with transaction.atomic():
                request = LeaseRequest.objects.create(
                    id=request_id,
                    campaign=campaign,
                    collector_id=device.collector_id,
                    request_digest=digest,
                    made_at=now,
                )
        except IntegrityError:
            return _granted(LeaseRequest.objects.get(pk=request_id), digest, device)
        mine = Hold.objects.live(now).filter(
            collector_id=device.collector_id, campaign=campaign, kind=HoldKind.LEASE
        )
        free = LEASED_AT_MOST - sum(hold.left()[0] for hold in mine)
        standings = read_standings(campaign=campaign, now=now)
        leases = [
            _promise(
                HoldKind.LEASE, device, key, clips, standings, now, now + LEASE_FOR, request=request
            )
            for key, clips in sorted(_shares(want, free, standings).items())
        ]
    return leases


def _granted(request: LeaseRequest, digest: str, device: Device) -> list[Hold]:
    if request.request_digest != digest or request.collector_id != device.collector_id:
        raise IdTaken()
    return list(request.leases.select_related("cell").order_by("cell__key"))


def _shares(want: list[dict[str, Any]], free: int, standings: Standings) -> dict[str, int]:
    """Return `{key: clips}` to be promised; the key "" is the whole campaign."""
    places = {
        key: clips
        for key, cell in standings.cells.items()
        if (clips := open_clips(cell, unit=standings.unit, clip_ms=standings.clip_ms)) > 0
    }
    given: dict[str, int] = {}
    for item in want:
        key, asked = item["cell"], min(item["clips"], free)
        if not standings.has_targets:
            shares = {key: asked} if asked > 0 else {}
        elif key:
            shares = spread(asked, {key: places.get(key, 0)})
        else:
            shares = spread(asked, places)
        for place, clips in shares.items():
            given[place] = given.get(place, 0) + clips
            places[place] = places.get(place, 0) - clips
            free -= clips
    return given


def check_eligibility(
    *, device: Device, key: str, speaker_id: UUID | None, now: datetime
) -> Eligibility:
    """Say whether a person of this cell is looked for, and promise a sitting's clips if so.

    Asking again for the same person prolongs the promise, and a phone that has leased the cell
    ahead is answered with that lease: neither counts twice. Nobody is turned away for good, what
    is recorded all the same is taken. Coverage offers another use with `full` and `waitlist`,
    sizes the sitting by what the cell lacks, and logs each turn-away with its reason.
    """
    release_stale_holds(campaign_id=device.campaign_id, now=now)
    with transaction.atomic():
        campaign = _queue_up(device.campaign_id)
        hold = _own_hold(device, key, speaker_id, now)
        standings = read_standings(campaign=campaign, now=now, besides=[hold] if hold else [])
        cell = standings.cells.get(key)
        status = status_of(cell) if standings.has_targets else Status.OPEN
        if hold is not None:
            # A promise stands, though others have filled the cell meanwhile.
            status = status if status in (Status.OPEN, Status.LOW) else Status.LOW
            if hold.kind == HoldKind.HOLD:
                hold.expires_at, hold.speaker_id = now + HOLD_FOR, speaker_id or hold.speaker_id
                hold.save(update_fields=["expires_at", "speaker_id"])
        elif status in (Status.OPEN, Status.LOW):
            clips = SITTING_CLIPS
            if standings.has_targets and cell is not None:
                places = open_clips(cell, unit=standings.unit, clip_ms=standings.clip_ms)
                clips = min(clips, places)
            hold = _promise(
                HoldKind.HOLD,
                *(device, key, clips, standings, now, now + HOLD_FOR),
                speaker_id=speaker_id,
            )
    return Eligibility(key, status, hold)


def _queue_up(campaign_id: UUID) -> Campaign:
    # Not FOR UPDATE: every clip that is written refers to the campaign, and would wait for us.
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def _own_hold(device: Device, key: str, speaker_id: UUID | None, now: datetime) -> Hold | None:
    """Return what the phone was promised for this person already, or a lease of the cell.

    A hold that was made before the person had an id is theirs as long as it is unused.
    """
    person = Q(speaker_id=None, used_clips=0)
    if speaker_id is not None:
        person |= Q(speaker_id=speaker_id)
    mine = Hold.objects.live(now).filter(
        Q(kind=HoldKind.LEASE) | person,
        collector_id=device.collector_id,
        campaign_id=device.campaign_id,
    )
    in_cell = Q(cell__key=key) | Q(cell=None)
    return (
        mine.filter(in_cell)
        .select_for_update(of=("self",))
        # "hold" comes before "lease"; of two, the one with an id.
        .order_by("kind", F("speaker_id").asc(nulls_last=True), "expires_at", "pk")
        .first()
    )


def _promise(
    kind: HoldKind,
    device: Device,
    key: str,
    clips: int,
    standings: Standings,
    now: datetime,
    expires_at: datetime,
    **whom: Any,
) -> Hold:
    """Write a promise and count it in its cell, in the caller's transaction."""
    cell_id = cell_id_of(device.campaign_id, key) if key else None
    hold = Hold.objects.create(
        kind=kind,
        campaign_id=device.campaign_id,
        cell_id=cell_id,
        device_id=device.pk,
        collector_id=device.collector_id,
        clips=clips,
        ms=clips * standings.clip_ms,
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
            stale.select_for_update(of=("self",))
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
