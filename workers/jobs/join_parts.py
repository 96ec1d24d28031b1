"""Join the parts of what a bad link could not carry whole: a clip, the evidence of a consent."""

import hashlib
from uuid import UUID

from backend import storage
from backend.clips import intake
from backend.clips.models import Clip
from backend.clips.problems import ClipWithdrawn
from backend.clips.receipts import take_in
from backend.clips.state import State
from backend.parts import PARTS_DIFFER, Whole
from backend.speakers import evidence
from backend.speakers.models import Consent
from workers.registry import GiveUp, JobRun, job


class PartsDiffer(Exception):
    """Each part was stored as announced, so it is the announcement that does not add up."""


def join(whole: Whole) -> storage.Stored:
    """Read the parts in order, check the whole, store it once; the parts stay.

    The whole is at most the campaign's bound (20 MB by default), so it is joined in memory. Raises
    PartsDiffer, GiveUp.
    """
    try:
        body = b"".join(
            storage.read(key, max_bytes=part["bytes"])
            for key, part in zip(whole.keys(), whole.parts, strict=True)
        )
    except storage.ObjectMissing as error:
        # The phone is told which when it confirms again, and sends it.
        raise GiveUp("A part is gone.") from error
    if len(body) != whole.bytes or hashlib.sha256(body).hexdigest() != whole.sha256:
        raise PartsDiffer()
    storage.write(key=whole.key, body=body, content_type=whole.content_type, once=True)
    stored = storage.head(whole.key)
    if stored.sha256 != whole.sha256:
        raise GiveUp("Other bytes are stored than those that were announced.")
    return stored


@job("join_parts")
def join_parts(run: JobRun) -> None:
    """Join a clip's parts, take the clip in, drop the parts."""
    clip = Clip.objects.with_speaker().filter(pk=UUID(run.subject)).first()
    if clip is None or not clip.parts:
        raise GiveUp("The clip or its parts are gone.")
    whole = intake.whole_of(clip)
    if clip.state == State.WITHDRAWN:
        # Perhaps by an attempt that died after it wrote the whole, behind the erasure's back.
        storage.delete([whole.key, *whole.keys()])
        return
    if clip.state not in (State.EXPECTED, State.EXPIRED):
        # Taken in by an attempt that died before it could drop them, or by its whole file.
        storage.delete(whole.keys())
        return
    try:
        stored = join(whole)
    except PartsDiffer as error:
        # The phone is told so, and may announce the clip again, whole or in other parts.
        Clip.objects.filter(pk=clip.pk, state=clip.state).update(parts=[])
        storage.delete(whole.keys())
        raise GiveUp(PARTS_DIFFER) from error
    try:
        take_in(clip=clip, stored_at=stored.stored_at, actor=run.actor, now=run.now())
    except ClipWithdrawn:
        # Meanwhile, and perhaps after its bytes were erased: what was just written goes as well.
        storage.delete([whole.key, *whole.keys()])
        return
    storage.delete(whole.keys())


@job("join_evidence")
def join_evidence(run: JobRun) -> None:
    """Join the parts of a consent's evidence, write that it is stored, drop the parts."""
    consent = Consent.objects.select_related("speaker").filter(pk=UUID(run.subject)).first()
    if consent is None or not consent.evidence_parts:
        raise GiveUp("The consent or its parts are gone.")
    whole = evidence.whole_of(consent)
    if consent.evidence_stored_at is not None:
        storage.delete(whole.keys())
        return
    if consent.withdrawn_at is not None or consent.speaker.withdrawn_at is not None:
        # An attempt that died may have written the whole, of which nobody knows.
        storage.delete([whole.key, *whole.keys()])
        return
    try:
        stored = join(whole)
    except PartsDiffer as error:
        Consent.objects.filter(pk=consent.pk, evidence_stored_at=None).update(evidence_parts=[])
        storage.delete(whole.keys())
        raise GiveUp(PARTS_DIFFER) from error
    kept = evidence.take_in_joined(consent=consent, stored_at=stored.stored_at)
    storage.delete(whole.keys() if kept else [whole.key, *whole.keys()])
