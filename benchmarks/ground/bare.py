"""The least that a Django view can do for a clip: one indexed SELECT and one INSERT, as JSON."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from backend import storage
from backend.clips.models import Session
from backend.jobs.models import AuditEvent


def _one_row(clip_id: UUID, session_id: str) -> dict[str, Any]:
    session = Session.objects.get(pk=session_id)
    event = AuditEvent.objects.create(
        actor="system", act="bench.row", subject=f"clip:{clip_id}", at=timezone.now()
    )
    return {"id": str(event.pk), "session": str(session.pk)}


@csrf_exempt
def one_row(request: HttpRequest, clip_id: UUID) -> JsonResponse:
    """Read the JSON body, one SELECT, one INSERT."""
    return JsonResponse(_one_row(clip_id, json.loads(request.body)["session"]))


@csrf_exempt
def one_row_and_head(request: HttpRequest, clip_id: UUID) -> JsonResponse:
    """The same, and one HEAD to the store."""
    stored = storage.head(storage.clip_key(clip_id))
    row = _one_row(clip_id, json.loads(request.body)["session"])
    return JsonResponse(row | {"bytes": stored.bytes})
