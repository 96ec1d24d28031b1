"""The phone's calls about speakers and consents."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import storage
from backend.accounts.permissions import actor_of
from backend.accounts.phone import own_campaign, phone_of
from backend.fields import (
    AUDIO_TYPES,
    MediaTypeField,
    Sha256Field,
    SmallObjectField,
    StrictSerializer,
)
from backend.speakers import services
from backend.speakers.models import METHODS, SCOPES, Consent


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


class EvidenceIn(StrictSerializer):
    """The recorded words of a spoken consent, or the picture of a signature."""

    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=20_000_000)
    content_type = MediaTypeField(choices=(*AUDIO_TYPES, SIGNATURE_TYPE))


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


class ConsentOut(serializers.Serializer[Any]):
    """The id and, for recorded evidence that has not arrived, where to put it."""

    id = serializers.UUIDField()
    upload = UploadOut(required=False)


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


def _consent_answer(consent: Consent) -> dict[str, Any]:
    body: dict[str, Any] = {"id": consent.id}
    if consent.evidence_sha256 and consent.evidence_stored_at is None:
        put = storage.sign_put(
            key=storage.consent_key(consent.id),
            bytes_=consent.evidence_bytes or 0,
            sha256=consent.evidence_sha256,
            content_type=consent.evidence_type,
        )
        body["upload"] = {"method": "PUT", "url": put.url, "headers": put.headers}
    return body


class ConsentView(APIView):
    """Record a consent under the phone's id."""

    verbs = {"PUT": "consent.write"}

    @extend_schema(request=ConsentIn, responses={200: ConsentOut, 201: ConsentOut})
    def put(self, request: Request, consent_id: UUID) -> Response:
        """Write the consent, or answer the same again."""
        form = ConsentIn(data=request.data)
        form.is_valid(raise_exception=True)
        consent, made = services.record_consent(
            consent_id=consent_id,
            device=phone_of(request),
            given=form.validated_data,
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(_consent_answer(consent), status=201 if made else 200)


class ConsentUploadedView(APIView):
    """The recorded words of a consent are in the store."""

    verbs = {"POST": "consent.write"}

    @extend_schema(request=None, responses=ConsentOut)
    def post(self, request: Request, consent_id: UUID) -> Response:
        """Check the store, and answer the consent without an upload."""
        consent = services.confirm_evidence(
            consent_id=consent_id, device=phone_of(request), now=timezone.now()
        )
        return Response(_consent_answer(consent))
