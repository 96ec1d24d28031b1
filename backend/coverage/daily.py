"""The plan of a day: whom each collector is to find, in which surroundings, and where to go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from backend.accounts.models import Device
from backend.campaigns.models import Campaign, Site
from backend.coverage.conditions import smallest_first
from backend.coverage.models import Hold, Whereabouts
from backend.coverage.prices import MET_AT_LEAST, assign_sites
from backend.coverage.quota import (
    SITTING_CLIPS,
    WANTED,
    Standing,
    amount_of,
    judge_cell,
    sitting_of,
)
from backend.coverage.sites import (
    COLLECTING,
    Met,
    SiteLine,
    effort_of,
    mixes_of,
    name_sites,
    needs_of,
    rank_all,
    read_met,
)
from backend.coverage.standing import Standings, read_standings
from backend.coverage.supply import site_of
from backend.speakers.cells import (
    DEVICE_CLASS,
    SESSION_DIMENSIONS,
    UNKNOWN,
    device_class,
    levels_of,
    person_key,
)

_SITES_SHOWN: Final = 3


@dataclass(frozen=True)
class Find:
    """A kind of person to find: what is open of them, and the surroundings with the least."""

    key: str
    open: float
    conditions: dict[str, str]


@dataclass(frozen=True)
class CollectorDay:
    """A collector's day: where they were last, where they are to go, whom to find there."""

    collector_id: UUID
    name: str
    was_at: str | None
    go_to: str | None
    find: tuple[Find, ...]


def plan_for_phone(*, device: Device, now: datetime, at_most: int) -> dict[str, Any]:
    """Return `{find, site, sites}` for a phone: whom to find where it is, and the best sites.

    What this phone itself was promised is still to be found by it, so it counts as open here.
    """
    campaign = device.campaign
    mine = Hold.objects.live(now).filter(collector_id=device.collector_id, campaign=campaign)
    standings = read_standings(campaign=campaign, now=now, besides=mine)
    met = read_met(campaign, now.date())
    place = site_of(campaign_id=campaign.pk, collector_id=device.collector_id)
    slug = Site.objects.filter(pk=place).values_list("slug", flat=True).first() if place else None
    own = device_class(device.user_agent)
    found = whom_to_find(standings, met, site=slug, on_device=own)
    return {
        "find": [_find_facts(find, standings.unit) for find in found[:at_most]],
        "site": slug,
        "sites": [
            site_facts(line)
            for line in rank_all(standings, met, name_sites(campaign))[:_SITES_SHOWN]
        ],
    }


def site_facts(line: SiteLine) -> dict[str, Any]:
    """Return a site as the API shows it."""
    return {
        "site": line.slug,
        "name": line.name,
        "part": round(line.part, 3),
        "people": line.people,
        "days": line.days,
        "known": line.known,
        "why": [{"key": _said(key), "part": round(part, 3)} for key, part in line.whom],
    }


def _find_facts(find: Find, unit: str) -> dict[str, Any]:
    return {
        "cell": find.key,
        "key": _said(find.key),
        "missing": round(find.open, 3),
        "unit": unit,
        "conditions": find.conditions,
    }


def _said(key: str) -> dict[str, str]:
    """Return a person's levels; a sitting's are nobody's."""
    return {name: at for name, at in levels_of(key).items() if name not in SESSION_DIMENSIONS}


