"""The phone's calls about its day: whom to find, what to do again, why a prompt was not said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.phone import own_campaign, phone_of
from backend.clips.day import count_day, retakes_of
from backend.clips.forms import ReasonOut
from backend.clips.models import ReportKind
from backend.clips.sessions import report_prompt
from backend.coverage.daily import plan_for_phone
from backend.coverage.holds_api import ConditionsOut
from backend.coverage.plan import UNITS
from backend.coverage.steering_api import SiteWorthOut
from backend.coverage.waitlist import places_for_waiting
from backend.fields import StrictSerializer
from backend.problems import Malformed

_FIND = 10
_RETAKES = 100
_WAITING = 50
# The clocks of the world go from UTC-12 to UTC+14.
_OFFSETS = range(-12 * 60, 14 * 60 + 1)


class FindOut(serializers.Serializer[Any]):
    """A kind of person who is missing, and how much.

    `conditions`: the surroundings, and the kind of phone, in which the least part is there.
    """

    cell = serializers.CharField()
    key = serializers.DictField(child=serializers.CharField())
    missing = serializers.FloatField()
    unit = serializers.ChoiceField(choices=UNITS)
    conditions = serializers.DictField(child=serializers.CharField())


class RetakeOut(serializers.Serializer[Any]):
    """A prompt to be recorded again by its speaker."""

    clip = serializers.UUIDField()
    speaker = serializers.UUIDField()
    code = serializers.CharField()
    prompt = serializers.UUIDField()
    text = serializers.CharField()
    reasons = ReasonOut(many=True)


class DayOut(serializers.Serializer[Any]):
    """What was recorded today and is known here."""

    date = serializers.DateField()
    recorded = serializers.IntegerField()
    passed = serializers.IntegerField()
    rejected = serializers.IntegerField()
    review = serializers.IntegerField()
    seconds = serializers.IntegerField()


class WaitingOut(serializers.Serializer[Any]):
    """Somebody who was sent home and has a place now, until then; without an id, of this cell."""

    cell = serializers.CharField()
    speaker = serializers.UUIDField(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    clips = serializers.IntegerField()
    conditions = ConditionsOut()
    expires_at = serializers.DateTimeField()


class PlanOut(serializers.Serializer[Any]):
    """The plan of the day.

    `site`: where this collector meets people now, as far as the server knows; `sites`: where it is
    worth most to go.
    """

    find = FindOut(many=True)
    waiting = WaitingOut(many=True)
    site = serializers.CharField(allow_null=True)
    sites = SiteWorthOut(many=True)
    redo = RetakeOut(many=True)
    day = DayOut()
    as_of = serializers.DateTimeField()


class PlanOfTodayView(APIView):
    """The collector's plan of the day."""

    verbs = {"GET": "pack.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "offset_minutes",
                int,
                description="how far the phone's time zone is ahead of UTC, whose day it is else",
            )
        ],
        responses=PlanOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer whom to find next, the open re-takes and the day's count."""
        device, now = phone_of(request), timezone.now()
        own_campaign(device, slug)
        try:
            minutes = int(request.query_params.get("offset_minutes", "0"))
        except ValueError as error:
            raise Malformed("`offset_minutes` must be a whole number.") from error
        if minutes not in _OFFSETS:
            raise Malformed("`offset_minutes` must be that of a time zone.")
        return Response(
            {
                **plan_for_phone(device=device, now=now, at_most=_FIND),
                "waiting": places_for_waiting(device=device, now=now, at_most=_WAITING),
                "redo": retakes_of(device=device, at_most=_RETAKES),
                "day": count_day(device=device, offset=timedelta(minutes=minutes), now=now),
                "as_of": now,
            }
        )


class PromptReportIn(StrictSerializer):
    """Why a prompt was not said: a word of the phone's list, or the collector's own."""

    kind = serializers.ChoiceField(choices=ReportKind.values)
    reason = serializers.CharField(max_length=200, allow_blank=True)
    session = serializers.UUIDField()


class PromptReportOut(serializers.Serializer[Any]):
    """The report's id."""

    id = serializers.UUIDField()


class PromptReportsView(APIView):
    """Skips and faults of a prompt."""

    verbs = {"POST": "session.write"}

    @extend_schema(request=PromptReportIn, responses={200: PromptReportOut, 201: PromptReportOut})
    def post(self, request: Request, prompt_id: UUID) -> Response:
        """Note why it was not said; the same again is the same."""
        device = phone_of(request)
        form = PromptReportIn(data=request.data)
        form.is_valid(raise_exception=True)
        report, made = report_prompt(
            prompt_id=prompt_id,
            device=device,
            session_id=form.validated_data["session"],
            kind=form.validated_data["kind"],
            reason=form.validated_data["reason"],
            now=timezone.now(),
        )
        return Response({"id": report.pk}, status=201 if made else 200)
