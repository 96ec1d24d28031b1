"""A field that was worked for weeks: who was met where, and how the cells stood each evening."""

from datetime import datetime, timedelta

from django.utils import timezone

from backend.campaigns.models import Campaign, Site
from backend.coverage.days import note_cell_days
from backend.coverage.models import Cell
from backend.coverage.supply import count_person

YOUNG_WOMEN = "gender=female|age_band=18-29"
WOMEN = "gender=female|age_band=30-39"
YOUNG_MEN = "gender=male|age_band=18-29"
MEN = "gender=male|age_band=30-39"


def make_site(campaign: Campaign, slug: str, name: str) -> Site:
    """Add a place where people are met."""
    return Site.objects.create(campaign=campaign, slug=slug, name=name)


def meet(
    campaign: Campaign, site: Site | None, people: dict[str, int], *, days_ago: int = 0
) -> None:
    """Let so many people of each key be met at a site."""
    now = timezone.now() - timedelta(days=days_ago)
    for key, count in people.items():
        for _ in range(count):
            count_person(
                campaign_id=campaign.pk, site_id=site.pk if site else None, key=key, now=now
            )


def play_days(
    campaign: Campaign,
    speakers_a_day: dict[str, float],
    *,
    days: int = 14,
    clips_each: int = 2,
    now: datetime | None = None,
) -> None:
    """Let so many speakers of each cell bring accepted clips on each of the last whole days."""
    today = now or timezone.now()
    for day in range(days + 1):
        for key, each in speakers_a_day.items():
            speakers = int(each * day)
            Cell.objects.filter(campaign=campaign, key=key).update(
                accepted_speakers=speakers,
                accepted_clips=speakers * clips_each,
                accepted_ms=speakers * clips_each * 5000,
            )
        note_cell_days(campaign_id=campaign.pk, now=today - timedelta(days=days + 1 - day))
