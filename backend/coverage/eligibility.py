"""Say before recording whether a person is looked for, and promise a sitting if so.

One order of locks: the collector's row, the plan (shared), holds, then cells by key. Those who ask
for places in one cell queue at its row, so that two are never promised the same; a clip that comes
home waits only for the end of such a promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from backend.accounts.models import Device
from backend.coverage.holds import HOLD_FOR, cell_named, conditions_of, hold_plan, promise
from backend.coverage.models import Hold, HoldKind, WaitlistEntry
from backend.coverage.offers import Offer, find_offer
from backend.coverage.people_models import Outcome
from backend.coverage.places import (
    Place,
    Places,
    Possible,
    keys_of_person,
    lock_places,
    possible_on,
)
from backend.coverage.quota import WANTED, Reason, Status
from backend.coverage.screening import (
    find_screening,
    note_turn_away,
    queue_up_collector,
    write_screening,
)
from backend.coverage.supply import people_met
from backend.problems import Malformed
from backend.speakers.demographics import faults
from backend.speakers.models import Speaker
from backend.speakers.placing import cell_by_plan, current_cell


@dataclass(frozen=True)
class Eligibility:
    """What a person is told before recording.

    `key`: the person's cell, as their phone computes it too. `hold`: the promise that goes with
    it, `conditions`: in which surroundings and on what to record. `offer`: another use for whoever
    is not looked for.
    """

    key: str
    status: Status
    reason: Reason
    hold: Hold | None
    conditions: dict[str, str]
    offer: Offer | None


def check_eligibility(
    *,
    device: Device,
    said: Mapping[str, Any],
    speaker: Speaker | None,
    possible: Possible,
    now: datetime,
) -> Eligibility:
    """Say whether a person is looked for, and promise a sitting's clips if so.

    `said`: what they declared, which decides their cell; nothing else about them does. Asking
    again for the same person prolongs the promise, and a phone that has leased the cell ahead is
    answered with that lease: neither counts twice. Nobody is turned away for good: what is
    recorded all the same is taken, and another use is offered. Raises Malformed for answers that
    do not fit the campaign's fields.
    """
    with transaction.atomic():
        queue_up_collector(device.collector_id)
        campaign = hold_plan(device.campaign_id)
        if speaker is not None:
            key = current_cell(speaker=speaker, campaign=campaign)
        else:
            wrong = faults(said, campaign.demographics, now.date())
            if wrong:
                raise Malformed(errors=wrong)
            key = cell_by_plan(campaign=campaign, demographics=said, on=now.date())
        speaker_id = speaker.pk if speaker is not None else None
        known = find_screening(device=device, said=said, speaker=speaker, now=now)
        told_before = (known.outcome, known.reason) if known is not None else None
        keys = keys_of_person(
            campaign=campaign, key=key, possible=possible_on(device, key, possible)
        )
        hold = _own_hold(device, [key, *keys], speaker, now)
        places = lock_places(
            campaign=campaign,
            key=key,
            keys=keys,
            speaker_id=speaker_id,
            besides=[hold] if hold else [],
            now=now,
        )
        status, reason, place = places.best()
        if hold is not None:
            # A promise stands, though others have filled the cell meanwhile.
            status = status if status in WANTED else Status.LOW
            reason = Reason.PROMISED
            _prolong(hold, speaker, now)
        elif status in WANTED:
            hold = _promise_sitting(device, key, places, place, speaker, now)
        screening = write_screening(
            device=device,
            known=known,
            said=said,
            speaker=speaker,
            key=key,
            outcome=Outcome(status.value),
            reason=reason,
            now=now,
        )
        offer = None
        if status in WANTED and known is not None:
            WaitlistEntry.objects.filter(screening=screening, answered_at=None).update(
                answered_at=now, hold=hold
            )
        if status not in WANTED:
            offer = find_offer(
                device=device,
                campaign=campaign,
                screening=screening,
                said=said,
                reason=reason,
                now=now,
            )
            note_turn_away(
                screening=screening, told_before=told_before, offered=offer.kind, now=now
            )
    return Eligibility(key, status, reason, hold, conditions_of(hold), offer)


def _promise_sitting(
    device: Device,
    key: str,
    places: Places,
    place: Place | None,
    speaker: Speaker | None,
    now: datetime,
) -> Hold:
    if place is not None:
        cell = place.cell
        people, pool = people_met(campaign_id=device.campaign_id, key=key)
    else:
        # A campaign that asks for nobody in particular: a usual sitting of anybody.
        cell, people, pool = cell_named(campaign_id=device.campaign_id, key=key), 0, 0
    return promise(
        kind=HoldKind.HOLD,
        device_id=device.pk,
        collector_id=device.collector_id,
        campaign_id=device.campaign_id,
        cell=cell,
        clips=places.clips(place, people=people, pool=pool),
        clip_ms=places.clip_ms,
        speaker_id=speaker.pk if speaker is not None else None,
        now=now,
        expires_at=now + HOLD_FOR,
    )


def _prolong(hold: Hold, speaker: Speaker | None, now: datetime) -> None:
    """Let a person's hold last from now on, and be theirs; a lease has its own end."""
    if hold.kind == HoldKind.HOLD:
        # One that answered the waitlist lasts longer than an ordinary one.
        hold.expires_at = max(hold.expires_at, now + HOLD_FOR)
        if speaker is not None:
            hold.speaker_id = speaker.pk
        hold.save(update_fields=["expires_at", "speaker_id"])


def _own_hold(
    device: Device, keys: list[str], speaker: Speaker | None, now: datetime
) -> Hold | None:
    """Return what the phone was promised for this person already, or a lease of their cell.

    A hold that was made before the person had an id is theirs as long as it is unused.
    """
    person = Q(speaker_id=None, used_clips=0)
    if speaker is not None:
        person |= Q(speaker_id=speaker.pk)
    mine = Hold.objects.live(now).filter(
        Q(kind=HoldKind.LEASE) | person,
        collector_id=device.collector_id,
        campaign_id=device.campaign_id,
    )
    in_cell = Q(cell__key__in=keys) | Q(cell=None)
    return (
        mine.filter(in_cell)
        .select_for_update(of=("self",))
        .select_related("cell")
        # "hold" comes before "lease"; of two, the one with an id.
        .order_by("kind", F("speaker_id").asc(nulls_last=True), "expires_at", "pk")
        .first()
    )
