"""Register a speaker, record a consent and its evidence, end both."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.models import Device
from backend.digest import request_digest
from backend.jobs.services import record_audit
from backend.problems import Malformed, Problem
from backend.speakers import voices
from backend.speakers.codes import speaker_code
from backend.speakers.demographics import faults
from backend.speakers.models import Consent, ConsentForm, Speaker
from backend.speakers.placing import cell_by_plan


class IdTaken(Problem):
    """The id was used before with other content."""

    slug, status, title = "id-taken", 409, "This id exists already with other content."


class SpeakerUnknown(Problem):
    """No speaker of this collector has the id."""

    slug, status, title = "speaker-unknown", 422, "There is no such speaker."


class SpeakerWithdrawn(Problem):
    """The speaker withdrew; nothing more of them is taken."""

    slug, status, title = "speaker-withdrawn", 409, "This speaker has withdrawn."


class ConsentFormUnknown(Problem):
    """The campaign has no such consent form."""

    slug, status, title = "consent-form-unknown", 422, "There is no such consent form."


class ConsentUnknown(Problem):
    """The speaker gave no consent with this id."""

    slug, status, title = "consent-unknown", 422, "There is no such consent of this speaker."


class BytesMissing(Problem):
    """The bytes of a clip or of a recorded consent are not in the store."""

    slug, status, title = "bytes-missing", 409, "The bytes have not arrived."


class BytesDiffer(Problem):
    """Other bytes are in the store than those announced."""

    slug, status, title = "bytes-differ", 409, "Other bytes are stored than those announced."


def register_speaker(
    *, speaker_id: UUID, device: Device, demographics: dict[str, Any], actor: str, now: datetime
) -> tuple[Speaker, bool]:
    """Write a speaker under the phone's id; returns (speaker, whether it is new).

    Raises Malformed for answers that do not fit the campaign's fields, IdTaken for an id that was
    used with other answers or by somebody else.
    """
    campaign = device.campaign
    wrong = faults(demographics, campaign.demographics, now.date())
    if wrong:
        raise Malformed(errors=wrong)
    digest = request_digest({"campaign": campaign.slug, "demographics": demographics})
    known = Speaker.objects.filter(pk=speaker_id).first()
    if known is None:
        try:
            with transaction.atomic():
                return (
                    Speaker.objects.create(
                        id=speaker_id,
                        campaign=campaign,
                        collector=device.collector,
                        code=speaker_code(speaker_id),
                        demographics=demographics,
                        cell=cell_by_plan(
                            campaign=campaign, demographics=demographics, on=now.date()
                        ),
                        binning=campaign.binning,
                        request_digest=digest,
                        created_at=now,
                    ),
                    True,
                )
        except IntegrityError:
            known = Speaker.objects.get(pk=speaker_id)
    if known.request_digest != digest or known.collector_id != device.collector_id:
        raise IdTaken()
    return known, False


def correct_demographics(
    *, speaker: Speaker, corrections: dict[str, Any], now: datetime
) -> list[str]:
    """Write what a speaker says of themselves after all; returns the names of what changed.

    What is not named stays. The caller holds the speaker's row, and moves the clips to the cell
    that the speaker is in then (backend.clips.correction). Raises Malformed.
    """
    campaign = speaker.campaign
    said = speaker.demographics | corrections
    wrong = faults(said, campaign.demographics, now.date())
    if wrong:
        raise Malformed(errors=wrong)
    changed = sorted(
        name for name, value in said.items() if speaker.demographics.get(name) != value
    )
    if changed:
        speaker.demographics = said
        first_met = speaker.created_at.date()
        speaker.cell = cell_by_plan(campaign=campaign, demographics=said, on=first_met)
        speaker.binning = campaign.binning
        speaker.save(update_fields=["demographics", "cell", "binning"])
    return changed


def find_speaker(*, speaker_id: UUID, device: Device) -> Speaker:
    """Return the collector's speaker; raises SpeakerUnknown or SpeakerWithdrawn."""
    speaker = Speaker.objects.filter(
        pk=speaker_id, collector_id=device.collector_id, campaign_id=device.campaign_id
    ).first()
    if speaker is None:
        raise SpeakerUnknown()
    if speaker.withdrawn_at is not None:
        raise SpeakerWithdrawn()
    return speaker


def record_consent(
    *, consent_id: UUID, device: Device, given: dict[str, Any], actor: str, now: datetime
) -> tuple[Consent, bool]:
    """Write a consent under the phone's id; returns (consent, whether it is new).

    `given`: {speaker, consent_form, given_at, locale, scopes, method, evidence?}; the parts of the
    evidence are no part of it (backend.speakers.evidence). Scopes beyond the form's are refused.
    Raises SpeakerUnknown, SpeakerWithdrawn, ConsentFormUnknown, Malformed, IdTaken.
    """
    evidence = {name: value for name, value in given.get("evidence", {}).items() if name != "parts"}
    digest = request_digest(given | {"evidence": evidence} if evidence else given)
    known = Consent.objects.select_related("speaker").filter(pk=consent_id).first()
    if known is None:
        speaker = find_speaker(speaker_id=given["speaker"], device=device)
        form = ConsentForm.objects.filter(
            pk=given["consent_form"], campaign_id=device.campaign_id
        ).first()
        if form is None:
            raise ConsentFormUnknown()
        if not set(given["scopes"]) <= set(form.scopes):
            raise Malformed(errors=[{"field": "scopes", "message": "Beyond what the form asks."}])
        try:
            with transaction.atomic():
                consent = Consent.objects.create(
                    id=consent_id,
                    speaker=speaker,
                    form=form,
                    given_at=given["given_at"],
                    locale=given["locale"],
                    scopes=sorted(given["scopes"]),
                    method=given["method"],
                    evidence_sha256=evidence.get("sha256", ""),
                    evidence_bytes=evidence.get("bytes"),
                    evidence_type=evidence.get("content_type", ""),
                    request_digest=digest,
                    created_at=now,
                )
                record_audit(
                    actor=actor,
                    act="consent.give",
                    subject=f"speaker:{speaker.id}",
                    now=now,
                    detail={"consent": str(consent.id), "form": str(form.id)},
                )
                if voices.SCOPE not in consent.scopes:
                    # The newest consent is the one that holds.
                    voices.forget_speaker(speaker.pk)
                return consent, True
        except IntegrityError:
            known = Consent.objects.select_related("speaker").get(pk=consent_id)
    if known.request_digest != digest or known.speaker.collector_id != device.collector_id:
        raise IdTaken()
    return known, False


def end_speaker(*, speaker: Speaker, actor: str, reason: str, now: datetime) -> bool:
    """Write that a speaker withdrew, with all their consents, and delete their voice; False when
    they had before.

    Their clips are above this app: backend.clips.withdrawal moves them.
    """
    ended = Speaker.objects.filter(pk=speaker.pk, withdrawn_at=None).update(withdrawn_at=now)
    Consent.objects.filter(speaker=speaker, withdrawn_at=None).update(withdrawn_at=now)
    voices.forget_speaker(speaker.pk)
    if ended:
        record_audit(
            actor=actor,
            act="speaker.withdraw",
            subject=f"speaker:{speaker.pk}",
            now=now,
            detail={"reason": reason} if reason else {},
        )
    return bool(ended)
