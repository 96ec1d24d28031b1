"""What a phone sends, made up: each function calls the API as a phone would and returns ids."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import uuid_utils.compat as uuid

from backend.campaigns.models import Prompt
from backend.clips.models import Clip
from backend.speakers.models import ConsentForm
from tests.cast import Phone
from tests.sounds import speech_like, wav

DEVICE_FACTS = {
    "model": "Test 1",
    "os": "Android 14",
    "mic": "builtin",
    "sample_rate": 16000,
    "settings_asked": {"echoCancellation": False},
    "settings_got": {"echoCancellation": False},
}


@dataclass(frozen=True)
class Sitting:
    """A session with all it rests on."""

    phone: Phone
    speaker: UUID
    consent: UUID
    session: UUID


def sent(answer: Any, *statuses: int) -> Any:
    """Return a call's JSON; fails with the problem it answered when the status is another."""
    assert answer.status_code in (statuses or (200, 201)), answer.content.decode()
    return answer.json() if answer.content else None


def speaker_body(phone: Phone, **demographics: Any) -> dict[str, Any]:
    """Return the body of PUT speaker."""
    said = {"gender": "female", "birth_year": 1994} | demographics
    return {"campaign": phone.campaign.slug, "demographics": said}


def consent_body(phone: Phone, speaker: UUID, **changes: Any) -> dict[str, Any]:
    """Return the body of PUT consent."""
    form = ConsentForm.objects.get(campaign=phone.campaign, retired_at=None)
    return {
        "speaker": str(speaker),
        "consent_form": str(form.pk),
        "given_at": "2026-05-04T09:00:00Z",
        "locale": "en",
        "scopes": ["collect", "publish"],
        "method": "tap",
    } | changes


def session_body(phone: Phone, speaker: UUID, consent: UUID, **changes: Any) -> dict[str, Any]:
    """Return the body of PUT session."""
    return {
        "campaign": phone.campaign.slug,
        "speaker": str(speaker),
        "consent": str(consent),
        "environment": "indoors",
        "app_version": "0.1.0",
        "clock_offset_ms": 0,
        "device": DEVICE_FACTS,
        "started_at": "2026-05-04T09:01:00Z",
    } | changes


def clip_body(sitting: Sitting, audio: bytes, **changes: Any) -> dict[str, Any]:
    """Return the body of PUT clip for these bytes."""
    prompt = Prompt.objects.filter(campaign=sitting.phone.campaign).order_by("position")[0]
    return {
        "session": str(sitting.session),
        "prompt": str(prompt.pk),
        "seq": 1,
        "take": 1,
        "sha256": hashlib.sha256(audio).hexdigest(),
        "bytes": len(audio),
        "content_type": "audio/wav",
        "duration_ms": 3000,
        "recorded_at": "2026-05-04T09:02:00Z",
        "client_checks": {},
    } | changes


def sit_down(phone: Phone, **demographics: Any) -> Sitting:
    """Register a speaker, record their consent and open a session."""
    speaker, consent, session = uuid.uuid7(), uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone, **demographics)), 201)
    sent(phone.put(f"/v1/consents/{consent}", consent_body(phone, speaker)), 201)
    sent(phone.put(f"/v1/sessions/{session}", session_body(phone, speaker, consent)), 201)
    return Sitting(phone, speaker, consent, session)


def announce_clip(sitting: Sitting, audio: bytes, **changes: Any) -> tuple[UUID, dict[str, Any]]:
    """Announce a clip; returns its id and the upload that was answered."""
    clip_id = changes.pop("id", None) or uuid.uuid7()
    answer = sent(sitting.phone.put(f"/v1/clips/{clip_id}", clip_body(sitting, audio, **changes)))
    return clip_id, answer["upload"]


def put_bytes(upload: dict[str, Any], audio: bytes) -> httpx.Response:
    """PUT the bytes to the store as a phone does: over HTTP, with the headers it was given."""
    return httpx.put(upload["url"], content=audio, headers=upload["headers"], timeout=120)


def cut(body: bytes, size: int = 20_000) -> list[bytes]:
    """Cut bytes into the parts in which they are sent."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def part_facts(pieces: list[bytes]) -> list[dict[str, Any]]:
    """Return what a phone announces of these parts."""
    return [
        {"n": n, "sha256": hashlib.sha256(piece).hexdigest(), "bytes": len(piece)}
        for n, piece in enumerate(pieces, start=1)
    ]


def put_parts(upload: dict[str, Any], pieces: list[bytes]) -> None:
    """PUT every part where the server said."""
    for put, piece in zip(upload["parts"], pieces, strict=True):
        assert put_bytes(put, piece).status_code == 200


def upload_clip(sitting: Sitting, audio: bytes | None = None, **changes: Any) -> Clip:
    """Announce, put and confirm a clip; it stands in `uploaded`."""
    sound = audio if audio is not None else wav(speech_like(3.0))
    clip_id, upload = announce_clip(sitting, sound, **changes)
    assert put_bytes(upload, sound).status_code == 200
    sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"), 200)
    return Clip.objects.get(pk=clip_id)
