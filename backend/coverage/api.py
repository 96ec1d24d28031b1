"""The manager's calls around a campaign: import prompts, enrol phones."""

from datetime import timedelta
from typing import Any

import segno
from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of
from backend.accounts.services import issue_enrolment_code
from backend.campaigns.reading import campaign_for
from backend.campaigns.services import import_prompts
from backend.fields import StrictSerializer
from backend.parsing import CsvParser, JsonLinesParser, NdJsonParser, StrictJSONParser


class ImportIn(StrictSerializer):
    """A prompts file as text."""

    name = serializers.CharField(max_length=200, default="import")
    body = serializers.CharField(max_length=15_000_000, trim_whitespace=False)


class ImportOut(serializers.Serializer[Any]):
    """What was imported."""

    prompt_set = serializers.UUIDField()
    prompts = serializers.IntegerField()


class PromptImportView(APIView):
    """Prompts from a file: sent as it is (CSV or JSON Lines), or as text in JSON with a name."""

    verbs = {"POST": "prompt.import"}
    parser_classes = (StrictJSONParser, CsvParser, JsonLinesParser, NdJsonParser)

    @extend_schema(request=ImportIn, responses={200: ImportOut, 201: ImportOut})
    def post(self, request: Request, slug: str) -> Response:
        """Import CSV or JSON Lines, all or nothing; the same file again answers the same."""
        campaign = campaign_for(request, slug, "prompt.import")
        raw = isinstance(request.data, str)
        form = ImportIn(data={"body": request.data} if raw else request.data)
        form.is_valid(raise_exception=True)
        prompt_set, prompts, made = import_prompts(
            campaign=campaign,
            body=form.validated_data["body"],
            name=form.validated_data["name"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(
            {"prompt_set": prompt_set.id, "prompts": prompts}, status=201 if made else 200
        )


class EnrolmentCodeIn(StrictSerializer):
    """For how many phones, and for how long."""

    uses = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    hours = serializers.IntegerField(min_value=1, max_value=24 * 90, default=72)


class EnrolmentCodeOut(serializers.Serializer[Any]):
    """A code, its link and its picture; shown once."""

    code = serializers.CharField()
    url = serializers.CharField()
    qr_svg = serializers.CharField()
    uses = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


def enrolment_url(code: str) -> str:
    """Return the link a phone opens; the code is in the fragment, which no server logs."""
    return f"{settings.PUBLIC_URL}/app/#code={code}"


class EnrolmentCodesView(APIView):
    """Ways in for phones."""

    verbs = {"POST": "enrolment.issue"}

    @extend_schema(request=EnrolmentCodeIn, responses={201: EnrolmentCodeOut})
    def post(self, request: Request, slug: str) -> Response:
        """Make a code; its text is shown here and nowhere else."""
        campaign = campaign_for(request, slug, "enrolment.issue")
        form = EnrolmentCodeIn(data=request.data)
        form.is_valid(raise_exception=True)
        row, code = issue_enrolment_code(
            campaign_id=campaign.id,
            uses=form.validated_data["uses"],
            valid_for=timedelta(hours=form.validated_data["hours"]),
            actor=actor_of(request),
            now=timezone.now(),
        )
        url = enrolment_url(code)
        return Response(
            {
                "code": code,
                "url": url,
                "qr_svg": segno.make(url, error="m").svg_inline(scale=4, border=4),
                "uses": row.uses_allowed,
                "expires_at": row.expires_at,
            },
            status=201,
        )
