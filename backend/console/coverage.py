"""The page of a campaign's coverage: what is missing, by when it is there, where to go today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign
from backend.console.access import campaign_at, page, person_at
from backend.console.burn_up import Picture, draw_picture
from backend.coverage.daily import CollectorDay, plan_collectors
from backend.coverage.feasible import Binding
from backend.coverage.field_api import FIND_SHOWN, silent_days
from backend.coverage.gaps import Gap
from backend.coverage.outlook import CellOutlook, Outlook, draw_burn_up, read_outlook
from backend.coverage.quota import Standing
from backend.coverage.reach import Reach, read_reach
from backend.coverage.silent import SILENT_AFTER_DAYS, find_silent_phones
from backend.coverage.sites import SiteLine, name_sites, rank_all, read_met
from backend.coverage.standing import Standings, read_standings
from backend.speakers.cells import SESSION_DIMENSIONS, levels_of

VERB = "coverage.read"
MANAGES = "device.manage"
GAPS_SHOWN: Final = 10
_CELLS_SHOWN: Final = 200


@dataclass(frozen=True)
class GapLine:
    """A gap in words; `part` is its share of the largest gap's missing amount, in percent."""

    who: str
    gap: Gap
    recruit: int
    part: float


@dataclass(frozen=True)
class CellLine:
    """A cell with its dates; the shares are percents of the bar."""

    who: str
    cell: Standing
    outlook: CellOutlook
    accepted: float
    coming: float
    in_time: int | None


@dataclass(frozen=True)
class WorthLine:
    """A site with whom one goes there for."""

    site: SiteLine
    part: float
    whom: str


@dataclass(frozen=True)
class BindingLine:
    """A target that the calendar does not hold, with what could be done."""

    who: str
    binding: Binding
    instead: str | None


@dataclass(frozen=True)
class DayLine:
    """A collector's day in words."""

    day: CollectorDay
    was_at: str
    go_to: str
    find: tuple[str, ...]


def in_words(levels: dict[str, str]) -> str:
    """Return levels as people say them; a kind of people without any is everybody."""
    said = [level.replace("_", " ") for level in levels.values() if level]
    return ", ".join(said) or "anybody"


@require_safe
@page
def coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the campaign's coverage."""
    campaign, now = campaign_at(request, slug, VERB), timezone.now()
    standings = read_standings(campaign=campaign, now=now)
    outlook = read_outlook(campaign=campaign, standings=standings, today=now.date())
    met, sites = read_met(campaign, now.date()), name_sites(campaign)
    facts: dict[str, Any] = {
        "campaign": campaign,
        "unit": standings.unit,
        "gaps": gap_lines(outlook),
        "more_gaps": max(0, len(outlook.gaps) - GAPS_SHOWN),
        "cells": cell_lines(outlook),
        "picture": picture_of(campaign, outlook),
        "seen": outlook.pace.worked > 0,
        "sites": site_lines(rank_all(standings, met, sites)),
        "ends": outlook.ends,
        "as_of": now,
    }
    facts |= reach_facts(read_reach(campaign=campaign, outlook=outlook, met=met, sites=sites))
    if person_holds(person_at(request), MANAGES, campaign.pk):
        days = silent_days(request.GET.get("days", str(SILENT_AFTER_DAYS)))
        facts |= {
            "manages": True,
            "collectors": day_lines(campaign, standings, sites, now),
            "silent": find_silent_phones(campaign=campaign, now=now, days=days),
            "silent_days": days,
        }
    return render(request, "console/coverage.html", facts)


def gap_lines(outlook: Outlook) -> list[GapLine]:
    """Return the gaps worth most, in words."""
    shown = outlook.gaps[:GAPS_SHOWN]
    most = max((gap.missing for gap in shown), default=1.0)
    return [
        GapLine(
            who=in_words(gap.levels),
            gap=gap,
            recruit=outlook.recruits_for(gap),
            part=round(100 * gap.missing / most, 1),
        )
        for gap in shown
    ]


def cell_lines(outlook: Outlook) -> list[CellLine]:
    """Return the cells that lack anything, the latest first."""
    by_key = {cell.key: cell for cell in outlook.standings}
    ordered = sorted(outlook.cells, key=lambda cell: (-_late(cell.dates, outlook.today), cell.key))
    return [_cell_line(by_key[cell.key], cell) for cell in ordered[:_CELLS_SHOWN]]


def _late(dates: tuple[date | None, ...], today: date) -> float:
    middle = dates[len(dates) // 2]
    return float("inf") if middle is None else (middle - today).days


def _cell_line(cell: Standing, outlook: CellOutlook) -> CellLine:
    target = cell.target or 1
    accepted = min(100.0, 100 * cell.accepted / target)
    return CellLine(
        who=in_words(levels_of(cell.key)),
        cell=cell,
        outlook=outlook,
        accepted=round(accepted, 1),
        coming=round(min(100.0 - accepted, 100 * (cell.fill - cell.accepted) / target), 1),
        in_time=None if outlook.in_time is None else round(100 * outlook.in_time),
    )


def picture_of(campaign: Campaign, outlook: Outlook) -> Picture | None:
    """Return the burn-up curve, where anything is asked for."""
    if not outlook.standings:
        return None
    return draw_picture(draw_burn_up(campaign=campaign, outlook=outlook), ends=outlook.ends)


def site_lines(sites: list[SiteLine]) -> list[WorthLine]:
    """Return the sites in words."""
    return [
        WorthLine(
            site=site,
            part=round(100 * site.part, 1),
            whom="; ".join(in_words(_person(key)) for key, _ in site.whom),
        )
        for site in sites
    ]


def reach_facts(reach: Reach) -> dict[str, Any]:
    """Return what stands in the way, in words."""
    judged = reach.judged
    lines = [
        BindingLine(
            who=in_words(_person(one.key)),
            binding=one,
            instead=None if one.instead is None else in_words(_person(one.instead)),
        )
        for one in (judged.binding if judged is not None else ())
    ]
    never = [(in_words(_person(one.key)), one) for one in reach.never_met]
    return {"reach": judged, "binding": lines, "never_met": never}


def day_lines(
    campaign: Campaign, standings: Standings, sites: dict[str, str], now: datetime
) -> list[DayLine]:
    """Return each collector's day in words."""
    days = plan_collectors(
        campaign=campaign, standings=standings, today=now.date(), at_most=FIND_SHOWN
    )
    return [
        DayLine(
            day=day,
            was_at=sites.get(day.was_at or "", ""),
            go_to=sites.get(day.go_to or "", ""),
            find=tuple(in_words(_person(find.key) | find.conditions) for find in day.find),
        )
        for day in days
    ]


def _person(key: str) -> dict[str, str]:
    """Return a person's levels: those of a sitting are not known of a person."""
    return {name: at for name, at in levels_of(key).items() if name not in SESSION_DIMENSIONS}
