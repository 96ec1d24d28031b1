"""The manager's calls about a campaign itself: create it, read it, change it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of, person_of
from backend.campaigns.models import Campaign, CampaignState
from backend.campaigns.reading import campaign_for
from backend.coverage import services
from backend.fields import SmallObjectField, StrictSerializer
from backend.speakers.cells import SESSION_DIMENSIONS
from backend.speakers.models import SCOPES, ConsentForm
from backend.speakers.vocabularies import VOCABULARIES, field_faults, with_choices

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
    vocabulary = serializers.ChoiceField(choices=VOCABULARIES, required=False)

    def validate_name(self, name: str) -> str:
        """Refuse what is a sitting's own, not a speaker's."""
        if name in SESSION_DIMENSIONS:
            raise serializers.ValidationError("This is said of each session.")
        return name

    def get_fields(self) -> dict[str, Any]:
        """Add `required`, which a class body cannot hold: it is a serializer's own attribute."""
        return super().get_fields() | {"required": serializers.BooleanField(default=False)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a choice without choices, or with levels that a cell key cannot hold.

        A closed vocabulary brings its choices.
        """
        if wrong := field_faults(attrs):
            raise serializers.ValidationError({"vocabulary": wrong})
        attrs = with_choices(attrs)
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
            **values, manager=person_of(request), actor=actor_of(request), now=timezone.now()
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
