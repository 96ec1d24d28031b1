"""The phone's call for what became of what it sent."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.phone import phone_of
from backend.clips.changes import PAGE, read_changes, read_cursor
from backend.clips.forms import ReasonOut, VerdictOut


class ChangeOut(serializers.Serializer[Any]):
    """One thing that changed; which members there are depends on `kind`."""

    kind = serializers.ChoiceField(choices=["verdict", "redo", "withdrawal"])
    clip = serializers.UUIDField(required=False)
    speaker = serializers.UUIDField(required=False)
    prompt = serializers.UUIDField(required=False)
    state = serializers.CharField(required=False)
    verdict = VerdictOut(required=False, allow_null=True)
    reasons = ReasonOut(many=True, required=False)


class ChangesOut(serializers.Serializer[Any]):
    """A page of the feed."""

    changes = ChangeOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


class ChangesView(APIView):
    """What became of the collector's clips and speakers."""

    verbs = {"GET": "clip.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter("cursor", str, description="as the last page gave it; none at first")
        ],
        responses=ChangesOut,
        description=(
            f"Verdicts, prompts to record again, withdrawals: at most {PAGE} changes in a page. "
            "Nothing is ever left out; an item may come twice and says how things stand now. "
            "`more`: call again at once."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer what is new since the cursor."""
        device = phone_of(request)
        cursor = read_cursor(request.query_params.get("cursor", ""))
        changes, following, more = read_changes(device=device, cursor=cursor)
        return Response({"changes": changes, "cursor": str(following), "more": more})
