"""The manager's calls about a campaign: create, change, import prompts, enrol phones, see coverage."""

from datetime import datetime, timedelta
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
from backend.campaigns.models import Campaign, CampaignState
from backend.campaigns.reading import campaign_for
from backend.campaigns.services import import_prompts
from backend.coverage import services
from backend.coverage.models import Cell
from backend.coverage.targets import UNITS
from backend.fields import SmallObjectField, StrictSerializer
from backend.parsing import CsvParser, JsonLinesParser, NdJsonParser, StrictJSONParser
from backend.speakers.cells import levels_of
from backend.speakers.models import SCOPES, ConsentForm

_TAG = r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z"


class ConsentFormIn(StrictSerializer):
    """The words a speaker agrees to."""

    locale = serializers.RegexField(_TAG, max_length=35)
    text = serializers.CharField(max_length=20_000)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES), max_length=10)


class AnnotationIn(StrictSerializer):
    """What people do with a clip that passed, and how many of them."""

    type = serializers.ChoiceField(choices=["transcription", "none"])
    overlap = serializers.IntegerField(min_value=1, max_value=5, default=1)


class FieldSpecIn(StrictSerializer):
    """One thing a speaker is asked about themselves."""

    name = serializers.RegexField(r"\A[a-z][a-z0-9_]{0,39}\Z")
    kind = serializers.ChoiceField(choices=["choice", "year", "text", "list"])
    choices = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    required = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a choice without choices, or with levels that a cell key cannot hold."""
        choices = attrs.get("choices", [])
        if attrs["kind"] == "choice" and not choices:
            raise serializers.ValidationError({"choices": ["A choice needs choices."]})
        if any(set("|=") & set(choice) for choice in choices):
            raise serializers.ValidationError({"choices": ["No | and = in a choice."]})
        return attrs


class CampaignChangeIn(StrictSerializer):
    """What may change while a campaign runs."""

    name = serializers.CharField(max_length=200, required=False)
    state = serializers.ChoiceField(choices=CampaignState.values, required=False)
    consent_forms = ConsentFormIn(many=True, required=False)
    annotation = AnnotationIn(required=False)
    targets = SmallObjectField(max_characters=200_000, required=False)
    max_seconds = serializers.IntegerField(min_value=1, max_value=600, required=False)
    max_bytes = serializers.IntegerField(min_value=1000, max_value=200_000_000, required=False)


class CampaignIn(CampaignChangeIn):
    """A new campaign."""

    slug = serializers.RegexField(r"\A[a-z0-9][a-z0-9-]{0,59}\Z")
    name = serializers.CharField(max_length=200)
    language = serializers.RegexField(_TAG, max_length=35)
    consent_forms = ConsentFormIn(many=True, allow_empty=False)
    demographics = FieldSpecIn(many=True, required=False)
    dimensions = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=6
    )


class CampaignOut(serializers.Serializer[Any]):
    """A campaign as managers and scientists see it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField()
    state = serializers.CharField()
    consent_forms = serializers.ListField(child=serializers.DictField())
    demographics = serializers.ListField(child=serializers.DictField())
    dimensions = serializers.ListField(child=serializers.CharField())
    targets = serializers.DictField()
    annotation = serializers.DictField()
    max_seconds = serializers.IntegerField()
    max_bytes = serializers.IntegerField()


def campaign_facts(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign as the API shows it."""
    forms = ConsentForm.objects.filter(campaign=campaign, retired_at=None).order_by("locale")
    return {
        "slug": campaign.slug,
        "name": campaign.name,
        "language": campaign.language,
        "state": campaign.state,
        "consent_forms": [
            {
                "id": str(form.id),
                "version": form.version,
                "locale": form.locale,
                "scopes": form.scopes,
                "sha256": form.sha256,
            }
            for form in forms
        ],
        "demographics": campaign.demographics,
        "dimensions": campaign.dimensions,
        "targets": campaign.targets,
        "annotation": campaign.annotation,
        "max_seconds": campaign.max_seconds,
        "max_bytes": campaign.max_bytes,
    }


class CampaignsView(APIView):
    """All campaigns."""

    verbs = {"POST": "campaign.create"}

    @extend_schema(request=CampaignIn, responses={201: CampaignOut})
    def post(self, request: Request) -> Response:
        """Create a campaign; its maker manages it."""
        form = CampaignIn(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        values.pop("state", None)
        campaign = services.create_campaign(
            **values, manager=request.user, actor=actor_of(request), now=timezone.now()
        )
        return Response(campaign_facts(campaign), status=201)


class CampaignView(APIView):
    """One campaign."""

    verbs = {"GET": "campaign.read", "PATCH": "campaign.write"}

    @extend_schema(responses=CampaignOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the campaign."""
        return Response(campaign_facts(campaign_for(request, slug, "campaign.read")))

    @extend_schema(request=CampaignChangeIn, responses=CampaignOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Change what may change."""
        campaign = campaign_for(request, slug, "campaign.write")
        form = CampaignChangeIn(data=request.data)
        form.is_valid(raise_exception=True)
        changed = services.change_campaign(
            campaign=campaign,
            changes=dict(form.validated_data),
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(campaign_facts(changed))


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


class CellOut(serializers.Serializer[Any]):
    """One cell; amounts are in the campaign's unit."""

    key = serializers.DictField()
    target = serializers.IntegerField(allow_null=True)
    accepted = serializers.FloatField()
    pending = serializers.FloatField()
    held = serializers.FloatField()
    speakers = serializers.IntegerField()


class CoverageOut(serializers.Serializer[Any]):
    """How much of what was wanted is there."""

    unit = serializers.ChoiceField(choices=UNITS)
    cells = CellOut(many=True)
    gaps = serializers.ListField(child=serializers.DictField())
    forecast = serializers.ListField(child=serializers.DictField())
    as_of = serializers.DateTimeField()


def _amount(cell: Cell, bucket: str, unit: str) -> float:
    if unit == "seconds":
        return float(getattr(cell, f"{bucket}_ms")) / 1000
    return int(getattr(cell, f"{bucket}_clips"))


def coverage_facts(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Return the counters of every cell, and the cells that lack most first as gaps."""
    unit = campaign.targets.get("unit", "clips")
    cells = []
    for cell in Cell.objects.filter(campaign=campaign).order_by("key"):
        cells.append(
            {
                "key": levels_of(cell.key),
                "target": cell.target,
                "accepted": (
                    cell.accepted_speakers
                    if unit == "speakers"
                    else _amount(cell, "accepted", unit)
                ),
                "pending": _amount(cell, "pending", unit),
                "held": _amount(cell, "held", unit),
                "speakers": cell.accepted_speakers,
            }
        )
    gaps = [
        {"key": cell["key"], "missing": cell["target"] - cell["accepted"]}
        for cell in cells
        if cell["target"] is not None and cell["target"] > cell["accepted"]
    ]
    gaps.sort(key=lambda gap: -gap["missing"])
    return {"unit": unit, "cells": cells, "gaps": gaps, "forecast": [], "as_of": now}


class CoverageView(APIView):
    """Coverage of a campaign."""

    verbs = {"GET": "coverage.read"}

    @extend_schema(responses=CoverageOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the counters; nothing is scanned."""
        campaign = campaign_for(request, slug, "coverage.read")
        return Response(coverage_facts(campaign, timezone.now()))
