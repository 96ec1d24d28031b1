"""The manager's call about coverage: how the cells stand, what is missing, by when it is there."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.campaigns.models import Campaign
from backend.campaigns.reading import campaign_for
from backend.coverage.models import Shortlist
from backend.coverage.outlook import Outlook, read_outlook
from backend.coverage.plan import UNITS
from backend.coverage.shortlists import EVERYBODY
from backend.coverage.standing import Standings, read_standings
from backend.speakers.cells import levels_of

# The widest and worst come first; nobody reads further.
_GAPS = 200


class CellOut(serializers.Serializer[Any]):
    """One cell; amounts are in the campaign's unit."""

    key = serializers.DictField()
    target = serializers.IntegerField(allow_null=True)
    accepted = serializers.FloatField()
    pending = serializers.FloatField()
    held = serializers.FloatField()
    speakers = serializers.IntegerField()


class GapOut(serializers.Serializer[Any]):
    """A kind of people who are missing; a dimension that `key` does not name is any level of it.

    `missing` is not accepted yet, `open` is not even on its way; `recruit`: so many people bring
    it with four chances of five, cell by cell.
    """

    key = serializers.DictField(child=serializers.CharField())
    missing = serializers.FloatField()
    open = serializers.FloatField()
    cells = serializers.IntegerField()
    recruit = serializers.IntegerField()


class ForecastOut(serializers.Serializer[Any]):
    """When a cell has enough, with three probabilities; null: not in sight.

    `in_time`: the probability that it does before the plan ends.
    """

    key = serializers.DictField(child=serializers.CharField())
    p10 = serializers.DateField(allow_null=True)
    p50 = serializers.DateField(allow_null=True)
    p90 = serializers.DateField(allow_null=True)
    recruit = serializers.IntegerField()
    in_time = serializers.FloatField(allow_null=True)


class SoundsOut(serializers.Serializer[Any]):
    """The sounds of a campaign's prompts: pairs of phones, or of letters (`methods` says which).

    `methods`: how many prompts were taken in which way, `{cmudict: 812, letters: 3}`; `covered`:
    the share of the `units` that was recorded when the prompts' lists were last filled.
    """

    prompts = serializers.IntegerField()
    units = serializers.IntegerField()
    covered = serializers.FloatField()
    methods = serializers.DictField(child=serializers.IntegerField())


class CoverageOut(serializers.Serializer[Any]):
    """How much of what was wanted is there, and by when the rest will be."""

    unit = serializers.ChoiceField(choices=UNITS)
    cells = CellOut(many=True)
    gaps = GapOut(many=True)
    forecast = ForecastOut(many=True)
    sounds = SoundsOut(allow_null=True)
    as_of = serializers.DateTimeField()


def cell_facts(standings: Standings) -> dict[str, Any]:
    """Return the counters of every cell."""
    cells = [
        {
            "key": levels_of(cell.key),
            "target": cell.target,
            "accepted": cell.accepted,
            "pending": cell.pending,
            "held": cell.held,
            "speakers": cell.speakers,
        }
        for cell in standings.cells.values()
    ]
    return {"unit": standings.unit, "cells": cells}


def gap_facts(outlook: Outlook) -> list[dict[str, Any]]:
    """Return the gaps, those worth most first."""
    return [
        {
            "key": gap.levels,
            "missing": round(gap.missing, 3),
            "open": round(gap.open, 3),
            "cells": len(gap.cells),
            "recruit": outlook.recruits_for(gap),
        }
        for gap in outlook.gaps[:_GAPS]
    ]


def forecast_facts(outlook: Outlook) -> list[dict[str, Any]]:
    """Return when each lacking cell has enough."""
    return [
        {
            "key": levels_of(cell.key),
            **dict(zip(("p10", "p50", "p90"), cell.dates, strict=True)),
            "recruit": cell.recruit,
            "in_time": None if cell.in_time is None else round(cell.in_time, 3),
        }
        for cell in outlook.cells
    ]


def sounds_facts(campaign: Campaign) -> dict[str, Any] | None:
    """Return how much of its prompts' sounds a campaign has; None before they are known."""
    row = Shortlist.objects.filter(
        campaign=campaign, stratum=EVERYBODY, filled_at__isnull=False
    ).first()
    if row is None:
        return None
    return {
        "prompts": row.prompts,
        "units": row.units,
        "covered": round(row.covered, 4),
        "methods": row.methods,
    }


class CoverageView(APIView):
    """Coverage of a campaign."""

    verbs = {"GET": "coverage.read"}

    @extend_schema(responses=CoverageOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer counters, gaps and forecasts; nothing is scanned."""
        campaign, now = campaign_for(request, slug, "coverage.read"), timezone.now()
        standings = read_standings(campaign=campaign, now=now)
        outlook = read_outlook(campaign=campaign, standings=standings, today=now.date())
        return Response(
            cell_facts(standings)
            | {
                "gaps": gap_facts(outlook),
                "forecast": forecast_facts(outlook),
                "sounds": sounds_facts(campaign),
                "as_of": now,
            }
        )
