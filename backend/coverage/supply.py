"""Who is to be met where: count people as they are met, and read it for prices and forecasts."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from backend.campaigns.models import Campaign
from backend.coverage.models import SupplyCount, SupplyTotal, Whereabouts


def count_person(*, campaign_id: UUID, site_id: UUID | None, key: str, now: datetime) -> None:
    """Add one person to what was met, in the transaction that writes their screening.

    Added to with `people = people + 1` only, the day's row before the campaign's.
    """
    day = SupplyCount(campaign_id=campaign_id, site_id=site_id, key=key, day=now.date())
    where = Q(site__isnull=True) if site_id is None else Q(site_id=site_id)
    rows = SupplyCount.objects.filter(where, campaign_id=campaign_id, key=key, day=day.day)
    if not rows.update(people=F("people") + 1):
        SupplyCount.objects.bulk_create([day], ignore_conflicts=True)
        rows.update(people=F("people") + 1)
    totals = SupplyTotal.objects.filter(campaign_id=campaign_id, key=key)
    if not totals.update(people=F("people") + 1):
        total = SupplyTotal(campaign_id=campaign_id, key=key)
        SupplyTotal.objects.bulk_create([total], ignore_conflicts=True)
        totals.update(people=F("people") + 1)


def note_whereabouts(
    *, campaign_id: UUID, collector_id: UUID, site_id: UUID | None, now: datetime
) -> None:
    """Remember the site of a collector's newest session, in the session's transaction."""
    where = Whereabouts(
        campaign_id=campaign_id, collector_id=collector_id, site_id=site_id, since=now
    )
    Whereabouts.objects.bulk_create(
        [where],
        update_conflicts=True,
        unique_fields=["campaign", "collector_id"],
        update_fields=["site", "since"],
    )


def site_of(*, campaign_id: UUID, collector_id: UUID) -> UUID | None:
    """Return the site at which a collector meets people now, if it is known."""
    rows = Whereabouts.objects.filter(campaign_id=campaign_id, collector_id=collector_id)
    return rows.values_list("site_id", flat=True).first()


def read_supply(
    campaign: Campaign, *, since: date = date.min
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return `{(site's slug or "", key): (people, days)}` of those met from a day on.

    `days`: on how many days anybody at all was met at that site; days without a collector say
    nothing about who comes by.
    """
    rows = SupplyCount.objects.filter(campaign=campaign, day__gte=since)
    days: Mapping[str | None, int] = dict(
        rows.values_list("site__slug").annotate(n=Count("day", distinct=True)).order_by()
    )
    people = rows.values_list("site__slug", "key").annotate(n=Sum("people")).order_by()
    return {(slug or "", key): (n, days[slug]) for slug, key, n in people}


def read_supply_by_day(campaign: Campaign) -> list[tuple[date, str, str, int]]:
    """Return `(day, site's slug or "", key, people)`, oldest first."""
    rows = SupplyCount.objects.filter(campaign=campaign).order_by("day", "site__slug", "key")
    return [
        (day, slug or "", key, people)
        for day, slug, key, people in rows.values_list("day", "site__slug", "key", "people")
    ]


def read_people_at(*, campaign_id: UUID, site_id: UUID) -> dict[str, int]:
    """Return `{key: people}` of all who were ever met at one site."""
    rows = SupplyCount.objects.filter(campaign_id=campaign_id, site_id=site_id)
    return dict(rows.values_list("key").annotate(n=Sum("people")).order_by())


def people_met(*, campaign_id: UUID, key: str) -> tuple[int, int]:
    """Return how many people of a key were ever met, and how many of all; sums over keys alone."""
    met = SupplyTotal.objects.filter(campaign_id=campaign_id).aggregate(
        mine=Sum("people", filter=Q(key=key)), all=Sum("people")
    )
    return met["mine"] or 0, met["all"] or 0


def read_pool(campaign_id: UUID) -> dict[str, int]:
    """Return `{key: people}`: all who were ever met, wherever it was; one short row per key."""
    rows = SupplyTotal.objects.filter(campaign_id=campaign_id, people__gt=0)
    return dict(rows.values_list("key", "people"))
