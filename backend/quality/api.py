"""The manager's calls about quality: decide on a clip, read and change the campaign's rules."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of, require
from backend.campaigns.models import QualityProfile
from backend.campaigns.reading import campaign_for
from backend.campaigns.services import current_profile
from backend.clips.models import Clip
from backend.fields import StrictSerializer
from backend.problems import NotFound
from backend.quality import reviewing, services
from backend.quality.profile import MOST_RULES


class ReviewIn(StrictSerializer):
    """A person's decision, with reason codes."""

    decision = serializers.ChoiceField(choices=["pass", "reject"])
    reasons = serializers.ListField(
        child=serializers.RegexField(r"\A[a-z][a-z0-9_]{0,39}\Z"), max_length=20, default=list
    )


class ReviewOut(serializers.Serializer[Any]):
    """The clip after the decision."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    verdict = serializers.DictField()


class ClipReviewView(APIView):
    """Decide on a clip that a machine could not, or undo its rejection."""

    verbs = {"POST": "clip.review"}

    @extend_schema(request=ReviewIn, responses=ReviewOut)
    def post(self, request: Request, clip_id: UUID) -> Response:
        """Pass or reject; the same decision again answers the same."""
        campaign_id = Clip.objects.filter(pk=clip_id).values_list("campaign_id", flat=True).first()
        if campaign_id is None:
            raise NotFound()
        require(request, "clip.review", campaign_id)
        form = ReviewIn(data=request.data)
        form.is_valid(raise_exception=True)
        clip = reviewing.review_clip(
            clip_id=clip_id,
            decision=form.validated_data["decision"],
            reasons=form.validated_data["reasons"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response({"id": clip.pk, "state": clip.state, "verdict": clip.verdict})


class RuleOut(serializers.Serializer[Any]):
    """One rule; it fires when `measure op threshold` holds."""

    code = serializers.CharField()
    measure = serializers.CharField()
    op = serializers.ChoiceField(choices=["<", "<=", ">", ">=", "=="])
    threshold = serializers.FloatField()
    severity = serializers.ChoiceField(choices=["reject", "review", "hint"])
    where = serializers.ListField(child=serializers.ChoiceField(choices=["phone", "server"]))
    hint = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=["read", "question", "hotword", "command"]),
        required=False,
    )


class ProfileIn(StrictSerializer):
    """The whole list of rules; what each must be is checked by backend.quality.profile."""

    rules = serializers.ListField(child=serializers.JSONField(), max_length=MOST_RULES)


class ProfileOut(serializers.Serializer[Any]):
    """The rules that hold now."""

    version = serializers.IntegerField()
    rules = RuleOut(many=True)
    created_at = serializers.DateTimeField()


def _facts(profile: QualityProfile) -> dict[str, Any]:
    return {
        "version": profile.version,
        "rules": profile.rules,
        "created_at": profile.created_at,
    }


class ProfileView(APIView):
    """A campaign's quality profile."""

    verbs = {"GET": "profile.read", "PUT": "profile.write"}

    @extend_schema(responses=ProfileOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the version that holds."""
        campaign = campaign_for(request, slug, "profile.read")
        return Response(_facts(current_profile(campaign_id=campaign.id)))

    @extend_schema(request=ProfileIn, responses=ProfileOut)
    def put(self, request: Request, slug: str) -> Response:
        """Write the next version; the rules that hold already change nothing."""
        campaign = campaign_for(request, slug, "profile.write")
        form = ProfileIn(data=request.data)
        form.is_valid(raise_exception=True)
        profile = services.change_profile(
            campaign=campaign,
            rules=form.validated_data["rules"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(_facts(profile))
