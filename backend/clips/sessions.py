"""Open a session, choose its next prompts, note why one was not said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.models import Device
from backend.campaigns.models import Prompt, Site
from backend.clips.models import Clip, PromptReport, Session
from backend.clips.problems import ConsentMissing, SessionUnknown, SiteUnknown
from backend.digest import request_digest
from backend.problems import NotFound
from backend.speakers.models import Consent
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
        try:
            with transaction.atomic():
                return (
                    Session.objects.create(
                        id=session_id,
                        campaign_id=device.campaign_id,
                        speaker=speaker,
                        consent=consent,
                        device=device,
                        collector_id=device.collector_id,
                        site=_site(device, opened.get("site")),
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


def next_prompts(*, session_id: UUID, device: Device, count: int) -> list[Prompt]:
    """Return up to `count` prompts that this speaker has not recorded, in the campaign's order.

    Each speaker starts at another place of the list, so that a campaign with more prompts than a
    session holds is covered evenly. Rejected takes leave their prompt open; what the speaker
    skipped or reported is not asked of them again. Raises SessionUnknown.
    """
    session = Session.objects.filter(
        pk=session_id, collector_id=device.collector_id, campaign_id=device.campaign_id
    ).first()
    if session is None:
        raise SessionUnknown()
    done = Clip.objects.filter(speaker_id=session.speaker_id).recorded()
    refused = PromptReport.objects.filter(session__speaker_id=session.speaker_id)
    open_prompts = (
        Prompt.objects.filter(campaign_id=session.campaign_id, active=True)
        .exclude(pk__in=done.values("prompt_id"))
        .exclude(pk__in=refused.values("prompt_id"))
        .order_by("position")
    )
    last = (
        Prompt.objects.filter(campaign_id=session.campaign_id, active=True)
        .order_by("-position")
        .values_list("position", flat=True)
        .first()
    )
    start = session.speaker_id.int % last if last else 0
    chosen = list(open_prompts.filter(position__gt=start)[:count])
    if len(chosen) < count:
        chosen += list(open_prompts.filter(position__lte=start)[: count - len(chosen)])
    return chosen


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
