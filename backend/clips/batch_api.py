"""The phone's calls about many clips at once: each item has its own answer."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of
from backend.accounts.phone import phone_of
from backend.clips import forms, intake, receipts
from backend.clips.api import confirmed_facts, registered_facts
from backend.clips.models import Clip
from backend.clips.problems import BatchTooLarge
from backend.problems import NotFound, Problem, as_problem

BATCH = 100


class ClipBatchView(APIView):
    """Many announcements at once."""

    verbs = {"POST": "clip.record"}

    @extend_schema(request=forms.BatchIn, responses=forms.BatchOut)
    def post(self, request: Request) -> Response:
        """Announce up to 100 clips; one bad item never fails the others."""
        device, now = phone_of(request), timezone.now()
        form = forms.BatchIn(data=request.data)
        form.is_valid(raise_exception=True)
        raw_items = form.validated_data["clips"]
        if len(raw_items) > BATCH:
            raise BatchTooLarge()
        items: list[dict[str, Any] | Problem] = []
        # One form for all items: making its fields costs more than reading an item.
        item_form = forms.BatchItemIn()
        for raw in raw_items:
            try:
                items.append(item_form.run_validation(raw))
            except Exception as error:
                items.append(as_problem(error))
        sound = [item for item in items if isinstance(item, dict)]
        known = intake.read_known(items=sound, device=device)
        answers: dict[int, intake.Registered | Problem] = {}
        with transaction.atomic():
            intake.lock_known(known=known)
            # By their ids, for two batches of the same clips in another order would wait in a ring.
            for place, item in sorted(enumerate(items), key=_by_id):
                if isinstance(item, Problem):
                    answers[place] = item
                    continue
                try:
                    answers[place] = intake.register_clip(
                        item=item, device=device, known=known, actor=actor_of(request), now=now
                    )
                except Problem as problem:
                    answers[place] = problem
        results = [_result(_echo_id(raw), answers[place]) for place, raw in enumerate(raw_items)]
        return Response({"results": results})


def _by_id(numbered: tuple[int, dict[str, Any] | Problem]) -> str:
    item = numbered[1]
    return "" if isinstance(item, Problem) else str(item["id"])


def _echo_id(raw: Any) -> Any:
    return raw.get("id") if isinstance(raw, dict) else None


def _result(raw_id: Any, answer: intake.Registered | Problem) -> dict[str, Any]:
    if isinstance(answer, Problem):
        return {
            "id": raw_id,
            "status": answer.status,
            "state": None,
            "upload": None,
            "problem": answer.as_dict(),
        }
    return registered_facts(answer) | {"status": 201 if answer.made else 200}


class ClipsUploadedView(APIView):
    """The bytes of many were put."""

    verbs = {"POST": "clip.record"}

    @extend_schema(
        operation_id="clips_uploaded_many", request=forms.IdsIn, responses=forms.ConfirmedBatchOut
    )
    def post(self, request: Request) -> Response:
        """Confirm up to 100 clips; each has its own answer."""
        device = phone_of(request)
        form = forms.IdsIn(data=request.data)
        form.is_valid(raise_exception=True)
        raw_ids = form.validated_data["ids"]
        if len(raw_ids) > BATCH:
            raise BatchTooLarge()
        wanted = {raw: _uuid(raw) for raw in raw_ids if isinstance(raw, str)}
        rows = Clip.objects.of_device(device).with_speaker()
        clips = {
            clip.pk: clip for clip in rows.filter(pk__in=[id_ for id_ in wanted.values() if id_])
        }
        answers = receipts.confirm_uploads(
            clips=list(clips.values()), actor=actor_of(request), now=timezone.now()
        )
        results = []
        for raw in raw_ids:
            clip_id = wanted.get(raw) if isinstance(raw, str) else None
            answer = answers.get(clip_id, NotFound()) if clip_id else NotFound()
            if isinstance(answer, Problem):
                state = clips[clip_id].state if clip_id in clips else None
                results.append(
                    {
                        "id": raw,
                        "status": answer.status,
                        "state": state,
                        "problem": answer.as_dict(),
                    }
                )
            else:
                results.append(confirmed_facts(answer) | {"status": 202 if answer.joining else 200})
        return Response({"results": results})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
