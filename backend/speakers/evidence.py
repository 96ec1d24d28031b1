"""The recorded evidence of a consent on its way into the store, whole or in parts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from backend import storage
from backend.accounts.models import Device
from backend.parts import (
    PARTS_DIFFER,
    Whole,
    joined_in_vain,
    missing_parts,
    sign_whole,
    start_joining,
)
from backend.speakers.models import Consent
from backend.speakers.services import (
    BytesDiffer,
    BytesMissing,
    ConsentUnknown,
    IdTaken,
    SpeakerWithdrawn,
)

_JOIN = "join_evidence"


def whole_of(consent: Consent) -> Whole:
    """Return what was announced of a consent's evidence."""
    return Whole(
        key=storage.consent_key(consent.pk),
        sha256=consent.evidence_sha256,
        bytes=consent.evidence_bytes or 0,
        content_type=consent.evidence_type,
        folder=storage.consent_parts(consent.pk),
        parts=consent.evidence_parts,
    )


def announce_evidence(
    *, consent: Consent, parts: list[dict[str, Any]], now: datetime
) -> dict[str, Any] | None:
    """Return where the evidence goes, `{method, url, headers, parts?}`; None when none is awaited.

    `parts` add up (backend.parts.check_parts), and may be added to evidence that is not stored
    yet. Raises IdTaken for others than were announced before.
    """
    if not consent.evidence_sha256 or consent.evidence_stored_at is not None:
        return None
    if parts and parts != consent.evidence_parts:
        if consent.evidence_parts:
            raise IdTaken("The evidence was announced with other parts.")
        consent.evidence_parts = parts
    if consent.evidence_parts:
        consent.evidence_until = now + timedelta(seconds=settings.UPLOAD_URL_SECONDS)
        Consent.objects.filter(pk=consent.pk).update(
            evidence_parts=consent.evidence_parts, evidence_until=consent.evidence_until
        )
    return sign_whole(whole_of(consent))


def confirm_evidence(*, consent_id: UUID, device: Device, now: datetime) -> Consent:
    """Check that the evidence is in the store, or have its parts joined.

    Returned without `evidence_stored_at`, its parts have all come and a job joins them. Raises
    ConsentUnknown, BytesMissing, BytesDiffer, or SpeakerWithdrawn for parts that nobody joins.
    """
    consent = (
        Consent.objects.select_related("speaker")
        .filter(pk=consent_id, speaker__collector_id=device.collector_id)
        .first()
    )
    if consent is None or not consent.evidence_sha256:
        raise ConsentUnknown()
    if consent.evidence_stored_at is not None:
        return consent
    try:
        stored = storage.head(storage.consent_key(consent.pk))
    except storage.ObjectMissing as error:
        if not consent.evidence_parts:
            in_vain = joined_in_vain(kind=_JOIN, subject=str(consent.pk))
            raise (BytesDiffer(PARTS_DIFFER) if in_vain else BytesMissing()) from error
        _start_joining(consent, now)
        return consent
    if (stored.sha256, stored.bytes) != (consent.evidence_sha256, consent.evidence_bytes):
        raise BytesDiffer()
    Consent.objects.filter(pk=consent.pk).update(evidence_stored_at=stored.stored_at)
    consent.evidence_stored_at = stored.stored_at
    return consent


def _start_joining(consent: Consent, now: datetime) -> None:
    if consent.withdrawn_at is not None or consent.speaker.withdrawn_at is not None:
        raise SpeakerWithdrawn()
    missing = missing_parts(whole_of(consent))
    if missing:
        raise BytesMissing(f"{len(missing)} parts have not arrived.", missing_parts=missing)
    start_joining(kind=_JOIN, subject=str(consent.pk), now=now)


def take_in_joined(*, consent: Consent, stored_at: datetime) -> bool:
    """Write that the joined evidence is stored; False when the speaker withdrew meanwhile."""
    Consent.objects.filter(pk=consent.pk, evidence_stored_at=None, withdrawn_at=None).update(
        evidence_stored_at=stored_at
    )
    consent.refresh_from_db()
    # Set by us or, a moment before, by a confirmation: either way the bytes are proof now.
    return consent.evidence_stored_at is not None
