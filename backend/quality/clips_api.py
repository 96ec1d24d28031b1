"""The list of a campaign's clips, for those who review them and those who use them."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of, holds
from backend.campaigns.reading import campaign_for
from backend.clips.forms import VerdictOut
from backend.clips.state import State
from backend.fields import StrictSerializer
from backend.quality.clip_list import (
    MOST,
    Wanted,
    clip_facts,
    measures_by_clip,
    read_page,
    wanted_clips,
)
from backend.quality.hearing import open_page_to_ear

_STATES = [state.value for state in State]


class ClipsWantedIn(StrictSerializer):
    """What the address asks for."""

    state = serializers.ChoiceField(choices=_STATES, required=False)
    reason = serializers.RegexField(r"\A[a-z][a-z0-9_]{0,39}\Z", required=False)
    collector = serializers.UUIDField(required=False)
    speaker = serializers.UUIDField(required=False)
    cell = serializers.CharField(max_length=200, required=False)
    date = serializers.DateField(required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    order = serializers.ChoiceField(choices=["oldest", "newest"], required=False)
    measures = serializers.BooleanField(default=False)
    cursor = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50)


class ClipPromptOut(serializers.Serializer[Any]):
    """What the speaker was asked to say."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["read", "question", "hotword", "command"])
    text = serializers.CharField()
    language = serializers.CharField()
    direction = serializers.CharField()


class ListedClipOut(serializers.Serializer[Any]):
    """One clip; `audio_url` is there for those who may hear it, and is good for five minutes."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=_STATES)
    speaker = serializers.UUIDField()
    collector = serializers.UUIDField()
    cell = serializers.CharField()
    take = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    content_type = serializers.CharField()
    created_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    stored_at = serializers.DateTimeField(allow_null=True)
    prompt = ClipPromptOut()
    verdict = VerdictOut(allow_null=True)
    measures = serializers.DictField(child=serializers.FloatField(), required=False)
    audio_url = serializers.URLField(required=False)


class ClipListOut(serializers.Serializer[Any]):
    """A page of clips; without `next` it is the last."""

    clips = ListedClipOut(many=True)
    next = serializers.UUIDField(allow_null=True)


class ClipListView(APIView):
    """A campaign's clips."""

    verbs = {"GET": "clip.list"}

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=_STATES),
            OpenApiParameter("reason", str, description="a code of the verdict's reasons"),
            OpenApiParameter("collector", UUID),
            OpenApiParameter("speaker", UUID),
            OpenApiParameter("cell", str, description="as coverage names it"),
            OpenApiParameter("date", str, description="announced on this day (UTC)"),
            OpenApiParameter("since", str, description="announced on this day or later"),
            OpenApiParameter("until", str, description="announced on this day or earlier"),
            OpenApiParameter(
                "order",
                str,
                enum=["oldest", "newest"],
                description="oldest first for clips in review, else newest first",
            ),
            OpenApiParameter("measures", bool, description="with everything that was measured"),
            OpenApiParameter("cursor", UUID, description="`next` of the page before"),
            OpenApiParameter("limit", int, description=f"1 to {MOST}, 50 if not given"),
        ],
        responses=ClipListOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer a page."""
        campaign = campaign_for(request, slug, "clip.list")
        form = ClipsWantedIn(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        wanted = _wanted(asked)
        clips, following = read_page(
            wanted_clips(campaign, wanted), wanted, after=asked.get("cursor"), size=asked["limit"]
        )
        listed = [clip_facts(clip) for clip in clips]
        if asked["measures"]:
            measures = measures_by_clip(clips)
            for clip, facts in zip(clips, listed, strict=True):
                facts["measures"] = measures.get(clip.pk, {})
        if holds(request, "clip.hear", campaign.pk):
            urls = open_page_to_ear(
                campaign=campaign, clips=clips, actor=actor_of(request), now=timezone.now()
            )
            for clip, facts in zip(clips, listed, strict=True):
                if clip.pk in urls:
                    facts["audio_url"] = urls[clip.pk]
        return Response({"clips": listed, "next": following})


def _wanted(asked: dict[str, Any]) -> Wanted:
    state = State(asked["state"]) if "state" in asked else None
    order = asked.get("order") or ("oldest" if state is State.REVIEW else "newest")
    return Wanted(
        state=state,
        reason=asked.get("reason"),
        collector=asked.get("collector"),
        speaker=asked.get("speaker"),
        cell=asked.get("cell"),
        since=asked.get("date") or asked.get("since"),
        until=asked.get("date") or asked.get("until"),
        newest_first=order == "newest",
    )
