"""The manager's calls about the field: each collector's day, and the phones that went silent."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.campaigns.reading import campaign_for
from backend.coverage.daily import CollectorDay, plan_collectors
from backend.coverage.silent import SILENT_AFTER_DAYS, SilentPhone, find_silent_phones
from backend.coverage.standing import read_standings
from backend.problems import Malformed
from backend.speakers.cells import levels_of

VERB = "device.manage"
FIND_SHOWN = 3
_MOST_SILENT_DAYS = 365


class PlannedFindOut(serializers.Serializer[Any]):
    """A kind of person to find, and how much of them is open."""

    key = serializers.DictField(child=serializers.CharField())
    open = serializers.FloatField()
    conditions = serializers.DictField(child=serializers.CharField())


class CollectorDayOut(serializers.Serializer[Any]):
    """Where a collector was, is to go, and whom to find there."""

    collector = serializers.UUIDField()
    name = serializers.CharField()
    was_at = serializers.CharField(allow_null=True)
    go_to = serializers.CharField(allow_null=True)
    find = PlannedFindOut(many=True)


class CollectorPlansOut(serializers.Serializer[Any]):
    """The day of every collector."""

    collectors = CollectorDayOut(many=True)
    as_of = serializers.DateTimeField()


class SilentPhoneOut(serializers.Serializer[Any]):
    """A phone that was not heard of for so many days, and what it may hold.

    `unsent` clips as it last said; `leased`: clips it was promised when it was heard of last.
    """

    device = serializers.UUIDField()
    collector = serializers.CharField()
    seen_at = serializers.DateTimeField()
    days = serializers.IntegerField()
    unsent = serializers.IntegerField()
    unsent_bytes = serializers.IntegerField()
    leased = serializers.IntegerField()


class SilentPhonesOut(serializers.Serializer[Any]):
    """The phones to ask after, longest silence first."""

    phones = SilentPhoneOut(many=True)
    as_of = serializers.DateTimeField()


class CollectorPlansView(APIView):
    """The plan of the day for all collectors."""

    verbs = {"GET": "device.manage"}

    @extend_schema(responses=CollectorPlansOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer where each collector is to go today and whom to find there."""
        campaign, now = campaign_for(request, slug, VERB), timezone.now()
        standings = read_standings(campaign=campaign, now=now)
        days = plan_collectors(
            campaign=campaign, standings=standings, today=now.date(), at_most=FIND_SHOWN
        )
        return Response({"collectors": [_day_facts(day) for day in days], "as_of": now})


def _day_facts(day: CollectorDay) -> dict[str, Any]:
    return {
        "collector": day.collector_id,
        "name": day.name,
        "was_at": day.was_at,
        "go_to": day.go_to,
        "find": [
            {"key": levels_of(find.key), "open": round(find.open, 3), "conditions": find.conditions}
            for find in day.find
        ],
    }


class SilentPhonesView(APIView):
    """Phones that may hold recordings and were not heard of."""

    verbs = {"GET": "device.manage"}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "days",
                int,
                description=f"not heard of for so long; {SILENT_AFTER_DAYS} unless told",
            )
        ],
        responses=SilentPhonesOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer the phones with promises or unsent clips that have been silent so long."""
        campaign, now = campaign_for(request, slug, VERB), timezone.now()
        days = silent_days(request.query_params.get("days", str(SILENT_AFTER_DAYS)))
        phones = find_silent_phones(campaign=campaign, now=now, days=days)
        return Response({"phones": [_phone_facts(phone) for phone in phones], "as_of": now})


def silent_days(said: str) -> int:
    """Return the number of days that somebody asked for; raises Malformed for what is none."""
    if not said.isascii() or not said.isdigit() or not 1 <= int(said[:9]) <= _MOST_SILENT_DAYS:
        raise Malformed(f"`days` must be a whole number from 1 to {_MOST_SILENT_DAYS}.")
    return int(said)


def _phone_facts(phone: SilentPhone) -> dict[str, Any]:
    return {
        "device": phone.device.pk,
        "collector": phone.device.collector.first_name,
        "seen_at": phone.device.seen_at,
        "days": phone.days,
        "unsent": phone.unsent,
        "unsent_bytes": phone.unsent_bytes,
        "leased": phone.leased,
    }
