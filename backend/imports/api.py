"""The manager's calls about rescued copies: announce, confirm, look."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of, require
from backend.campaigns.reading import campaign_for
from backend.fields import Sha256Field, StrictSerializer
from backend.imports import services
from backend.imports.models import ClipImport, ImportState, Outcome
from backend.problems import NotFound
from backend.speakers.api import UploadOut

VERB = "clip.import"


class ClipImportIn(StrictSerializer):
    """A file that a phone saved, announced before its bytes are sent."""

    campaign = serializers.CharField(max_length=60)
    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=2**53)


class ImportUploadOut(UploadOut):
    """Where the file goes."""

    expires_at = serializers.DateTimeField()


class ImportStateOut(serializers.Serializer[Any]):
    """Where an import stands."""

    id = serializers.UUIDField()
    state = serializers.CharField()


class ImportBegunOut(ImportStateOut):
    """An import after its announcement; `upload` is null once the file is there."""

    upload = ImportUploadOut(allow_null=True)


class ImportProgressOut(serializers.Serializer[Any]):
    """How far it is, in clips."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    note = serializers.CharField()


class ImportResultOut(serializers.Serializer[Any]):
    """What became of one clip; `problem` is the slug for which it is refused, or empty."""

    id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=Outcome.values)
    problem = serializers.CharField()


class ClipImportOut(ImportStateOut):
    """An import with what became of its clips."""

    campaign = serializers.CharField()
    bytes = serializers.IntegerField()
    progress = ImportProgressOut()
    error = serializers.CharField(help_text="why the file was not taken, or empty")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    results = ImportResultOut(many=True)


def import_for(request: Request, import_id: UUID) -> ClipImport:
    """Return the import when the caller may import into its campaign; NotFound, NotAllowed."""
    row = ClipImport.objects.select_related("campaign").filter(pk=import_id).first()
    if row is None:
        raise NotFound()
    require(request, VERB, row.campaign_id)
    return row


def import_facts(row: ClipImport) -> dict[str, Any]:
    """Return an import as the API shows it."""
    job = services.job_of(row)
    state = services.standing_of(row, job)
    died = job is not None and state == ImportState.FAILED
    results = row.results.order_by("pk").values_list("clip_id", "outcome", "problem")
    return {
        "id": row.pk,
        "state": state,
        "campaign": row.campaign.slug,
        "bytes": row.bytes,
        "progress": {"done": 0, "total": 0, "note": ""} | (job.progress if job else {}),
        "error": row.error or (job.error if job and died else ""),
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "results": [
            {"id": clip_id, "outcome": outcome, "problem": problem}
            for clip_id, outcome, problem in results
        ],
    }


class ImportsView(APIView):
    """Rescued copies."""

    verbs = {"POST": VERB}

    @extend_schema(request=ClipImportIn, responses={200: ImportBegunOut, 201: ImportBegunOut})
    def post(self, request: Request) -> Response:
        """Announce a file, and learn where it goes; the same file again is the same import."""
        form = ClipImportIn(data=request.data)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        row, made = services.begin_import(
            campaign=campaign_for(request, form.validated_data["campaign"], VERB),
            sha256=form.validated_data["sha256"],
            bytes_=form.validated_data["bytes"],
            actor=actor_of(request),
            now=now,
        )
        body = {"id": row.pk, "state": row.state, "upload": services.sign_import(row, now)}
        return Response(body, status=201 if made else 200)


class ImportView(APIView):
    """One rescued copy."""

    verbs = {"GET": VERB}

    @extend_schema(responses=ClipImportOut)
    def get(self, request: Request, import_id: UUID) -> Response:
        """Answer how far it is and what became of each clip."""
        return Response(import_facts(import_for(request, import_id)))


class ImportUploadedView(APIView):
    """The file was put."""

    verbs = {"POST": VERB}

    @extend_schema(request=None, responses={202: ImportStateOut})
    def post(self, request: Request, import_id: UUID) -> Response:
        """Ask the store for the file, and start to take it in."""
        row = services.confirm_import(row=import_for(request, import_id), now=timezone.now())
        return Response({"id": row.pk, "state": services.standing_of(row)}, status=202)
