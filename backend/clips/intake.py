"""Register a clip before its bytes come, and hand out where to put them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from backend import storage
from backend.accounts.models import Device
from backend.campaigns.models import Campaign, Prompt
from backend.clips import lifecycle
from backend.clips.models import Clip, Session
from backend.clips.placing import cells_of_sessions
from backend.clips.problems import (
    ConsentMissing,
    PromptUnknown,
    SessionUnknown,
    TooLong,
    TooManyBytes,
)
from backend.clips.state import State
from backend.digest import request_digest
from backend.parts import Whole, check_parts, sign_whole
from backend.problems import Problem
from backend.speakers.cells import has_session_dimensions
from backend.speakers.models import Speaker
from backend.speakers.services import IdTaken, SpeakerWithdrawn

# A duration that the phone rounds, or a last buffer, is no reason to refuse a take.
_DURATION_SLACK_MS = 1000
_FIRST_LOOK = timedelta(seconds=60)


@dataclass(frozen=True)
class Registered:
    """A clip and where its bytes go; `upload` is None once they are stored."""

    clip: Clip
    made: bool
    upload: dict[str, Any] | None


class SessionFacts(NamedTuple):
    """What a clip takes from its session, whose whole rows would cost more than the clip's own."""

    id: UUID
    hold: UUID | None
    speaker_id: UUID
    cell: str
    speaker_binning: int
    speaker_withdrawn_at: datetime | None
    consent_withdrawn_at: datetime | None


@dataclass(frozen=True)
class Known:
    """What one call needs to know, read once for a whole batch; `prompts`: revision by id.

    `clips` may lack one that is there: registering it finds out.
    """

    sessions: dict[UUID, SessionFacts]
    prompts: dict[UUID, int]
    clips: dict[UUID, Clip]


def read_known(*, items: list[dict[str, Any]], device: Device) -> Known:
    """Read the sessions and prompts that the items name, and of many items the clips, too.

    A single clip is nearly always new, so that the look for it would nearly always be in vain.
    """
    sessions = Session.objects.filter(
        pk__in={item["session"] for item in items},
        collector_id=device.collector_id,
        campaign_id=device.campaign_id,
    ).values_list(
        "pk",
        "hold",
        "speaker_id",
        "speaker__cell",
        "speaker__binning",
        "speaker__withdrawn_at",
        "consent__withdrawn_at",
    )
    prompts = Prompt.objects.filter(
        pk__in={item["prompt"] for item in items}, campaign_id=device.campaign_id
    ).values_list("pk", "revision")
    clips = Clip.objects.filter(pk__in={item["id"] for item in items}) if len(items) > 1 else ()
    return Known(
        _placed([SessionFacts(*row) for row in sessions], device.campaign),
        dict(prompts),
        {row.pk: row for row in clips},
    )


def _placed(sessions: list[SessionFacts], campaign: Campaign) -> dict[UUID, SessionFacts]:
    """Return the sessions by id with the cell of their clips, for most their speaker's own."""
    known = {session.id: session for session in sessions}
    others = {
        session.id
        for session in sessions
        if session.speaker_binning != campaign.binning or has_session_dimensions(session.cell)
    }
    if others:
        for session_id, cell in cells_of_sessions(session_ids=others, campaign=campaign).items():
            known[session_id] = known[session_id]._replace(cell=cell)
    return known


def lock_known(*, known: Known) -> None:
    """Lock what a batch writes to, in the transaction that registers its clips.

    Speakers before clips, as a correction and a withdrawal take them: a batch that announces one
    clip again and another for the first time would else hold the clip that a correction waits for
    while it waits for that correction's speaker. The clips are to be registered by their ids.
    """
    speakers = {session.speaker_id for session in known.sessions.values()}
    speakers |= {clip.speaker_id for clip in known.clips.values()}
    # Not FOR UPDATE: those who announce one clip of the speaker need not wait for us.
    rows = Speaker.objects.select_for_update(no_key=True).filter(pk__in=speakers)
    list(rows.order_by("pk").values_list("pk"))
    if known.clips:
        clips = Clip.objects.select_for_update(no_key=True).filter(pk__in=list(known.clips))
        list(clips.order_by("pk").values_list("pk"))


