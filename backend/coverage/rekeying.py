"""Count a person who was met as one of another cell: they were corrected, or the plan changed."""

from datetime import date
from uuid import UUID

from django.db.models import F, Q

from backend.coverage.models import Screening, SupplyCount, SupplyTotal, WaitlistEntry


def rekey_person(*, campaign_id: UUID, speaker_id: UUID, key: str) -> None:
    """Move a known speaker's screening, what it counts to and their wait to another cell.

    In the caller's transaction, which holds the speaker. Those who were turned away without an id
    stay with what was asked of them: nobody knows what else they would have said.
    """
    screening = Screening.objects.filter(campaign_id=campaign_id, speaker_id=speaker_id).first()
    if screening is None or screening.key == key:
        return
    before, screening.key = screening.key, key
    screening.save(update_fields=["key"])
    changes = sorted({before: -1, key: 1}.items())
    # Days before totals, keys in their order, as everybody who counts people.
    for name, change in changes:
        _add_to_day(campaign_id, screening.site_id, name, screening.at.date(), change)
    for name, change in changes:
        _add_to_total(campaign_id, name, change)
    WaitlistEntry.objects.filter(screening=screening, answered_at=None).update(key=key)


def _add_to_day(campaign_id: UUID, site_id: UUID | None, key: str, day: date, change: int) -> None:
    where = Q(site__isnull=True) if site_id is None else Q(site_id=site_id)
    rows = SupplyCount.objects.filter(where, campaign_id=campaign_id, key=key, day=day)
    if change > 0 and not rows.exists():
        new = SupplyCount(campaign_id=campaign_id, site_id=site_id, key=key, day=day)
        SupplyCount.objects.bulk_create([new], ignore_conflicts=True)
    # The condition: a count that somebody else has taken back stays at nothing.
    rows.filter(people__gte=max(0, -change)).update(people=F("people") + change)


def _add_to_total(campaign_id: UUID, key: str, change: int) -> None:
    rows = SupplyTotal.objects.filter(campaign_id=campaign_id, key=key)
    if change > 0 and not rows.exists():
        new = SupplyTotal(campaign_id=campaign_id, key=key)
        SupplyTotal.objects.bulk_create([new], ignore_conflicts=True)
    rows.filter(people__gte=max(0, -change)).update(people=F("people") + change)