def whom_to_find(
    standings: Standings, met: Met, *, site: str | None, on_device: str = UNKNOWN
) -> list[Find]:
    """Return the kinds of people who would be told that they are wanted, the most worth first.

    By the part of their target that is open, times how much oftener they are met at this site than
    elsewhere: whom one meets here alone is to be found here.
    """
    usual = amount_of(SITTING_CLIPS, unit=standings.unit, clip_ms=standings.clip_ms)
    kinds: dict[str, list[Standing]] = {}
    open_: dict[str, float] = {}
    for cell in standings.cells.values():
        sitting = sitting_of(cell.max_per_speaker, usual)
        if judge_cell(cell, key=cell.key, sitting=sitting)[0] in WANTED:
            key = person_key(cell.key)
            kinds.setdefault(key, []).append(cell)
            amount = max(cell.deficit, cell.speakers_needed * sitting.least)
            open_[key] = open_.get(key, 0.0) + amount
    oftener = _oftener(met, site)
    worth = {
        key: open_[key] / sum(cell.target or 1 for cell in cells) * oftener.get(key, 1.0)
        for key, cells in kinds.items()
    }
    return [
        Find(key=key, open=open_[key], conditions=_conditions(kinds[key], on_device))
        for key in sorted(worth, key=lambda key: (-worth[key], key))
    ]


def _oftener(met: Met, site: str | None) -> Mapping[str, float]:
    if site is None or met.people(site) < MET_AT_LEAST:
        return {}
    everywhere = mixes_of(Met(met.pool, {"": met.pool}, {}), {"": ""})[""]
    here = mixes_of(met, {site: ""})[site]
    return {key: here[key] / share for key, share in everywhere.items() if share > 0}


def _conditions(cells: Iterable[Standing], on_device: str) -> dict[str, str]:
    """Return the sitting's levels in which the least part of the target is there.

    On a phone only those on a device like it, where there are any.
    """
    by_levels = {
        tuple(
            (name, level)
            for name, level in levels_of(cell.key).items()
            if name in SESSION_DIMENSIONS
        ): cell
        for cell in cells
    }
    here = [levels for levels in by_levels if dict(levels).get(DEVICE_CLASS) == on_device]
    chosen = smallest_first(
        {levels: cell.fill for levels, cell in by_levels.items()},
        here or list(by_levels),
        wanted={levels: float(cell.target or 1) for levels, cell in by_levels.items()},
        draw=min,
    )
    return dict(chosen)


def plan_collectors(
    *, campaign: Campaign, standings: Standings, today: date, at_most: int
) -> list[CollectorDay]:
    """Return each collector's day: sites by score, less what those sent before will leave.

    Who is at a site to which somebody is to go stays there; nobody travels to change places.
    """
    met, sites = read_met(campaign, today), name_sites(campaign)
    people = _collectors(campaign)
    was_at = dict(
        Whereabouts.objects.filter(campaign=campaign, site__isnull=False).values_list(
            "collector_id", "site__slug"
        )
    )
    goals = assign_sites(
        len(people),
        mixes=mixes_of(met, sites),
        needs=needs_of(standings, met.pool),
        effort=effort_of(standings),
        minutes=COLLECTING,
        met={slug: met.people(slug) for slug in sites},
    )
    going: dict[UUID, str] = {}
    for collector_id in people:
        if was_at.get(collector_id) in goals:
            goals.remove(was_at[collector_id])
            going[collector_id] = was_at[collector_id]
    rest = iter(goals)
    for collector_id in people:
        if collector_id not in going and (slug := next(rest, None)):
            going[collector_id] = slug
    found: dict[str | None, tuple[Find, ...]] = {}
    for slug in {going.get(collector_id) for collector_id in people}:
        found[slug] = tuple(whom_to_find(standings, met, site=slug)[:at_most])
    return [
        CollectorDay(
            collector_id=collector_id,
            name=name,
            was_at=was_at.get(collector_id),
            go_to=going.get(collector_id),
            find=found[going.get(collector_id)],
        )
        for collector_id, name in people.items()
    ]


def _collectors(campaign: Campaign) -> dict[UUID, str]:
    """Return the collectors whose phones may send, by name."""
    rows = Device.objects.filter(campaign=campaign, revoked_at=None, left_at=None)
    return dict(
        rows.order_by("collector__first_name", "collector_id").values_list(
            "collector_id", "collector__first_name"
        )
    )
