"""The calls about a prompt's spoken form: phones play it, managers give it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import storage
from backend.accounts.permissions import actor_of, require
from backend.campaigns.models import Prompt
from backend.fields import AudioTypeField, Sha256Field, StrictSerializer
from backend.problems import NotFound
from backend.speakers.api import UploadOut
from backend.speakers.prompt_audio import announce_prompt_audio, confirm_prompt_audio

_MAX_BYTES = 5_000_000


class PromptAudioIn(StrictSerializer):
    """The sound that is to come."""

    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=_MAX_BYTES)
    content_type = AudioTypeField()


class PromptAudioUploadOut(serializers.Serializer[Any]):
    """Where it goes; null when the prompt has it."""

    upload = UploadOut(allow_null=True)


class PromptAudioOut(serializers.Serializer[Any]):
    """A link to the sound, which works without a token."""

    url = serializers.CharField()
    content_type = serializers.CharField()
    expires_at = serializers.DateTimeField()


class PromptAudioArrivedOut(serializers.Serializer[Any]):
    """The prompt has its sound."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()


class PromptAudioView(APIView):
    """A prompt spoken, for people who don't read."""

    verbs = {"GET": "prompt.read", "PUT": "prompt.import"}

    @extend_schema(responses={200: PromptAudioOut, 302: None})
    def get(self, request: Request, prompt_id: UUID) -> Response:
        """Redirect to a link of five minutes; who asks for JSON is told it.

        A phone that keeps the sound asks so: following a redirect it would send its token on to
        the store.
        """
        prompt = _prompt(request, prompt_id, "prompt.read")
        if not prompt.audio_key:
            raise NotFound()
        now = timezone.now()
        url = storage.sign_get(key=prompt.audio_key)
        headers = {"Cache-Control": "no-store"}
        if "application/json" not in request.META.get("HTTP_ACCEPT", ""):
            return Response(status=302, headers=headers | {"Location": url})
        return Response(
            {
                "url": url,
                "content_type": prompt.audio_type,
                "expires_at": now + timedelta(seconds=settings.HEAR_URL_SECONDS),
            },
            headers=headers,
        )

    @extend_schema(request=PromptAudioIn, responses=PromptAudioUploadOut)
    def put(self, request: Request, prompt_id: UUID) -> Response:
        """Announce the sound, and learn where its bytes go."""
        prompt = _prompt(request, prompt_id, "prompt.import")
        form = PromptAudioIn(data=request.data)
        form.is_valid(raise_exception=True)
        put = announce_prompt_audio(prompt=prompt, sound=dict(form.validated_data))
        upload = {"method": "PUT", "url": put.url, "headers": put.headers} if put else None
        return Response({"upload": upload})


class PromptAudioUploadedView(APIView):
    """The bytes were put."""

    verbs = {"POST": "prompt.import"}

    @extend_schema(request=None, responses=PromptAudioArrivedOut)
    def post(self, request: Request, prompt_id: UUID) -> Response:
        """Check the store, and make the sound the prompt's."""
        prompt = _prompt(request, prompt_id, "prompt.import")
        prompt = confirm_prompt_audio(
            prompt_id=prompt.pk, actor=actor_of(request), now=timezone.now()
        )
        return Response({"id": prompt.pk, "revision": prompt.revision})


def _prompt(request: Request, prompt_id: UUID, verb: str) -> Prompt:
    prompt = Prompt.objects.filter(pk=prompt_id).first()
    if prompt is None:
        raise NotFound()
    require(request, verb, prompt.campaign_id)
    return prompt
