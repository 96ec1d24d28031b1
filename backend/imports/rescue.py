"""Take in what a phone saved, by the very services that answer the phone's own calls.

So a rescued clip is the clip that the phone would have sent: the same ids, the same digests, the
same refusals. Whichever comes first, the other finds it there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from backend import storage
from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.clips import forms, intake, receipts
from backend.clips.correction import correct_speaker
from backend.clips.models import Clip
from backend.clips.problems import ClipWithdrawn, TooManyBytes
from backend.clips.sessions import open_session
from backend.clips.speaker_api import SpeakerCorrectionIn
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker
from backend.imports.manifest import Entry, Manifest, Withdrawal
from backend.imports.models import Outcome
from backend.imports.problems import CollectorUnknown, OtherCampaign
from backend.problems import Malformed, NotFound, Problem, as_problem
from backend.speakers import evidence
from backend.speakers.api import ConsentIn, SpeakerIn
from backend.speakers.models import Consent
from backend.speakers.services import (
    BytesDiffer,
    SpeakerWithdrawn,
    record_consent,
    register_speaker,
)

# Reads a file of the copy: (name, exact size) → bytes; raises BytesMissing or BytesDiffer.
ReadFile = Callable[[str, int], bytes]


@dataclass
class Rescue:
    """One run over a manifest: whose phones they were, and what could not be registered, why."""

    campaign: Campaign
    manifest: Manifest
    read_file: ReadFile
    actor: str
    devices: dict[str, Device | None] = field(default_factory=dict)
    faults: dict[UUID, Problem] = field(default_factory=dict)


def find_device(rescue: Rescue, entry: Entry | Withdrawal) -> Device:
    """Return the phone that made the entry: its collector's, else this installation's only one.

    A phone whose token was revoked counts: what it recorded is rescued for that very reason.
    Raises OtherCampaign or CollectorUnknown.
    """
    if entry.campaign != rescue.campaign.slug:
        raise OtherCampaign()
    if entry.collector not in rescue.devices:
        rescue.devices[entry.collector] = _look_for_device(rescue, entry.collector)
    device = rescue.devices[entry.collector]
    if device is None:
        raise CollectorUnknown()
    return device


def _look_for_device(rescue: Rescue, collector: str) -> Device | None:
    devices = Device.objects.filter(campaign=rescue.campaign).select_related(
        "collector", "campaign"
    )
    try:
        device = devices.filter(collector_id=UUID(collector)).order_by("-seen_at").first()
    except ValueError:
        device = None
    if device is not None or not rescue.manifest.install_id:
        return device
    others = list(devices.filter(install_id=rescue.manifest.install_id)[:2])
    return others[0] if len(others) == 1 else None


def register_people(rescue: Rescue, *, now: datetime) -> None:
    """Register withdrawals, speakers, consents with their evidence, and sessions.

    What is refused is noted in `faults`, and refuses what rests on it.
    """
    for entry in rescue.manifest.speakers:
        _try(rescue, entry, _register_speaker, now)
    # Before a byte of them is stored. A speaker the server never heard of is registered first,
    # so that the withdrawal, too, is written down.
    _withdraw(rescue, now)
    for entry in rescue.manifest.consents:
        _try(rescue, entry, _record_consent, now)
    for entry in rescue.manifest.sessions:
        _try(rescue, entry, _open_session, now)


def _try(
    rescue: Rescue,
    entry: Entry,
    work: Callable[[Rescue, Entry, Device, datetime], None],
    now: datetime,
) -> None:
    try:
        rests_on = [entry.request.get("speaker"), entry.request.get("consent")]
        _raise_fault_of(rescue, rests_on)
        work(rescue, entry, find_device(rescue, entry), now)
    except (Problem, ValidationError) as error:
        rescue.faults[entry.id] = _refusal(error)


def _refusal(error: Exception) -> Problem:
    """Return the refusal; raises what is none: the store that is away, for a later attempt."""
    problem = as_problem(error)
    if problem.status >= 500:
        raise problem
    return problem


def _raise_fault_of(rescue: Rescue, ids: list[Any]) -> None:
    for id_ in ids:
        try:
            fault = rescue.faults.get(UUID(id_))
        except (TypeError, ValueError, AttributeError):
            continue
        if fault is not None:
            raise fault


def _validated(form: type[Serializer[Any]], body: dict[str, Any]) -> dict[str, Any]:
    read = form(data=body)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def _check_campaign(rescue: Rescue, body: dict[str, Any]) -> None:
    if body["campaign"] != rescue.campaign.slug:
        raise OtherCampaign()


def _register_speaker(rescue: Rescue, entry: Entry, device: Device, now: datetime) -> None:
    body = _validated(SpeakerIn, entry.request)
    _check_campaign(rescue, body)
    speaker, _ = register_speaker(
        speaker_id=entry.id,
        device=device,
        demographics=body["demographics"],
        actor=rescue.actor,
        now=now,
    )
    # Corrected before, here or by the phone: that word is newer than the copy's, or the same.
    if entry.answers is None or speaker.demographics != body["demographics"]:
        return
    corrections = _validated(SpeakerCorrectionIn, {"demographics": entry.answers})
    correct_speaker(
        speaker_id=entry.id,
        device=device,
        corrections=corrections["demographics"],
        actor=rescue.actor,
        now=now,
    )


def _withdraw(rescue: Rescue, now: datetime) -> None:
    for wish in rescue.manifest.withdrawals:
        try:
            device = find_device(rescue, wish)
            _take_back(rescue, wish, device, now)
        except (NotFound, OtherCampaign, CollectorUnknown):
            # Nothing of them ever reached the server, so there is nothing to take back.
            continue


def _take_back(rescue: Rescue, wish: Withdrawal, device: Device, now: datetime) -> None:
    said: dict[str, Any] = {"actor": rescue.actor, "reason": wish.reason, "now": now}
    if wish.speaker is not None:
        withdraw_speaker(speaker_id=wish.speaker, device=device, **said)
    elif wish.clip is not None:
        if not Clip.objects.of_device(device).filter(pk=wish.clip).exists():
            raise NotFound()
        withdraw_clip(clip_id=wish.clip, **said)


def _record_consent(rescue: Rescue, entry: Entry, device: Device, now: datetime) -> None:
    given = _validated(ConsentIn, entry.request)
    consent, _ = record_consent(
        consent_id=entry.id, device=device, given=given, actor=rescue.actor, now=now
    )
    if consent.evidence_sha256 and consent.evidence_stored_at is None and entry.file:
        _store_evidence(rescue, entry, consent, device, now)


def _store_evidence(
    rescue: Rescue, entry: Entry, consent: Consent, device: Device, now: datetime
) -> None:
    if consent.withdrawn_at is not None or consent.speaker.withdrawn_at is not None:
        raise SpeakerWithdrawn()
    body = rescue.read_file(entry.file, consent.evidence_bytes or 0)
    _check_sum(body, consent.evidence_sha256)
    storage.write(
        key=storage.consent_key(consent.pk),
        body=body,
        content_type=consent.evidence_type,
        once=True,
    )
    evidence.confirm_evidence(consent_id=consent.pk, device=device, now=now)
    storage.delete(evidence.whole_of(consent).keys())


def _check_sum(body: bytes, sha256: str) -> None:
    if hashlib.sha256(body).hexdigest() != sha256:
        raise BytesDiffer("The file in the copy is not the one that was recorded.")


def _open_session(rescue: Rescue, entry: Entry, device: Device, now: datetime) -> None:
    opened = _validated(forms.SessionIn, entry.request)
    _check_campaign(rescue, opened)
    open_session(session_id=entry.id, device=device, opened=opened, now=now)


def rescue_clip(rescue: Rescue, entry: Entry, *, now: datetime) -> tuple[Outcome, str]:
    """Bring one clip home; returns what became of it, and the problem for which it is refused.

    Raises StorageAway, for that is nothing the clip could be refused for.
    """
    try:
        _raise_fault_of(rescue, [entry.request.get("session")])
        return _bring_home(rescue, entry, now), ""
    except (Problem, ValidationError) as error:
        return Outcome.REFUSED, _refusal(error).slug


def _bring_home(rescue: Rescue, entry: Entry, now: datetime) -> Outcome:
    device = find_device(rescue, entry)
    item = forms.BatchItemIn().run_validation({**entry.request, "id": str(entry.id)})
    there = Clip.objects.filter(pk=entry.id).values_list("state", flat=True).first()
    # Read and compared before anything is written: a copy that was damaged announces nothing.
    body = None
    if there is None or there in (State.EXPECTED, State.EXPIRED):
        body = _sound(rescue, entry, item)
    registered = intake.register_clip(
        item=item,
        device=device,
        known=intake.read_known(items=[item], device=device),
        actor=rescue.actor,
        now=now,
    )
    clip = registered.clip
    if clip.state == State.WITHDRAWN:
        raise ClipWithdrawn()
    if registered.upload is None or body is None:
        return Outcome.ALREADY_THERE
    storage.write(
        key=storage.clip_key(clip.pk), body=body, content_type=clip.content_type, once=True
    )
    try:
        receipts.confirm_upload(clip=clip, actor=rescue.actor, now=now)
    except ClipWithdrawn:
        # Taken back in this very moment: the erasure may have looked before the bytes were there.
        storage.delete([storage.clip_key(clip.pk)])
        raise
    # Pieces of it that the phone had brought over a bad link before.
    storage.delete(intake.whole_of(clip).keys())
    return Outcome.TAKEN


def _sound(rescue: Rescue, entry: Entry, item: dict[str, Any]) -> bytes:
    if not entry.file:
        raise Malformed("The clip names no file.")
    if item["bytes"] > rescue.campaign.max_bytes:
        # Refused by the announcement anyway, and nothing of that size is read into memory.
        raise TooManyBytes()
    body = rescue.read_file(entry.file, item["bytes"])
    _check_sum(body, item["sha256"])
    return body
