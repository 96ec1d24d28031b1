"""The phone's calls about sessions, prompts, clips and withdrawal."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import Device
from backend.accounts.permissions import actor_of, require
from backend.accounts.phone import own_campaign, phone_of
from backend.clips import forms, intake, receipts, sessions, withdrawal
from backend.clips.models import Clip
from backend.prepared import PreparedRead, as_row
from backend.problems import Malformed, NotFound
from backend.speakers.models import Speaker
from backend.speakers.pack import PromptsOut, prompt_facts

PROMPTS_AT_ONCE = 100
# What a phone's poll and confirmation look at; whoever needs another column loads it.
_CLIP = (
    "id",
    "collector_id",
    "campaign_id",
    "speaker_id",
    "state",
    "event_seq",
    "cell",
    "hold",
    "counted_ms",
    "sha256",
    "bytes",
    "parts",
    "stored_at",
    "verdict",
)
_SPEAKER = ("id", "cell", "binning", "withdrawn_at")
_BY_ID = PreparedRead(
    lambda clip_id: Clip.objects.filter(pk=clip_id).values_list(
        *_CLIP, *(f"speaker__{name}" for name in _SPEAKER), "campaign__binning"
    ),
    example=UUID("00000000-0000-7000-8000-0123456789ab"),
)
_announced = forms.ClipIn()


class SessionView(APIView):
    """Open a session under the phone's id."""

    verbs = {"PUT": "session.write"}

    @extend_schema(
        request=forms.SessionIn, responses={200: forms.SessionOut, 201: forms.SessionOut}
    )
    def put(self, request: Request, session_id: UUID) -> Response:
        """Write the session, or answer the same again."""
        device = phone_of(request)
        form = forms.SessionIn(data=request.data)
        form.is_valid(raise_exception=True)
        own_campaign(device, form.validated_data["campaign"])
        session, made = sessions.open_session(
            session_id=session_id, device=device, opened=form.validated_data, now=timezone.now()
        )
        return Response({"id": session.id}, status=201 if made else 200)


class NextPromptsView(APIView):
    """The best next prompts of a session's speaker."""

    verbs = {"GET": "prompt.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter("session", str, required=True),
            OpenApiParameter("count", int, description="1 to 100, 20 if not given"),
        ],
        responses=PromptsOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer prompts that this speaker has not recorded."""
        device = phone_of(request)
        own_campaign(device, slug)
        try:
            session_id = UUID(request.query_params.get("session", ""))
            count = int(request.query_params.get("count", "20"))
        except ValueError as error:
            raise Malformed("`session` must be an id and `count` a whole number.") from error
        if not 1 <= count <= PROMPTS_AT_ONCE:
            raise Malformed(f"`count` must be from 1 to {PROMPTS_AT_ONCE}.")
        prompts = sessions.next_prompts(
            session_id=session_id, device=device, count=count, now=timezone.now()
        )
        return Response({"prompts": [prompt_facts(prompt) for prompt in prompts]})


def registered_facts(answer: intake.Registered) -> dict[str, Any]:
    return {"id": answer.clip.pk, "state": answer.clip.state, "upload": answer.upload}


def confirmed_facts(answer: receipts.Confirmed) -> dict[str, Any]:
    body: dict[str, Any] = {"id": answer.clip.pk, "state": answer.clip.state}
    receipt = receipts.receipt_of(answer.clip)
    if receipt is not None:
        body["receipt"] = receipt
    return body


class ClipView(APIView):
    """One clip of the phone."""

    verbs = {"PUT": "clip.record", "GET": "clip.read"}

    @extend_schema(
        request=forms.ClipIn, responses={200: forms.RegisteredOut, 201: forms.RegisteredOut}
    )
    def put(self, request: Request, clip_id: UUID) -> Response:
        """Announce a clip, and learn where its bytes go; again for a fresh address."""
        device = phone_of(request)
        # One form for all calls: making its fields costs more than reading a body with them.
        item = _announced.run_validation(request.data) | {"id": clip_id}
        answer = intake.register_clip(
            item=item,
            device=device,
            known=intake.read_known(items=[item], device=device),
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(registered_facts(answer), status=201 if answer.made else 200)

    @extend_schema(responses=forms.ClipOut)
    def get(self, request: Request, clip_id: UUID) -> Response:
        """Answer state, receipt and verdict."""
        clip = clip_for(request, clip_id, "clip.read")
        body = confirmed_facts(receipts.Confirmed(clip))
        if clip.verdict is not None:
            body["verdict"] = clip.verdict
        return Response(body)


def clip_for(request: Request, clip_id: UUID, verb: str) -> Clip:
    """Return the clip: a phone sees its collector's own, a person those of their campaigns."""
    row = _BY_ID.first(clip_id)
    if row is None:
        raise NotFound()
    clip: Clip = as_row(Clip, _CLIP, row[: len(_CLIP)])
    clip.speaker = as_row(Speaker, _SPEAKER, row[len(_CLIP) : -1])
    clip.campaign_binning = row[-1]
    device = request.auth
    if not isinstance(device, Device):
        require(request, verb, clip.campaign_id)
    elif (clip.collector_id, clip.campaign_id) != (device.collector_id, device.campaign_id):
        raise NotFound()
    return clip


class ClipUploadedView(APIView):
    """The bytes were put."""

    verbs = {"POST": "clip.record"}

    @extend_schema(request=None, responses={200: forms.ConfirmedOut, 202: forms.ConfirmedOut})
    def post(self, request: Request, clip_id: UUID) -> Response:
        """Ask the store, and answer the receipt; 202 while parts are joined."""
        phone_of(request)
        answer = receipts.confirm_upload(
            clip=clip_for(request, clip_id, "clip.record"),
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(confirmed_facts(answer), status=202 if answer.joining else 200)


class ClipWithdrawView(APIView):
    """Withdraw one clip."""

    verbs = {"POST": "clip.withdraw"}

    @extend_schema(request=forms.WithdrawIn, responses={202: None})
    def post(self, request: Request, clip_id: UUID) -> Response:
        """From now on nothing of it is given out; its bytes are erased."""
        form = forms.WithdrawIn(data=request.data or {})
        form.is_valid(raise_exception=True)
        clip = clip_for(request, clip_id, "clip.withdraw")
        withdrawal.withdraw_clip(
            clip_id=clip.pk,
            actor=actor_of(request),
            reason=form.validated_data.get("reason", ""),
            now=timezone.now(),
        )
        return Response({"id": clip.pk, "state": "withdrawn"}, status=202)


class SpeakerWithdrawView(APIView):
    """Withdraw a speaker with all that was recorded of them."""

    verbs = {"POST": "clip.withdraw"}

    @extend_schema(request=forms.WithdrawIn, responses={202: None})
    def post(self, request: Request, speaker_id: UUID) -> Response:
        """From now on nothing of them is given out; their bytes are erased."""
        form = forms.WithdrawIn(data=request.data or {})
        form.is_valid(raise_exception=True)
        device = request.auth if isinstance(request.auth, Device) else None
        if device is None:
            speaker = Speaker.objects.filter(pk=speaker_id).first()
            if speaker is None:
                raise NotFound()
            require(request, "clip.withdraw", speaker.campaign_id)
        clips = withdrawal.withdraw_speaker(
            speaker_id=speaker_id,
            device=device,
            actor=actor_of(request),
            reason=form.validated_data.get("reason", ""),
            now=timezone.now(),
        )
        return Response({"id": speaker_id, "clips": clips}, status=202)
