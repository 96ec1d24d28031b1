"""Whether a campaign's targets can be reached before its plan ends, with the people met so far."""

from dataclasses import dataclass
from datetime import date

from backend.campaigns.models import Campaign
from backend.coverage.feasible import Calendar, Feasibility, judge_targets, unseen_at_most
from backend.coverage.models import SupplyCount
from backend.coverage.outlook import Outlook
from backend.coverage.prices import MET_AT_LEAST
from backend.coverage.sites import MET_WITHIN, Met, mixes_of
from backend.speakers.cells import levels_of, person_key


@dataclass(frozen=True)
class NeverMet:
    """A kind of person of whom none was met; `at_most`: the share they may have, at 95 %."""

    key: str
    people: int
    at_most: float


@dataclass(frozen=True)
class Reach:
    """What stands in the way; `judged` is None before the plan has an end or enough were met."""

    judged: Feasibility | None
    never_met: tuple[NeverMet, ...]


def read_reach(*, campaign: Campaign, outlook: Outlook, met: Met, sites: dict[str, str]) -> Reach:
    """Name the targets that cannot be reached, and what binds.

    A day is a day on which somebody collects at a site; as many of them are to be had until the
    end as there were a day of the calendar so far.
    """
    need: dict[str, int] = {}
    for cell in outlook.cells:
        key = person_key(cell.key)
        need[key] = need.get(key, 0) + cell.recruit
    pool = sum(met.pool.values())
    if pool < MET_AT_LEAST:
        return Reach(None, ())
    # Who recorded was met, though nobody was asked before recording.
    recorded = {person_key(cell.key) for cell in outlook.standings if cell.speakers}
    never = tuple(
        NeverMet(key, people, unseen_at_most(pool))
        for key, people in sorted(need.items())
        if people and not met.pool.get(key) and key not in recorded
    )
    visited = {slug: name for slug, name in sites.items() if met.days.get(slug)}
    if outlook.ends is None or not visited:
        return Reach(None, never)
    mixes = mixes_of(met, visited)
    a_day = {slug: met.people(slug) / met.days[slug] for slug in visited}
    judged = judge_targets(
        people=need,
        met={
            slug: {key: share * a_day[slug] for key, share in mix.items()}
            for slug, mix in mixes.items()
        },
        calendar=_calendar(campaign, outlook.today, outlook.ends, met),
        levels={key: levels_of(key) for key in {*need, *met.pool}},
    )
    return Reach(judged, never)


def _calendar(campaign: Campaign, today: date, ends: date, met: Met) -> Calendar:
    since = today - MET_WITHIN
    days = SupplyCount.objects.filter(campaign=campaign, day__gte=since).order_by("day")
    first = days.values_list("day", flat=True).first() or today
    a_day = sum(met.days.values()) / ((today - first).days + 1)
    return Calendar(max(0, (ends - today).days + 1) * a_day)
