"""The phone's calls about speakers and consents."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of
from backend.accounts.phone import own_campaign, phone_of
from backend.fields import (
    AUDIO_TYPES,
    MediaTypeField,
    Sha256Field,
    SmallObjectField,
    StrictSerializer,
)
from backend.parts import check_parts
from backend.speakers import evidence, services
from backend.speakers.models import METHODS, SCOPES


class SpeakerIn(StrictSerializer):
    """A speaker as the phone knows them."""

    campaign = serializers.CharField(max_length=60)
    demographics = SmallObjectField()


class SpeakerOut(serializers.Serializer[Any]):
    """The id and the spoken name that derives from it."""

    id = serializers.UUIDField()
    code = serializers.CharField()


# A signature is a drawing, everything else is heard.
SIGNATURE_TYPE = "image/png"


class PartIn(StrictSerializer):
    """One part of bytes that are sent in pieces."""

    n = serializers.IntegerField(min_value=1, max_value=1000)
    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class EvidenceIn(StrictSerializer):
    """The recorded words of a spoken consent, or the picture of a signature."""

    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=20_000_000)
    content_type = MediaTypeField(choices=(*AUDIO_TYPES, SIGNATURE_TYPE))
    parts = PartIn(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse parts that do not add up."""
        check_parts(attrs.get("parts", []), attrs["bytes"], field="evidence.parts")
        return attrs


class ConsentIn(StrictSerializer):
    """What was agreed to, when, how."""

    speaker = serializers.UUIDField()
    consent_form = serializers.UUIDField()
    given_at = serializers.DateTimeField()
    locale = serializers.CharField(max_length=35)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES), max_length=10)
    method = serializers.ChoiceField(choices=METHODS)
    evidence = EvidenceIn(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a picture as evidence of anything but a signature."""
        evidence = attrs.get("evidence") or {}
        picture = evidence.get("content_type") == SIGNATURE_TYPE
        if picture and attrs["method"] != "signature":
            raise serializers.ValidationError(
                {"evidence": [f"{SIGNATURE_TYPE} is for a signature only."]}
            )
        return attrs


class UploadOut(serializers.Serializer[Any]):
    """Where and with which headers to PUT."""

    method = serializers.CharField()
    url = serializers.CharField()
    headers = serializers.DictField()


class SignedPartOut(UploadOut):
    """Where one part goes."""

    n = serializers.IntegerField()


class EvidenceUploadOut(UploadOut):
    """Where the evidence goes, whole or in parts."""

    parts = SignedPartOut(many=True, required=False)


class ConsentOut(serializers.Serializer[Any]):
    """The id and, for recorded evidence that has not arrived, where to put it."""

    id = serializers.UUIDField()
    upload = EvidenceUploadOut(required=False)


class SpeakerView(APIView):
    """Register a speaker under the phone's id."""

    verbs = {"PUT": "speaker.write"}

    @extend_schema(request=SpeakerIn, responses={200: SpeakerOut, 201: SpeakerOut})
    def put(self, request: Request, speaker_id: UUID) -> Response:
        """Write the speaker, or answer the same again."""
        device = phone_of(request)
        form = SpeakerIn(data=request.data)
        form.is_valid(raise_exception=True)
        own_campaign(device, form.validated_data["campaign"])
        speaker, made = services.register_speaker(
            speaker_id=speaker_id,
            device=device,
            demographics=form.validated_data["demographics"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response({"id": speaker.id, "code": speaker.code}, status=201 if made else 200)


class ConsentView(APIView):
    """Record a consent under the phone's id."""

    verbs = {"PUT": "consent.write"}

    @extend_schema(request=ConsentIn, responses={200: ConsentOut, 201: ConsentOut})
    def put(self, request: Request, consent_id: UUID) -> Response:
        """Write the consent, or answer the same again; parts may be added to its evidence."""
        form = ConsentIn(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        now = timezone.now()
        consent, made = services.record_consent(
            consent_id=consent_id,
            device=phone_of(request),
            given=given,
            actor=actor_of(request),
            now=now,
        )
        body: dict[str, Any] = {"id": consent.pk}
        parts = given.get("evidence", {}).get("parts", [])
        upload = evidence.announce_evidence(consent=consent, parts=parts, now=now)
        if upload is not None:
            body["upload"] = upload
        return Response(body, status=201 if made else 200)


class ConsentUploadedView(APIView):
    """The recorded words of a consent are in the store."""

    verbs = {"POST": "consent.write"}

    @extend_schema(request=None, responses={200: ConsentOut, 202: ConsentOut})
    def post(self, request: Request, consent_id: UUID) -> Response:
        """Check the store, and answer the consent without an upload; 202 while parts are joined."""
        consent = evidence.confirm_evidence(
            consent_id=consent_id, device=phone_of(request), now=timezone.now()
        )
        joining = consent.evidence_stored_at is None
        return Response({"id": consent.pk}, status=202 if joining else 200)
