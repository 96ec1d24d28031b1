"""Enrolment of phones, what they say of themselves, and leaving."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import policy
from backend.accounts import services
from backend.accounts.permissions import actor_of
from backend.accounts.phone import phone_of
from backend.fields import SmallObjectField, StrictSerializer


class EnrolIn(StrictSerializer):
    """A code from a QR link, and the installation that shows it."""

    code = serializers.CharField(max_length=40)
    install_id = serializers.RegexField(r"\A[A-Za-z0-9_-]{8,64}\Z")
    name = serializers.CharField(max_length=80)
    user_agent = serializers.CharField(max_length=400, allow_blank=True)


class EnrolOut(serializers.Serializer[Any]):
    """The token, shown once, and where it is good."""

    token = serializers.CharField()
    collector = serializers.CharField()
    campaigns = serializers.ListField(child=serializers.CharField())


class EnrolView(APIView):
    """Let a phone in by code."""

    verbs = {"POST": policy.PUBLIC}
    authentication_classes = ()

    @extend_schema(request=EnrolIn, responses={201: EnrolOut})
    def post(self, request: Request) -> Response:
        """Answer a token; the same code and installation get a new one."""
        form = EnrolIn(data=request.data)
        form.is_valid(raise_exception=True)
        enrolled = services.enrol_device(**form.validated_data, now=timezone.now())
        device = enrolled.device
        return Response(
            {
                "token": enrolled.token,
                "collector": str(device.collector_id),
                "campaigns": [device.campaign.slug],
            },
            status=201,
        )


class DeviceReportIn(StrictSerializer):
    """How a phone stands: what waits on it, and the room that is left (null: it cannot tell)."""

    unsent = serializers.IntegerField(min_value=0, max_value=2**53)
    unsent_bytes = serializers.IntegerField(min_value=0, max_value=2**53)
    free_bytes = serializers.IntegerField(min_value=0, max_value=2**53, allow_null=True)
    app_version = serializers.CharField(max_length=40)
    selftest = SmallObjectField(max_characters=10_000, required=False)


class DeviceReportOut(serializers.Serializer[Any]):
    """When it was noted, by the server's clock."""

    at = serializers.DateTimeField()


class DeviceReportsView(APIView):
    """What the phone says of itself."""

    verbs = {"POST": "device.report"}

    @extend_schema(request=DeviceReportIn, responses={201: DeviceReportOut})
    def post(self, request: Request) -> Response:
        """Note how the phone stands, and its self-test if it made one."""
        device, now = phone_of(request), timezone.now()
        form = DeviceReportIn(data=request.data)
        form.is_valid(raise_exception=True)
        services.report_device(device=device, report=dict(form.validated_data), now=now)
        return Response({"at": now}, status=201)


class SelfDeviceView(APIView):
    """The phone that asks."""

    verbs = {"DELETE": "device.report"}

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Leave: the token stops working, what was recorded stays."""
        services.leave_by_itself(
            device=phone_of(request), actor=actor_of(request), now=timezone.now()
        )
        return Response(status=204)
