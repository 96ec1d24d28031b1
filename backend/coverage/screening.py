"""Keep who was met and what they were told: one row a person, however often they are asked about.

The fairness guard: a person is told what their cell is told, and the cell follows from what they
declared, never from how they sound. Whoever is turned away is so with a reason, which is audited.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.accounts.models import Device, User
from backend.coverage.models import Hold, Screening
from backend.coverage.people_models import Outcome
from backend.coverage.quota import WANTED, Reason, Status
from backend.coverage.supply import count_person, note_whereabouts, site_of
from backend.digest import request_digest
from backend.jobs.services import record_audit
from backend.speakers.models import Speaker

# So long after a question the same answers from the same phone are the same person's.
SAME_PERSON_FOR: Final = timedelta(minutes=30)

_log = logging.getLogger("fieldvoice.coverage")


def queue_up_collector(collector_id: UUID) -> None:
    """Let one collector's questions, requests and sessions pass one after the other.

    In the caller's transaction, before any other lock. Not FOR UPDATE: whatever a collector's
    phone writes refers to this row, and would wait.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=collector_id)


def find_screening(
    *, device: Device, said: Mapping[str, Any], speaker: Speaker | None, now: datetime
) -> Screening | None:
    """Return what is known of this person already.

    Somebody without an id is known again by the same answers from the same phone, soon after; and
    takes that row along when they get an id. The caller has queued up.
    """
    since = now
    if speaker is not None:
        known = Screening.objects.filter(campaign_id=device.campaign_id, speaker_id=speaker.pk)
        if (row := known.first()) is not None:
            return row
        since = min(now, speaker.created_at)
    nameless = Screening.objects.filter(
        device_id=device.pk,
        campaign_id=device.campaign_id,
        speaker_id=None,
        said_digest=request_digest(dict(said)),
        asked_at__gte=since - SAME_PERSON_FOR,
    )
    return nameless.order_by("asked_at").last()


def write_screening(
    *,
    device: Device,
    known: Screening | None,
    said: Mapping[str, Any],
    speaker: Speaker | None,
    key: str,
    outcome: Outcome,
    reason: Reason,
    now: datetime,
) -> Screening:
    """Write what a person is told; a new person is counted where the collector is.

    In the caller's transaction, which has queued up.
    """
    speaker_id = speaker.pk if speaker is not None else None
    if known is not None:
        known.speaker_id = speaker_id or known.speaker_id
        known.key, known.outcome, known.reason = key, outcome, reason
        known.asked_at = now
        known.save(update_fields=["speaker_id", "key", "outcome", "reason", "asked_at"])
        return known
    site_id = site_of(campaign_id=device.campaign_id, collector_id=device.collector_id)
    screening = Screening.objects.create(
        campaign_id=device.campaign_id,
        collector_id=device.collector_id,
        device_id=device.pk,
        speaker_id=speaker_id,
        site_id=site_id,
        key=key,
        said_digest=request_digest(dict(said)),
        outcome=outcome,
        reason=reason,
        at=now,
        asked_at=now,
    )
    count_person(campaign_id=device.campaign_id, site_id=site_id, key=key, now=now)
    return screening


def note_turn_away(
    *, screening: Screening, told_before: tuple[str, str] | None, offered: str, now: datetime
) -> None:
    """Audit that a person is not recorded, why, and what is offered; once for the same words."""
    changed = told_before != (screening.outcome, screening.reason)
    if changed or screening.offered != offered:
        screening.offered = offered
        screening.save(update_fields=["offered"])
        facts = {"reason": str(screening.reason), "offered": offered}
        record_audit(
            actor=f"device:{screening.device_id}",
            act="person.turn-away",
            subject=f"screening:{screening.pk}",
            now=now,
            detail=facts | {"outcome": str(screening.outcome)},
        )
        _log.info("person.turned-away", extra={"screening": str(screening.pk)} | facts)


def is_turned_away(status: Status) -> bool:
    """Say whether a person who is told so is not looked for."""
    return status not in WANTED


def meet_speaker(
    *,
    device: Device,
    speaker: Speaker,
    key: str,
    site_id: UUID | None,
    hold_id: UUID | None,
    now: datetime,
) -> None:
    """Note that a speaker sits down, in the transaction that opens their session.

    Where the collector is now; the person, if nobody asked about them before; and that the hold
    that was made before they had an id is theirs.
    """
    queue_up_collector(device.collector_id)
    note_whereabouts(
        campaign_id=device.campaign_id,
        collector_id=device.collector_id,
        site_id=site_id,
        now=now,
    )
    if hold_id is not None:
        Hold.objects.filter(
            pk=hold_id, collector_id=device.collector_id, kind="hold", speaker_id=None
        ).update(speaker_id=speaker.pk)
    said = speaker.demographics
    known = find_screening(device=device, said=said, speaker=speaker, now=now)
    if known is None:
        write_screening(
            device=device,
            known=None,
            said=said,
            speaker=speaker,
            key=key,
            outcome=Outcome.UNASKED,
            reason=Reason.UNASKED,
            now=now,
        )
    elif known.speaker_id is None:
        known.speaker_id = speaker.pk
        known.save(update_fields=["speaker_id"])
