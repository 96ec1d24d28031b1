"""What tests of holds and leases share: a phone asks, a clip comes home, both ways of counting."""

from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from django.utils import timezone

from backend.clips import lifecycle
from backend.clips.state import State
from backend.coverage.models import Cell, Hold
from tests.cast import Phone
from tests.factories import Sitting, consent_body, sent, session_body, speaker_body
from tests.sounds import speech_like, wav

SOUND = wav(speech_like(1.0))
YOUNG_WOMEN = "gender=female|age_band=18-29"
WOMEN = "gender=female|age_band=30-39"
CELLS = {f"gender={g}|age_band={b}" for g in ("female", "male") for b in ("18-29", "30-39")}


def ask(phone: Phone, *want: dict[str, Any], request: UUID | None = None) -> Any:
    """Ask for leases."""
    body = {"id": str(request or uuid.uuid7()), "want": list(want)}
    return phone.post(f"/v1/campaigns/{phone.campaign.slug}/leases", body)


def eligible(phone: Phone, **who: Any) -> dict[str, Any]:
    """Ask about a person, a woman of the thirties if nobody is named."""
    who = who or {"demographics": {"gender": "female", "birth_year": 1994}}
    path = f"/v1/campaigns/{phone.campaign.slug}/eligibility"
    return dict(sent(phone.post(path, who), 200))


def held() -> dict[str, tuple[int, int]]:
    """Read what the cells say is held: clips and milliseconds."""
    return {
        cell.key: (cell.held_clips, cell.held_ms)
        for cell in Cell.objects.all()
        if cell.held_clips or cell.held_ms
    }


def promised() -> dict[str, tuple[int, int]]:
    """Count anew what the holds say is held."""
    found: dict[str, tuple[int, int]] = {}
    for hold in Hold.objects.exclude(cell=None):
        assert hold.cell is not None
        clips, milliseconds = hold.left()
        if clips or milliseconds:
            before = found.get(hold.cell.key, (0, 0))
            found[hold.cell.key] = (before[0] + clips, before[1] + milliseconds)
    return found


def sit_under(phone: Phone, hold: str, **demographics: Any) -> Sitting:
    """Open a session that names a hold."""
    speaker, consent, session = uuid.uuid7(), uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone, **demographics)), 201)
    sent(phone.put(f"/v1/consents/{consent}", consent_body(phone, speaker)), 201)
    body = session_body(phone, speaker, consent, hold=hold)
    sent(phone.put(f"/v1/sessions/{session}", body), 201)
    return Sitting(phone, speaker, consent, session)


def come_home(clip_id: UUID) -> None:
    """Move a clip as its confirmation would, without bytes in the store."""
    now = timezone.now()
    lifecycle.move(clip_id=clip_id, to=State.UPLOADED, actor="t", at=now, reason="t")


def fill(key: str = WOMEN, clips: int = 10) -> None:
    """Let so many clips of a cell be accepted."""
    Cell.objects.filter(key=key).update(accepted_clips=clips, accepted_ms=clips * 5000)


def sit_at(phone: Phone, site: str | None = None, **changes: Any) -> Sitting:
    """Open a session of a new speaker at a site."""
    speaker, consent, session = uuid.uuid7(), uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)), 201)
    sent(phone.put(f"/v1/consents/{consent}", consent_body(phone, speaker)), 201)
    body = session_body(phone, speaker, consent, **changes)
    if site is not None:
        body["site"] = site
    for status in (201, 200):
        sent(phone.put(f"/v1/sessions/{session}", body), status)
    return Sitting(phone, speaker, consent, session)
