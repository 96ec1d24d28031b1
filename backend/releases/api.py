"""The scientist's calls about releases, and the public list of withdrawn clips."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import policy
from backend.accounts.permissions import actor_of
from backend.campaigns.models import Campaign
from backend.campaigns.reading import campaign_for
from backend.fields import StrictSerializer
from backend.problems import NotFound
from backend.releases import services
from backend.releases.models import Release
from backend.releases.reading import files_of, release_for, standing_of, withdrawal_lines
from backend.releases.selection import withdrawn_among

# Semantic versioning 2.0.0 without build metadata, which would not order versions.
_NUMBER = r"(0|[1-9]\d{0,5})"
_BEFORE = r"(-[0-9A-Za-z-]{1,10}(\.[0-9A-Za-z-]{1,6})?)?"
_VERSION = rf"\A{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_BEFORE}\Z"
MOST_IDS = 10_000


class ReleaseIn(StrictSerializer):
    """A version and what it is made of; backend.releases.recipe reads the recipe."""

    version = serializers.RegexField(_VERSION, help_text="semantic version, such as 1.0.0")
    recipe = serializers.JSONField(
        default=dict, help_text="{filters, splits, weights, formats, license}, all optional"
    )


class ProgressOut(serializers.Serializer[Any]):
    """How far it is, in clips."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    note = serializers.CharField()


class ReleaseStateOut(serializers.Serializer[Any]):
    """Where a release stands."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    progress = ProgressOut()


class ReleaseOut(ReleaseStateOut):
    """A release with what it holds."""

    campaign = serializers.CharField()
    version = serializers.CharField()
    recipe = serializers.DictField()
    counts = serializers.DictField()
    error = serializers.CharField(help_text="why it does not go on, or empty")
    manifest_sha256 = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    sealed_at = serializers.DateTimeField(allow_null=True)


class ReleaseFileOut(serializers.Serializer[Any]):
    """A file; `url` is null when it holds a clip that was withdrawn since."""

    path = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    withdrawn = serializers.IntegerField()
    erased_at = serializers.DateTimeField(allow_null=True)


class ReleaseFilesOut(serializers.Serializer[Any]):
    """The files of a sealed release."""

    id = serializers.UUIDField()
    manifest_sha256 = serializers.CharField()
    files = ReleaseFileOut(many=True)


class GoneIn(StrictSerializer):
    """Ids of clips somebody holds."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_IDS)


class GoneOut(serializers.Serializer[Any]):
    """Those of them that were withdrawn."""

    gone = serializers.ListField(child=serializers.UUIDField())


def _state_body(release: Release) -> dict[str, Any]:
    standing = standing_of(release)
    return {"id": release.pk, "state": standing.state, "progress": standing.progress}


def _body(release: Release) -> dict[str, Any]:
    standing = standing_of(release)
    return {
        "id": release.pk,
        "state": standing.state,
        "progress": standing.progress,
        "campaign": release.campaign.slug,
        "version": release.version,
        "recipe": release.recipe,
        "counts": release.counts,
        "error": standing.error,
        "manifest_sha256": release.manifest_sha256 or None,
        "created_at": release.created_at,
        "sealed_at": release.sealed_at,
    }


class CampaignReleasesView(APIView):
    """The releases of a campaign."""

    verbs = {"POST": "release.build"}

    @extend_schema(request=ReleaseIn, responses={202: ReleaseStateOut})
    def post(self, request: Request, slug: str) -> Response:
        """Start a release; the same version and recipe again answer the same."""
        campaign = campaign_for(request, slug, "release.build")
        form = ReleaseIn(data=request.data)
        form.is_valid(raise_exception=True)
        release, _ = services.draft_release(
            campaign=campaign,
            version=form.validated_data["version"],
            recipe=form.validated_data["recipe"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(_state_body(release), status=202)


class ReleaseView(APIView):
    """One release."""

    verbs = {"GET": "release.read"}

    @extend_schema(responses=ReleaseOut)
    def get(self, request: Request, release_id: UUID) -> Response:
        """Answer where it stands and what it holds."""
        return Response(_body(release_for(request, release_id, "release.read")))


class ReleaseFilesView(APIView):
    """The files of a release."""

    verbs = {"GET": "release.read"}

    @extend_schema(responses=ReleaseFilesOut)
    def get(self, request: Request, release_id: UUID) -> Response:
        """Answer every file of a sealed release with a link that lives five minutes."""
        release = release_for(request, release_id, "release.read")
        return Response(
            {
                "id": release.pk,
                "files": files_of(release),
                "manifest_sha256": release.manifest_sha256,
            }
        )


class ReleaseCancelView(APIView):
    """Stop a release."""

    verbs = {"POST": "release.build"}

    @extend_schema(request=None, responses={200: ReleaseStateOut})
    def post(self, request: Request, release_id: UUID) -> Response:
        """Cancel a release that is not sealed; what was written of it is removed."""
        release = release_for(request, release_id, "release.build")
        canceled = services.cancel_release(
            release_id=release.pk, actor=actor_of(request), now=timezone.now()
        )
        return Response(_state_body(canceled))


class ReleaseGoneView(APIView):
    """Ask which clips of a copy must go."""

    verbs = {"POST": "release.read"}

    @extend_schema(request=GoneIn, responses={200: GoneOut})
    def post(self, request: Request, release_id: UUID) -> Response:
        """Answer those of the ids that are in the release and were withdrawn."""
        release = release_for(request, release_id, "release.read")
        form = GoneIn(data=request.data)
        form.is_valid(raise_exception=True)
        ids = form.validated_data["ids"]
        return Response({"gone": withdrawn_among(release=release, clip_ids=ids)})


class WithdrawalsView(APIView):
    """The public list of withdrawn clips: whoever holds a copy must be able to follow it."""

    verbs = {"GET": policy.PUBLIC}
    authentication_classes = ()

    @extend_schema(
        responses={
            (200, "application/jsonl"): OpenApiResponse(
                OpenApiTypes.STR,
                description="one line a clip: {clip_id, withdrawn_at, versions}",
            )
        }
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer one JSON line for every published clip that was withdrawn."""
        campaign = Campaign.objects.filter(slug=slug).first()
        if campaign is None:
            raise NotFound()
        return HttpResponse(b"".join(withdrawal_lines(campaign)), content_type="application/jsonl")
