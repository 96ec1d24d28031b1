"""Read what a campaign's page shows, panel by panel; a panel without the verb is left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from annotation.models import Instance, Route, RouteState
from backend.accounts.models import Device, User
from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.clips.state import STORED, State
from backend.coverage.coverage_api import cell_facts
from backend.coverage.standing import read_standings
from backend.jobs.models import Job, JobState
from backend.quality.clip_list import measures_by_clip
from backend.releases.models import UNFINISHED, Release
from backend.releases.reading import Standing, standing_of

STATES = frozenset(state.value for state in State)
CLIPS_SHOWN = 20
RELEASES_SHOWN = 5
JOBS_SHOWN = 20
# Failed jobs are few; those of other campaigns are dropped after reading, so more are read.
_JOBS_READ = 500


@dataclass(frozen=True)
class StateCount:
    """How many clips stand in a state."""

    state: str
    count: int


@dataclass(frozen=True)
class ClipLine:
    """A clip with what the machine found."""

    clip: Clip
    measures: list[tuple[str, float]]
    reasons: list[dict[str, Any]]
    audible: bool


@dataclass(frozen=True)
class CellLine:
    """A cell of the coverage table; the shares are percents of the bar."""

    levels: list[str]
    facts: dict[str, Any]
    accepted_share: float
    pending_share: float


@dataclass(frozen=True)
class ReleaseLine:
    """A release with its progress."""

    release: Release
    standing: Standing
    unfinished: bool


def count_states(campaign: Campaign) -> list[StateCount]:
    """Return the clips per state, in the order of the path (one pass over an index)."""
    rows = Clip.objects.filter(campaign=campaign).values_list("state").annotate(n=Count("pk"))
    counts = dict(rows.order_by())
    return [StateCount(state.value, counts.get(state.value, 0)) for state in State]


def latest_clips(campaign: Campaign, state: str) -> list[ClipLine]:
    """Return the newest clips, in one state or in any."""
    clips = Clip.objects.filter(campaign=campaign).select_related("prompt", "speaker")
    if state in STATES:
        clips = clips.filter(state=state)
    shown = list(clips.order_by("-pk")[:CLIPS_SHOWN])
    measures = measures_by_clip(shown)
    return [_clip_line(clip, measures.get(clip.pk, {})) for clip in shown]


def _clip_line(clip: Clip, measures: dict[str, float]) -> ClipLine:
    verdict = clip.verdict or {}
    return ClipLine(
        clip=clip,
        measures=sorted(measures.items()),
        reasons=verdict.get("reasons", []),
        audible=State(clip.state) in STORED,
    )


def coverage_lines(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Return the coverage table: unit and a line a cell, cells with targets first."""
    facts = cell_facts(read_standings(campaign=campaign, now=now))
    cells = sorted(facts["cells"], key=lambda cell: cell["target"] is None)
    return {"unit": facts["unit"], "lines": [_cell_line(cell) for cell in cells]}


def _cell_line(cell: dict[str, Any]) -> CellLine:
    whole = cell["target"] or 0
    accepted = min(100.0, 100 * cell["accepted"] / whole) if whole else 0.0
    pending = min(100.0 - accepted, 100 * cell["pending"] / whole) if whole else 0.0
    return CellLine(list(cell["key"].values()), cell, round(accepted, 1), round(pending, 1))


def latest_releases(campaign: Campaign) -> list[ReleaseLine]:
    """Return the newest releases with their progress."""
    rows = Release.objects.filter(campaign=campaign).order_by("-created_at")[:RELEASES_SHOWN]
    lines = []
    for release in rows:
        standing = standing_of(release)
        lines.append(ReleaseLine(release, standing, standing.state in UNFINISHED))
    return lines


def next_version(campaign: Campaign) -> str:
    """Return the version to propose: one minor step after the newest release."""
    newest = Release.objects.filter(campaign=campaign).order_by("-created_at").first()
    if newest is None:
        return "1.0.0"
    major, minor = newest.version.split(".")[:2]
    return f"{major}.{int(minor) + 1}.0"


def failed_jobs(campaign: Campaign, *, everywhere: bool) -> list[Job]:
    """Return the newest failed jobs about this campaign, its clips and releases.

    `everywhere` adds those that belong to no campaign (an exchange with Label Studio).
    """
    jobs = list(Job.objects.filter(state=JobState.FAILED).order_by("-finished_at")[:_JOBS_READ])
    own, foreign = _sorted_subjects(campaign, {job.subject for job in jobs})
    return [
        job for job in jobs if job.subject in own or (everywhere and job.subject not in foreign)
    ][:JOBS_SHOWN]


def is_job_of(campaign: Campaign, job: Job, *, everywhere: bool) -> bool:
    """Say whether a job is about this campaign, or about none where `everywhere` counts."""
    own, foreign = _sorted_subjects(campaign, {job.subject})
    return bool(own) or (everywhere and not foreign)


def _sorted_subjects(campaign: Campaign, subjects: set[str]) -> tuple[set[str], set[str]]:
    ids = set(_uuids(subjects))
    owners = [
        *Clip.objects.filter(pk__in=ids).values_list("pk", "campaign_id"),
        *Release.objects.filter(pk__in=ids).values_list("pk", "campaign_id"),
        *Campaign.objects.filter(pk__in=ids).values_list("pk", "pk"),
    ]
    own = {str(pk) for pk, owner in owners if owner == campaign.pk}
    return own, {str(pk) for pk, _ in owners} - own


def _uuids(texts: Iterable[str]) -> Iterable[UUID]:
    for text in texts:
        try:
            yield UUID(text)
        except ValueError:
            continue


def annotation_state(campaign: Campaign) -> dict[str, Any]:
    """Return the Label Studio instances, and how many of this campaign's clips lie with them."""
    routes = Route.objects.filter(clip__campaign=campaign)
    return {
        "instances": Instance.objects.select_related("vendor").order_by("vendor__name"),
        "waiting": routes.open().count(),
        "answered": routes.filter(state=RouteState.ANSWERED).count(),
    }


def panels_of(campaign: Campaign, user: User, *, state: str, now: datetime) -> dict[str, Any]:
    """Return everything the page shows to this person."""

    def may(verb: str) -> bool:
        return person_holds(user, verb, campaign.pk)

    shown: dict[str, Any] = {"campaign": campaign, "state": state, "as_of": now}
    if may("clip.read"):
        shown |= {"counts": count_states(campaign), "clips": latest_clips(campaign, state)}
    if may("coverage.read"):
        shown["coverage"] = coverage_lines(campaign, now)
    if may("release.read"):
        shown["releases"] = latest_releases(campaign)
    if may("release.build"):
        shown["next_version"] = next_version(campaign)
    if may("job.read"):
        everywhere = person_holds(user, "job.read", None)
        shown["jobs"] = failed_jobs(campaign, everywhere=everywhere)
    if may("vendor.read"):
        shown["annotation"] = annotation_state(campaign)
    if may("enrolment.issue"):
        phones = Device.objects.filter(campaign=campaign, revoked_at=None)
        shown["phones"] = phones.count()
    return shown | {
        "may_hear": may("clip.hear"),
        "may_review": may("clip.review"),
        "may_read_rules": may("profile.read"),
        "may_retry": may("job.retry"),
        "may_manage_phones": may("device.manage"),
    }
