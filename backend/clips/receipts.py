"""Confirm that a clip's bytes are home, by asking the store; never by reading them here."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from backend import storage
from backend.clips import lifecycle
from backend.clips.intake import whole_of
from backend.clips.models import Clip
from backend.clips.placing import cell_to_count_in
from backend.clips.problems import ClipWithdrawn
from backend.clips.state import STORED, State
from backend.clips.withdrawal import withdraw_clip
from backend.coverage.counters import lock_counters
from backend.coverage.holds import lock_holds
from backend.parts import PARTS_DIFFER, joined_in_vain, missing_parts, start_joining
from backend.problems import Problem
from backend.speakers.services import BytesDiffer, BytesMissing

_JOIN = "join_parts"
_HEADS_AT_ONCE = 8
# How long the sweep waits between two looks at a clip that was announced and has not come.
_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 60, 360))


@dataclass(frozen=True)
class Confirmed:
    """A clip after its confirmation; `joining` while its parts are put together."""

    clip: Clip
    joining: bool = False


def receipt_of(clip: Clip) -> dict[str, Any] | None:
    """Return `{sha256, bytes, stored_at}` of a clip whose bytes are home, else None."""
    if State(clip.state) not in STORED or clip.stored_at is None:
        return None
    return {"sha256": clip.sha256, "bytes": clip.bytes, "stored_at": clip.stored_at}


def confirm_upload(*, clip: Clip, actor: str, now: datetime) -> Confirmed:
    """Give the receipt of a clip: one HEAD to the store, then one move.

    A clip that was sent in parts is joined by a job. Raises BytesMissing, BytesDiffer,
    ClipWithdrawn, StorageAway.
    """
    awaited = State(clip.state) in (State.EXPECTED, State.EXPIRED)
    return _confirm_known(clip, _head(clip) if awaited else None, actor, now)


def _confirm_known(
    clip: Clip, found: storage.Stored | Exception | None, actor: str, now: datetime
) -> Confirmed:
    if clip.state == State.WITHDRAWN:
        raise ClipWithdrawn()
    if found is None:
        return Confirmed(clip)
    if isinstance(found, storage.ObjectMissing):
        if not clip.parts:
            in_vain = joined_in_vain(kind=_JOIN, subject=str(clip.pk))
            raise BytesDiffer(PARTS_DIFFER) if in_vain else BytesMissing()
        _start_joining(clip, now)
        return Confirmed(clip, joining=True)
    if isinstance(found, Exception):
        raise found
    if found.bytes != clip.bytes or found.sha256 != clip.sha256:
        raise BytesDiffer()
    return Confirmed(take_in(clip=clip, stored_at=found.stored_at, actor=actor, now=now))


def take_in(*, clip: Clip, stored_at: datetime, actor: str, now: datetime) -> Clip:
    """Move a clip whose bytes were verified to `uploaded`; somebody else may have been faster.

    From here on it counts, so it goes into the cell that its speaker is in now: they may have been
    corrected in the moment it was announced, or the plan changed. `clip` carries its speaker, read
    with it (ClipQuerySet.with_speaker). Raises ClipWithdrawn, also for a clip that was announced
    in the moment its speaker withdrew.
    """
    if clip.speaker.withdrawn_at is not None:
        withdraw_clip(clip_id=clip.pk, actor=actor, reason="speaker withdrew", now=now)
        raise ClipWithdrawn()
    values: dict[str, Any] = {"stored_at": stored_at, "look_at": None}
    cell = cell_to_count_in(clip)
    if clip.cell != cell:
        values["cell"] = cell
    try:
        event = lifecycle.move(
            clip_id=clip.pk,
            to=State.UPLOADED,
            actor=actor,
            at=now,
            reason="stored",
            values=values,
            seen=clip,
        )
    except lifecycle.MoveRefused:
        clip.refresh_from_db()
        if clip.state == State.WITHDRAWN:
            raise ClipWithdrawn() from None
        if clip.state in (State.EXPECTED, State.EXPIRED):
            # It expired, or was put into another cell, since it was read: it is still awaited.
            clip.campaign_binning = None
            return take_in(clip=clip, stored_at=stored_at, actor=actor, now=now)
        return clip
    clip.state, clip.event_seq = State.UPLOADED, event.seq
    for name, value in values.items():
        setattr(clip, name, value)
    return clip


def _start_joining(clip: Clip, now: datetime) -> None:
    """Ask for the parts to be joined once all of them are there; raises BytesMissing."""
    missing = missing_parts(whole_of(clip))
    if missing:
        raise BytesMissing(f"{len(missing)} parts have not arrived.", missing_parts=missing)
    start_joining(kind=_JOIN, subject=str(clip.pk), now=now)


def look_for_bytes(*, clip: Clip, actor: str, now: datetime) -> str:
    """Complete, expire or put off a clip that was announced and never confirmed.

    Returns `uploaded`, `joining`, `differs`, `expired` or `waiting`. Never raises for what the
    store holds: bytes that differ cannot be stored through a signed URL, so they are reported.
    """
    try:
        confirmed = confirm_upload(clip=clip, actor=actor, now=now)
    except BytesMissing:
        outcome = "waiting"
    except BytesDiffer:
        outcome = "differs"
    except ClipWithdrawn:
        return "withdrawn"
    else:
        if not confirmed.joining:
            return "uploaded"
        outcome = "joining"
    if outcome != "joining" and now >= clip.expires_at and now >= clip.upload_until:
        return _expire(clip, actor, now)
    age = now - clip.created_at
    wait = next((step for step in _LOOKS if age < step), _LOOKS[-1])
    Clip.objects.filter(pk=clip.pk, state=State.EXPECTED).update(look_at=now + wait)
    return outcome


def _expire(clip: Clip, actor: str, now: datetime) -> str:
    try:
        lifecycle.move(
            clip_id=clip.pk,
            to=State.EXPIRED,
            actor=actor,
            at=now,
            reason="never-uploaded",
            values={"look_at": None},
        )
    except lifecycle.MoveRefused:
        return "waiting"
    return "expired"


def confirm_uploads(
    *, clips: list[Clip], actor: str, now: datetime
) -> dict[UUID, Confirmed | Problem]:
    """Confirm many clips: the HEADs side by side, the moves in one transaction.

    One clip's problem is its own answer and never another's.
    """
    awaited = [clip for clip in clips if clip.state in (State.EXPECTED, State.EXPIRED)]
    with ThreadPoolExecutor(max_workers=_HEADS_AT_ONCE) as pool:
        heads = dict(zip([clip.pk for clip in awaited], pool.map(_head, awaited), strict=True))
    answers: dict[UUID, Confirmed | Problem] = {}
    with transaction.atomic():
        # All clips, then all holds, are locked before any counter is: a worker holds its clip when
        # it waits for the counters, so the other order could deadlock with it.
        locked = Clip.objects.filter(pk__in=sorted(heads)).order_by("pk")
        list(locked.select_for_update().values_list("pk"))
        # Read again: a speaker who was corrected meanwhile counts in a cell nobody has locked. By
        # a statement of its own, for one that has waited sees other tables as they were before.
        found = {clip.pk: clip for clip in clips}
        found |= {clip.pk: clip for clip in locked.with_speaker()}
        awaited = [clip for clip in found.values() if clip.pk in heads]
        cells = {clip.pk: cell_to_count_in(clip) for clip in awaited}
        lock_holds(hold_ids={clip.hold for clip in awaited if clip.hold is not None})
        lock_counters(
            places=[(clip.campaign_id, cells[clip.pk], clip.speaker_id) for clip in awaited]
        )
        for clip in sorted(found.values(), key=lambda row: (cells.get(row.pk, ""), row.pk)):
            try:
                answers[clip.pk] = _confirm_known(clip, heads.get(clip.pk), actor, now)
            except Problem as problem:
                answers[clip.pk] = problem
    return answers


def _head(clip: Clip) -> storage.Stored | Exception:
    try:
        return storage.head(storage.clip_key(clip.pk))
    except (storage.ObjectMissing, storage.StorageAway) as error:
        return error
