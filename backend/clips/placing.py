"""Which cell a clip falls in: its speaker's by the plan that holds, with its sitting's levels."""

from uuid import UUID

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, Session
from backend.speakers.cells import (
    cell_in_session,
    has_session_dimensions,
    person_key,
    session_levels,
)
from backend.speakers.models import Speaker
from backend.speakers.placing import current_cell


def levels_in(session: Session) -> dict[str, str]:
    """Return what a sitting says of its place and its phone; `session` carries its device."""
    system = session.device_facts.get("os")
    return session_levels(
        environment=session.environment,
        system=system if isinstance(system, str) else "",
        user_agent=session.device.user_agent,
    )


def cells_of_sessions(*, session_ids: set[UUID], campaign: Campaign) -> dict[UUID, str]:
    """Return the cell in which clips of each of these sessions fall now."""
    sessions = Session.objects.filter(pk__in=session_ids).select_related("speaker", "device")
    return {
        session.pk: cell_in_session(
            current_cell(speaker=session.speaker, campaign=campaign), levels_in(session)
        )
        for session in sessions
    }


def cell_to_count_in(clip: Clip) -> str:
    """Return the cell of a clip that is about to count: the speaker or the plan may have changed.

    `clip` carries its speaker and the campaign's binning (ClipQuerySet.with_speaker), so that
    nothing is read for a clip whose cell is as it was announced.
    """
    speaker = clip.speaker
    if speaker.binning == clip.campaign_binning:
        cell = speaker.cell
    else:
        cell = current_cell(speaker=speaker, campaign=clip.campaign)
    if person_key(clip.cell) == cell:
        return clip.cell
    return cell_in_session(cell, levels_in(clip.session)) if has_session_dimensions(cell) else cell


def cells_in_sittings(*, speaker: Speaker, cell: str) -> dict[UUID, str]:
    """Return the cell by session in which a speaker's clips fall when the speaker's own is `cell`.

    Nothing is read for a plan that asks nothing of sittings.
    """
    if not has_session_dimensions(cell):
        return {}
    sessions = Session.objects.filter(speaker=speaker).select_related("device")
    return {session.pk: cell_in_session(cell, levels_in(session)) for session in sessions}
