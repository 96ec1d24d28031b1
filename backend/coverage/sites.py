"""Where collecting is worth most: sites by the scarcity price of the people who are met there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from backend.campaigns.models import Campaign, Site
from backend.coverage.prices import (
    MET_AT_LEAST,
    Effort,
    Need,
    learn_mix,
    rank_sites,
    shares_of,
)
from backend.coverage.quota import SITTING_CLIPS, amount_of, sitting_of
from backend.coverage.standing import Standings
from backend.coverage.supply import read_supply
from backend.speakers.cells import person_key

# Who came by months ago may come by no more.
MET_WITHIN: Final = timedelta(days=56)
# Minutes: to ask a person, to seat one, for each minute of sound; and of a collector's day.
_SCREENING: Final = 3.0
_SET_UP: Final = 12.0
_PER_MINUTE: Final = 1.6
COLLECTING: Final = 240.0
_REASONS: Final = 3


@dataclass(frozen=True)
class Met:
    """Who was met lately: `pool` anywhere, `here` at each site by its slug, on how many days."""

    pool: dict[str, int]
    here: dict[str, dict[str, int]]
    days: dict[str, int]

    def people(self, site: str) -> int:
        """Return how many people were met at a site."""
        return sum(self.here.get(site, {}).values())


@dataclass(frozen=True)
class SiteLine:
    """A site with its score: value a minute, and the part of it that the best site has.

    `known`: enough people were met to say whom one meets there. `whom`: what makes its score, as
    (a person's key, the part of the value), the most first.
    """

    slug: str
    name: str
    score: float
    part: float
    people: int
    days: int
    known: bool
    whom: tuple[tuple[str, float], ...]


def read_met(campaign: Campaign, today: date) -> Met:
    """Return who was met lately. People whom nobody placed at a site count in the pool alone."""
    supply = read_supply(campaign, since=today - MET_WITHIN)
    pool: dict[str, int] = {}
    here: dict[str, dict[str, int]] = {}
    days: dict[str, int] = {}
    for (site, key), (people, met_on) in supply.items():
        pool[key] = pool.get(key, 0) + people
        if site:
            here.setdefault(site, {})[key] = people
            days[site] = met_on
    return Met(pool, here, days)


def needs_of(standings: Standings, pool: Mapping[str, int]) -> dict[str, Need]:
    """Return what each kind of person is worth, by their key: a sitting's levels are no person's.

    What is open in several cells of one person (other surroundings) is added up.
    """
    usual = amount_of(SITTING_CLIPS, unit=standings.unit, clip_ms=standings.clip_ms)
    open_: dict[str, float] = {}
    sittings: dict[str, float] = {}
    for cell in standings.cells.values():
        if cell.target is not None:
            key = person_key(cell.key)
            open_[key] = open_.get(key, 0.0) + cell.deficit
            sittings[key] = sitting_of(cell.max_per_speaker, usual).usual
    shares = shares_of(pool, frozenset(open_))
    return {key: Need(open_[key], shares[key], sittings[key]) for key in open_}


def effort_of(standings: Standings) -> Effort:
    """Return what a collector's work takes, a unit at a time."""
    seconds = standings.clip_ms / 1000
    if standings.unit == "speakers":
        seconds *= SITTING_CLIPS
    elif standings.unit == "seconds":
        seconds = 1.0
    return Effort(_SCREENING, _SET_UP, _PER_MINUTE * seconds / 60)


def mixes_of(met: Met, sites: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return which share of the people at each site is of each key; `sites`: names by slug."""
    return {slug: learn_mix(met.here.get(slug, {}), met.pool) for slug in sites}


def name_sites(campaign: Campaign) -> dict[str, str]:
    """Return the campaign's sites: names by slug."""
    rows = Site.objects.filter(campaign=campaign).order_by("slug")
    return dict(rows.values_list("slug", "name"))


def rank_all(standings: Standings, met: Met, sites: Mapping[str, str]) -> list[SiteLine]:
    """Return every site, the one worth most first."""
    needs = needs_of(standings, met.pool)
    mixes = mixes_of(met, sites)
    ranked = rank_sites(mixes, needs, effort_of(standings))
    best = max((score for _, score in ranked), default=0.0)
    return [
        SiteLine(
            slug=slug,
            name=sites[slug],
            score=score,
            part=score / best if best > 0 else 0.0,
            people=met.people(slug),
            days=met.days.get(slug, 0),
            known=met.people(slug) >= MET_AT_LEAST,
            whom=_whom(mixes[slug], needs),
        )
        for slug, score in ranked
    ]


def _whom(mix: Mapping[str, float], needs: Mapping[str, Need]) -> tuple[tuple[str, float], ...]:
    worth = {
        key: mix.get(key, 0.0) * need.price * need.sitting
        for key, need in needs.items()
        if need.deficit > 0
    }
    total = sum(worth.values())
    most = sorted(worth, key=lambda key: (-worth[key], key))[:_REASONS]
    return tuple((key, worth[key] / total) for key in most if worth[key] > 0)
