"""Open a session, choose its next prompts, note why one was not said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.models import Device
from backend.campaigns.models import Prompt, Site
from backend.clips.models import Clip, PromptReport, Session
from backend.clips.problems import ConsentMissing, SessionUnknown, SiteUnknown
from backend.coverage.next_prompts import hand_out_prompts
from backend.coverage.screening import meet_speaker
from backend.digest import request_digest
from backend.problems import NotFound
from backend.speakers.models import Consent
from backend.speakers.placing import current_cell
from backend.speakers.services import IdTaken, find_speaker


def open_session(
    *, session_id: UUID, device: Device, opened: dict[str, Any], now: datetime
) -> tuple[Session, bool]:
    """Write a session under the phone's id; returns (session, whether it is new).

    `opened`: the validated request. The phone's clock is stored, never judged. Raises
    SpeakerUnknown, SpeakerWithdrawn, ConsentMissing, SiteUnknown, IdTaken. A closed campaign
    still takes it: phones learn of the closing from the pack, and when a session was recorded only
    a phone's clock could say.
    """
    digest = request_digest(opened)
    known = Session.objects.filter(pk=session_id).first()
    if known is None:
        speaker = find_speaker(speaker_id=opened["speaker"], device=device)
        consent = Consent.objects.filter(pk=opened["consent"], speaker=speaker).first()
        if consent is None or consent.withdrawn_at is not None or "collect" not in consent.scopes:
            raise ConsentMissing()
        site = _site(device, opened.get("site"))
        try:
            with transaction.atomic():
                meet_speaker(
                    device=device,
                    speaker=speaker,
                    key=current_cell(speaker=speaker, campaign=device.campaign),
                    site_id=site.pk if site is not None else None,
                    hold_id=opened.get("hold"),
                    now=now,
                )
                return (
                    Session.objects.create(
                        id=session_id,
                        campaign_id=device.campaign_id,
                        speaker=speaker,
                        consent=consent,
                        device=device,
                        collector_id=device.collector_id,
                        site=site,
                        hold=opened.get("hold"),
                        environment=opened["environment"],
                        app_version=opened["app_version"],
                        clock_offset_ms=opened["clock_offset_ms"],
                        device_facts=opened["device"],
                        started_at=opened["started_at"],
                        request_digest=digest,
                        created_at=now,
                    ),
                    True,
                )
        except IntegrityError:
            known = Session.objects.get(pk=session_id)
    if known.request_digest != digest or known.collector_id != device.collector_id:
        raise IdTaken()
    return known, False


def _site(device: Device, slug: str | None) -> Site | None:
    if not slug:
        return None
    site = Site.objects.filter(campaign_id=device.campaign_id, slug=slug).first()
    if site is None:
        raise SiteUnknown()
    return site


def next_prompts(*, session_id: UUID, device: Device, count: int, now: datetime) -> list[Prompt]:
    """Return up to `count` prompts that this speaker is to record next, best first.

    Coverage chooses (backend.coverage.next_prompts). Rejected takes leave their prompt open; what
    the speaker skipped or reported is not asked of them again. Raises SessionUnknown.
    """
    session = (
        Session.objects.filter(
            pk=session_id, collector_id=device.collector_id, campaign_id=device.campaign_id
        )
        .select_related("speaker")
        .first()
    )
    if session is None:
        raise SessionUnknown()
    recorded = Clip.objects.filter(speaker_id=session.speaker_id).recorded().order_by("pk")
    refused = PromptReport.objects.filter(session__speaker_id=session.speaker_id)
    # In the order of their recording: the newest are what their mouth has said last.
    done = dict.fromkeys(refused.values_list("prompt_id", flat=True))
    done |= dict.fromkeys(recorded.values_list("prompt_id", flat=True))
    return hand_out_prompts(
        speaker=session.speaker,
        key=current_cell(speaker=session.speaker, campaign=device.campaign),
        done=done,
        count=count,
        now=now,
    )


def report_prompt(
    *, prompt_id: UUID, device: Device, session_id: UUID, kind: str, reason: str, now: datetime
) -> tuple[PromptReport, bool]:
    """Note why a prompt was not said; returns (report, whether it is new).

    The same report of the same session again is the one that is there. Raises NotFound for a
    prompt of another campaign, SessionUnknown.
    """
    if not Prompt.objects.filter(pk=prompt_id, campaign_id=device.campaign_id).exists():
        raise NotFound()
    session = Session.objects.filter(
        pk=session_id, collector_id=device.collector_id, campaign_id=device.campaign_id
    ).first()
    if session is None:
        raise SessionUnknown()
    return PromptReport.objects.get_or_create(
        session=session,
        prompt_id=prompt_id,
        kind=kind,
        reason=reason,
        defaults={"made_at": now},
    )
