"""The manager's call to decide on a clip that a check could not."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of, require
from backend.clips.models import Clip
from backend.fields import StrictSerializer
from backend.problems import NotFound
from backend.quality import reviewing


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
