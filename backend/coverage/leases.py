"""Promise recordings ahead, to a phone that will be without a network for days."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.models import Device
from backend.coverage.holds import cell_named, hold_plan, promise, release_stale_holds
from backend.coverage.models import Cell, Hold, HoldKind, LeaseRequest
from backend.coverage.places import lock_cells
from backend.coverage.prices import MET_AT_LEAST, learn_mix
from backend.coverage.quota import (
    WANTED,
    judge_cell,
    open_clips,
    sitting_for,
    spread,
)
from backend.coverage.screening import queue_up_collector
from backend.coverage.standing import Standings, read_standings
from backend.coverage.supply import read_people_at, read_pool, site_of
from backend.digest import request_digest
from backend.speakers.cells import DEVICE_CLASS, UNKNOWN, device_class, levels_of, person_key
from backend.speakers.services import IdTaken

# What a phone may hold ahead, and for how long.
LEASED_AT_MOST: Final = 500
LEASE_FOR: Final = timedelta(days=7)


def grant_leases(
    *, request_id: UUID, device: Device, want: list[dict[str, Any]], now: datetime
) -> list[Hold]:
    """Promise clips to a phone for days offline; the same request again gives the same leases.

    `want`: `[{cell: a person's key or "", clips}]`. A named cell gives up to what is open there;
    without a name the clips are spread over the open cells by what they lack and how many such
    people are met at the collector's site. A campaign without targets gives what is asked, of the
    named cell or of the whole campaign. A phone holds at most LEASED_AT_MOST clips ahead. Raises
    IdTaken.
    """
    digest = request_digest({"campaign": device.campaign_id, "want": want})
    known = LeaseRequest.objects.filter(pk=request_id).first()
    if known is not None:
        return _granted(known, digest, device)
    release_stale_holds(campaign_id=device.campaign_id, now=now)
    with transaction.atomic():
        queue_up_collector(device.collector_id)
        campaign = hold_plan(device.campaign_id)
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
        # Whoever asks for a place in any of these cells waits until we have taken ours.
        cells = {cell.key: cell for cell in lock_cells(Cell.objects.filter(campaign=campaign))}
        standings = read_standings(campaign=campaign, now=now)
        return [
            promise(
                kind=HoldKind.LEASE,
                device_id=device.pk,
                collector_id=device.collector_id,
                campaign_id=device.campaign_id,
                cell=cells.get(key)
                or (cell_named(campaign_id=campaign.pk, key=key) if key else None),
                clips=clips,
                clip_ms=standings.clip_ms,
                request=request,
                now=now,
                expires_at=now + LEASE_FOR,
            )
            for key, clips in sorted(_shares(want, free, standings, device).items())
        ]


def _granted(request: LeaseRequest, digest: str, device: Device) -> list[Hold]:
    if request.request_digest != digest or request.collector_id != device.collector_id:
        raise IdTaken()
    return list(request.leases.select_related("cell").order_by("cell__key"))


def _shares(
    want: list[dict[str, Any]], free: int, standings: Standings, device: Device
) -> dict[str, int]:
    """Return `{key: clips}` to be promised; the key "" is the whole campaign."""
    places = _places(standings, device)
    weights = _met_here(device, places)
    given: dict[str, int] = {}
    for item in want:
        key, asked = item["cell"], min(item["clips"], free)
        if not standings.has_targets:
            shares = {key: asked} if asked > 0 else {}
        elif key:
            named = {name: clips for name, clips in places.items() if person_key(name) == key}
            shares = spread(asked, named)
        else:
            shares = spread(asked, places, weights)
        for place, clips in shares.items():
            given[place] = given.get(place, 0) + clips
            places[place] = places.get(place, 0) - clips
            free -= clips
    return given


def _places(standings: Standings, device: Device) -> dict[str, int]:
    """Return how many clips each open cell takes; where the phone's class counts, of its own."""
    own = device_class(device.user_agent)
    places = {}
    for key, cell in standings.cells.items():
        asked_on = levels_of(key).get(DEVICE_CLASS, own)
        if own not in (UNKNOWN, asked_on):
            continue
        sitting = sitting_for(cell, unit=standings.unit, clip_ms=standings.clip_ms)
        if judge_cell(cell, key=key, sitting=sitting)[0] in WANTED:
            clips = open_clips(cell, unit=standings.unit, clip_ms=standings.clip_ms)
            if clips > 0:
                places[key] = clips
    return places


def _met_here(device: Device, places: dict[str, int]) -> dict[str, float] | None:
    """Return which share of the people at the collector's site is of each cell, if it is known."""
    site_id = site_of(campaign_id=device.campaign_id, collector_id=device.collector_id)
    if site_id is None:
        return None
    here = read_people_at(campaign_id=device.campaign_id, site_id=site_id)
    if sum(here.values()) < MET_AT_LEAST:
        return None
    mix = learn_mix(here, read_pool(device.campaign_id))
    return {key: mix.get(person_key(key), 0.0) for key in places}
