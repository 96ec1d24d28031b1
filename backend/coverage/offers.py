"""What is offered to a person who is not looked for: nobody is turned away without another use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import Q

from backend.accounts.models import Device
from backend.campaigns.models import Campaign, CampaignState
from backend.coverage.models import Screening, WaitlistEntry
from backend.coverage.places import read_places
from backend.coverage.quota import WANTED, Reason
from backend.speakers.demographics import faults
from backend.speakers.placing import cell_by_plan

WAITLIST: Final = "waitlist"
CAMPAIGN: Final = "campaign"
FILLER: Final = "filler"
# A collector seldom works for more than a few.
_CAMPAIGNS_LOOKED_AT: Final = 5


@dataclass(frozen=True)
class Offer:
    """Another use: a place on the waitlist, another campaign of this phone, or a filler.

    A filler is a recording beyond the targets that the campaign's plan says it welcomes.
    """

    kind: Literal["waitlist", "campaign", "filler"]
    campaign: str = ""
    since: datetime | None = None


def find_offer(
    *,
    device: Device,
    campaign: Campaign,
    screening: Screening,
    said: Mapping[str, Any],
    reason: Reason,
    now: datetime,
) -> Offer:
    """Return what this person is offered; of the waitlist their place is written.

    Where enough is on its way the waitlist comes first: a rejected clip frees a place. Where
    enough is accepted, or nothing was asked of such people, another campaign does, or a filler.
    """
    if reason != Reason.ON_ITS_WAY:
        elsewhere = _campaign_that_wants(device, said, now)
        if elsewhere is not None:
            return Offer(CAMPAIGN, campaign=elsewhere.slug)
        if campaign.targets.get("fillers"):
            return Offer(FILLER)
    entry, _ = WaitlistEntry.objects.update_or_create(
        screening=screening,
        defaults={"key": screening.key, "answered_at": None, "hold": None},
        create_defaults={
            "campaign": campaign,
            "key": screening.key,
            "since": now,
        },
    )
    return Offer(WAITLIST, since=entry.since)


def _campaign_that_wants(device: Device, said: Mapping[str, Any], now: datetime) -> Campaign | None:
    """Return an open campaign that this phone is let in to and that looks for such a person."""
    enrolled = Device.objects.filter(
        Q(collector_id=device.collector_id) | Q(install_id=device.install_id),
        revoked_at=None,
    ).exclude(campaign_id=device.campaign_id)
    others = Campaign.objects.filter(
        pk__in=enrolled.values("campaign_id"), state=CampaignState.OPEN
    ).order_by("created_at")
    for other in others[:_CAMPAIGNS_LOOKED_AT]:
        asked = {field["name"] for field in other.demographics}
        answers = {name: value for name, value in said.items() if name in asked}
        if faults(answers, other.demographics, now.date()):
            continue
        key = cell_by_plan(campaign=other, demographics=answers, on=now.date())
        places = read_places(campaign=other, key=key, possible={}, now=now, speaker_id=None)
        if places.best()[0] in WANTED:
            return other
    return None
