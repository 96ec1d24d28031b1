"""Give a place that comes free to whoever has waited longest: a hold in their name, for days.

A place comes free when a promise runs out, a clip is rejected or withdrawn, a plan asks for more.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.accounts.models import Device
from backend.campaigns.models import Campaign, CampaignState
from backend.coverage.holds import conditions_of, hold_plan, promise
from backend.coverage.models import Hold, HoldKind, WaitlistEntry
from backend.coverage.places import keys_of_person, lock_places, possible_on, read_places
from backend.coverage.quota import WANTED, Reason
from backend.coverage.supply import people_met
from backend.speakers.cells import person_key
from backend.speakers.codes import speaker_code
from backend.speakers.models import Speaker

# Somebody who was sent home has to be found again.
ANSWER_STANDS_FOR: Final = timedelta(days=3)
_ANSWERED_AT_ONCE: Final = 200


def campaigns_with_places(now: datetime) -> set[UUID]:
    """Return the open campaigns in which somebody waits for a place that is free."""
    waiting = WaitlistEntry.objects.filter(
        answered_at=None, campaign__state=CampaignState.OPEN
    ).values_list("campaign_id", "key")
    found: set[UUID] = set()
    for campaign_id, key in waiting.distinct():
        if campaign_id not in found and _has_place(campaign_id, key, now):
            found.add(campaign_id)
    return found


def answer_waitlist(*, campaign_id: UUID, now: datetime) -> int:
    """Promise free places of a campaign to those who wait, the oldest first; returns to how many.

    One transaction a person. Whoever has withdrawn, whose phone has left or who has given
    what one may is dropped from the list. Harmless when repeated.
    """
    waiting = WaitlistEntry.objects.filter(campaign_id=campaign_id, answered_at=None)
    answered = 0
    for key in list(waiting.values_list("key", flat=True).distinct().order_by("key")):
        for entry_id in list(
            waiting.filter(key=key)
            .order_by("since", "pk")
            .values_list("pk", flat=True)[:_ANSWERED_AT_ONCE]
        ):
            outcome = _answer(entry_id, now)
            if outcome is None:
                break
            answered += outcome
    return answered


def _has_place(campaign_id: UUID, key: str, now: datetime) -> bool:
    campaign = Campaign.objects.get(pk=campaign_id)
    places = read_places(campaign=campaign, key=key, possible={}, now=now, speaker_id=None)
    return places.has_targets and places.best()[0] in WANTED


def _answer(entry_id: UUID, now: datetime) -> int | None:
    """Answer one person; returns 1 if they have a place now, 0 if they are dropped, None if there
    is no place.
    """
    with transaction.atomic():
        entry = (
            WaitlistEntry.objects.select_related("screening")
            .filter(pk=entry_id, answered_at=None)
            .first()
        )
        if entry is None:
            return 0
        who = entry.screening
        device = Device.objects.get(pk=who.device_id)
        withdrawn = (
            who.speaker_id is not None
            and Speaker.objects.filter(pk=who.speaker_id, withdrawn_at__isnull=False).exists()
        )
        if device.revoked_at is not None or withdrawn:
            WaitlistEntry.objects.filter(pk=entry_id).update(answered_at=now)
            return 0
        campaign = hold_plan(entry.campaign_id)
        possible = possible_on(device, entry.key, {})
        places = lock_places(
            campaign=campaign,
            key=entry.key,
            keys=keys_of_person(campaign=campaign, key=entry.key, possible=possible),
            speaker_id=who.speaker_id,
            besides=[],
            now=now,
        )
        status, reason, place = places.best()
        if reason == Reason.SPEAKER_HAS_ENOUGH:
            # The places are for others, who must not wait behind them.
            WaitlistEntry.objects.filter(pk=entry_id).update(answered_at=now)
            return 0
        if status not in WANTED or place is None:
            return None
        # Under the cell's lock: who asks again at this moment takes the place or finds the hold.
        taken = WaitlistEntry.objects.filter(pk=entry_id, answered_at=None)
        if not taken.update(answered_at=now):
            return 0
        people, pool = people_met(campaign_id=campaign.pk, key=entry.key)
        hold = promise(
            kind=HoldKind.HOLD,
            device_id=who.device_id,
            collector_id=who.collector_id,
            campaign_id=entry.campaign_id,
            cell=place.cell,
            clips=places.clips(place, people=people, pool=pool),
            clip_ms=places.clip_ms,
            speaker_id=who.speaker_id,
            now=now,
            expires_at=now + ANSWER_STANDS_FOR,
        )
        WaitlistEntry.objects.filter(pk=entry_id).update(hold=hold)
    return 1


def places_for_waiting(*, device: Device, now: datetime, at_most: int) -> list[dict[str, Any]]:
    """Return `[{cell, speaker, code, clips, conditions, expires_at}]`: the unused places that came
    free for people whom this collector had sent home. Who was sent home without an id has none.
    """
    answered = WaitlistEntry.objects.filter(hold__isnull=False).values("hold_id")
    mine = Hold.objects.live(now).filter(
        pk__in=answered,
        collector_id=device.collector_id,
        campaign_id=device.campaign_id,
        used_clips=0,
    )
    holds = mine.select_related("cell").order_by("expires_at", "pk")[:at_most]
    return [
        {
            "cell": person_key(hold.cell.key) if hold.cell is not None else "",
            "speaker": hold.speaker_id,
            "code": speaker_code(hold.speaker_id) if hold.speaker_id is not None else "",
            "clips": hold.left()[0],
            "conditions": conditions_of(hold),
            "expires_at": hold.expires_at,
        }
        for hold in holds
    ]