def register_clip(
    *, item: dict[str, Any], device: Device, known: Known, actor: str, now: datetime
) -> Registered:
    """Register one clip under the phone's id, or answer the one that is there.

    `item`: the validated request with its id. Raises SessionUnknown, PromptUnknown,
    SpeakerWithdrawn, ConsentMissing, TooLong, TooManyBytes, Malformed (parts that do not add up)
    or IdTaken. Parts may be added to a clip that is not stored yet; that is not other content.
    """
    parts = item.get("parts") or []
    digest = request_digest({name: value for name, value in item.items() if name != "parts"})
    clip = known.clips.get(item["id"])
    if clip is not None:
        return _again(clip, digest, parts, device, now)
    try:
        clip = _new_clip(item, parts, digest, device, known, now)
        with transaction.atomic():
            lifecycle.begin(clip=clip, actor=actor, at=now)
    except (Problem, IntegrityError):
        # A repeated request is answered as it was, whatever has become of speaker or prompt since.
        clip = Clip.objects.filter(pk=item["id"]).first()
        if clip is None:
            raise
        return _again(clip, digest, parts, device, now)
    known.clips[clip.pk] = clip
    return Registered(clip, True, sign_upload(clip))


def _new_clip(
    item: dict[str, Any],
    parts: list[dict[str, Any]],
    digest: str,
    device: Device,
    known: Known,
    now: datetime,
) -> Clip:
    session = known.sessions.get(item["session"])
    if session is None:
        raise SessionUnknown()
    if session.speaker_withdrawn_at is not None:
        raise SpeakerWithdrawn()
    if session.consent_withdrawn_at is not None:
        raise ConsentMissing()
    prompt_revision = known.prompts.get(item["prompt"])
    if prompt_revision is None:
        raise PromptUnknown()
    campaign = device.campaign
    if item["duration_ms"] > campaign.max_seconds * 1000 + _DURATION_SLACK_MS:
        raise TooLong()
    if item["bytes"] > campaign.max_bytes:
        raise TooManyBytes()
    check_parts(parts, item["bytes"])
    return Clip(
        id=item["id"],
        session_id=session.id,
        campaign_id=device.campaign_id,
        speaker_id=session.speaker_id,
        collector_id=device.collector_id,
        prompt_id=item["prompt"],
        prompt_revision=prompt_revision,
        seq=item["seq"],
        take=item["take"],
        sha256=item["sha256"],
        bytes=item["bytes"],
        content_type=item["content_type"],
        duration_ms=item["duration_ms"],
        recorded_at=item["recorded_at"],
        parts=parts,
        client_checks=item["client_checks"],
        request_digest=digest,
        cell=session.cell,
        hold=session.hold,
        counted_ms=item["duration_ms"],
        created_at=now,
        look_at=now + _FIRST_LOOK,
        expires_at=now + timedelta(seconds=settings.UPLOAD_WINDOW_SECONDS),
        upload_until=now + timedelta(seconds=settings.UPLOAD_URL_SECONDS),
    )


def _again(
    clip: Clip, digest: str, parts: list[dict[str, Any]], device: Device, now: datetime
) -> Registered:
    if clip.request_digest != digest or clip.collector_id != device.collector_id:
        raise IdTaken()
    if clip.state not in (State.EXPECTED, State.EXPIRED):
        return Registered(clip, False, None)
    changes: dict[str, Any] = {"upload_until": now + timedelta(seconds=settings.UPLOAD_URL_SECONDS)}
    if parts and parts != clip.parts:
        if clip.parts:
            raise IdTaken("The clip was announced with other parts.")
        check_parts(parts, clip.bytes)
        changes["parts"] = parts
    Clip.objects.filter(pk=clip.pk).update(**changes)
    for name, value in changes.items():
        setattr(clip, name, value)
    return Registered(clip, False, sign_upload(clip))


def whole_of(clip: Clip) -> Whole:
    """Return what was announced of a clip's bytes."""
    return Whole(
        key=storage.clip_key(clip.pk),
        sha256=clip.sha256,
        bytes=clip.bytes,
        content_type=clip.content_type,
        folder=storage.clip_parts(clip.pk),
        parts=clip.parts,
    )


def sign_upload(clip: Clip) -> dict[str, Any]:
    """Return `{method, url, headers, expires_at, parts?}` for a clip whose bytes are awaited."""
    return sign_whole(whole_of(clip)) | {"expires_at": clip.upload_until}
