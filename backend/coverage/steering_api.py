"""The manager's call about steering: where to go, what cannot be reached, how it goes on."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.campaigns.models import Campaign
from backend.campaigns.reading import campaign_for
from backend.coverage.daily import site_facts
from backend.coverage.outlook import BurnUp, Outlook, draw_burn_up, read_outlook
from backend.coverage.plan import UNITS
from backend.coverage.reach import Reach, read_reach
from backend.coverage.sites import name_sites, rank_all, read_met
from backend.coverage.standing import Standings, read_standings
from backend.speakers.cells import levels_of


class WhyOut(serializers.Serializer[Any]):
    """A kind of person who makes a site worth going to, and how much of its worth."""

    key = serializers.DictField(child=serializers.CharField())
    part = serializers.FloatField()


class SiteWorthOut(serializers.Serializer[Any]):
    """A site; `part`: its worth a minute, as a part of the best site's.

    `people` were met there on so many `days`; not `known`: too few to say whom one meets there.
    """

    site = serializers.CharField()
    name = serializers.CharField()
    part = serializers.FloatField()
    people = serializers.IntegerField()
    days = serializers.IntegerField()
    known = serializers.BooleanField()
    why = WhyOut(many=True)


class BindingOut(serializers.Serializer[Any]):
    """A target that the calendar does not hold.

    `people` are still needed, `reachable` of them could be had; each takes `days_each` days at a
    site, `part` of all days in all. `instead`: the cell most like it of whom more are met.
    """

    key = serializers.DictField(child=serializers.CharField())
    people = serializers.IntegerField()
    reachable = serializers.IntegerField()
    days_each = serializers.FloatField()
    part = serializers.FloatField()
    instead = serializers.DictField(child=serializers.CharField(), allow_null=True)


class ReachOut(serializers.Serializer[Any]):
    """Whether the targets can be reached before the plan ends, with the best choice of sites.

    Null before the plan has an end, or enough people were met to say. `unseen`: people who are
    wanted and of whom not even the single levels were met.
    """

    feasible = serializers.BooleanField()
    days = serializers.FloatField()
    available = serializers.FloatField()
    binding = BindingOut(many=True)
    unseen = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    sites = serializers.DictField(child=serializers.FloatField())


class NeverMetOut(serializers.Serializer[Any]):
    """A kind of person who is wanted and whom nobody ever met; at most this part of all people."""

    key = serializers.DictField(child=serializers.CharField())
    people = serializers.IntegerField()
    at_most = serializers.FloatField()


class PastOut(serializers.Serializer[Any]):
    """What there was at the end of a day."""

    day = serializers.DateField()
    amount = serializers.FloatField()


class AheadOut(serializers.Serializer[Any]):
    """What there will be at the end of a day, with three probabilities."""

    day = serializers.DateField()
    p10 = serializers.FloatField()
    p50 = serializers.FloatField()
    p90 = serializers.FloatField()


class BurnUpOut(serializers.Serializer[Any]):
    """The whole campaign's course; no cell counts beyond its target."""

    target = serializers.FloatField()
    past = PastOut(many=True)
    ahead = AheadOut(many=True)


class SteeringOut(serializers.Serializer[Any]):
    """Where to go, what cannot be reached, how it goes on."""

    unit = serializers.ChoiceField(choices=UNITS)
    sites = SiteWorthOut(many=True)
    ends = serializers.DateField(allow_null=True)
    reach = ReachOut(allow_null=True)
    never_met = NeverMetOut(many=True)
    burn_up = BurnUpOut()
    as_of = serializers.DateTimeField()


def reach_facts(reach: Reach) -> dict[str, Any]:
    """Return what stands in the way, as `{reach, never_met}`."""
    never = [
        {"key": levels_of(one.key), "people": one.people, "at_most": round(one.at_most, 4)}
        for one in reach.never_met
    ]
    judged = reach.judged
    if judged is None:
        return {"reach": None, "never_met": never}
    binding = [
        {
            "key": levels_of(one.key),
            "people": one.people,
            "reachable": one.reachable,
            "days_each": round(one.days_each, 3),
            "part": round(one.share, 3),
            "instead": None if one.instead is None else levels_of(one.instead),
        }
        for one in judged.binding
    ]
    facts = {
        "feasible": judged.feasible,
        "days": round(judged.days, 1),
        "available": round(judged.available, 1),
        "binding": binding if judged.more_days else [],
        "unseen": [levels_of(key) for key in judged.unseen],
        "sites": {site: round(days, 1) for site, days in judged.sites.items()},
    }
    return {"reach": facts, "never_met": never}


def burn_up_facts(course: BurnUp) -> dict[str, Any]:
    """Return the course of the campaign."""
    return {
        "target": course.target,
        "past": [{"day": day, "amount": round(amount, 3)} for day, amount in course.past],
        "ahead": [
            {"day": day, "p10": round(p10, 3), "p50": round(p50, 3), "p90": round(p90, 3)}
            for day, (p10, p50, p90) in course.ahead
        ],
    }


def steering_facts(
    campaign: Campaign, standings: Standings, outlook: Outlook, now: datetime
) -> dict[str, Any]:
    """Return where to go, what cannot be reached, how it goes on."""
    met, sites = read_met(campaign, now.date()), name_sites(campaign)
    reach = read_reach(campaign=campaign, outlook=outlook, met=met, sites=sites)
    return {
        "unit": standings.unit,
        "sites": [site_facts(line) for line in rank_all(standings, met, sites)],
        "ends": outlook.ends,
        **reach_facts(reach),
        "burn_up": burn_up_facts(draw_burn_up(campaign=campaign, outlook=outlook)),
        "as_of": now,
    }


class SteeringView(APIView):
    """Where collecting is worth most."""

    verbs = {"GET": "coverage.read"}

    @extend_schema(responses=SteeringOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the sites by their worth, whether the targets can be reached, and the course."""
        campaign, now = campaign_for(request, slug, "coverage.read"), timezone.now()
        standings = read_standings(campaign=campaign, now=now)
        outlook = read_outlook(campaign=campaign, standings=standings, today=now.date())
        return Response(steering_facts(campaign, standings, outlook, now))
