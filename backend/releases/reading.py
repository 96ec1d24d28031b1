"""What may be read of a release: its progress, its files with links, the clips withdrawn since."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count
from rest_framework.request import Request

from backend import storage
from backend.accounts.permissions import require
from backend.campaigns.models import Campaign
from backend.clips.models import ClipEvent
from backend.clips.state import State
from backend.digest import canonical
from backend.jobs.models import Job, JobState
from backend.problems import NotFound
from backend.releases.models import UNFINISHED, Release, ReleaseItem, ReleaseState
from backend.releases.problems import ReleaseNotSealed
from backend.releases.services import job_key

_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}


def type_of(path: str) -> str:
    """Return the media type of a release's file."""
    return next((kind for end, kind in _TYPES.items() if path.endswith(end)), "text/plain")


def release_for(request: Request, release_id: UUID, verb: str) -> Release:
    """Return the release when the caller holds the verb in its campaign; raises NotFound or
    NotAllowed.
    """
    release = Release.objects.select_related("campaign").filter(pk=release_id).first()
    if release is None:
        raise NotFound()
    require(request, verb, release.campaign_id)
    return release


@dataclass(frozen=True)
class Standing:
    """Where a release stands: `progress` counts clips, `error` says why it does not go on."""

    state: str
    progress: dict[str, Any]
    error: str


def standing_of(release: Release) -> Standing:
    """Return state, progress and error of a release together with its job's."""
    job = Job.objects.filter(key=job_key(release.pk)).first()
    progress: dict[str, Any] = {"done": 0, "total": 0, "note": ""}
    if job is None:
        return Standing(release.state, progress, "")
    state = release.state
    if job.state == JobState.FAILED and state in UNFINISHED:
        # Every attempt died: nobody was left to write it into the release's own row.
        state = ReleaseState.FAILED.value
    return Standing(state, progress | job.progress, "" if release.sealed_at else job.error)


def files_of(release: Release) -> list[dict[str, Any]]:
    """Return `{path, size, sha256, url, withdrawn, erased_at}` of every file, by path.

    A file that holds a clip withdrawn since has no URL (null): no new link to a byte or a label of
    it is given out, and soon the file is erased. `withdrawn` says how many such clips it held.
    Raises ReleaseNotSealed.
    """
    if release.state != ReleaseState.SEALED:
        raise ReleaseNotSealed(state=standing_of(release).state)
    withdrawn = {
        (split, shard): count
        for split, shard, count in ReleaseItem.objects.filter(
            release=release, clip__state=State.WITHDRAWN
        )
        .values_list("split", "shard")
        .annotate(n=Count("id"))
    }
    everywhere = sum(withdrawn.values())
    files = []
    for file in release.files.order_by("path"):
        if file.split:
            gone = withdrawn.get((file.split, file.shard), 0)
        else:
            # The selection holds the texts of all clips; card, sums and manifest hold none.
            gone = everywhere if file.rows else 0
        name = file.path.rpartition("/")[2]
        files.append(
            {
                "path": file.path,
                "size": file.bytes,
                "sha256": file.sha256,
                "url": None
                if gone or file.erased_at
                else storage.sign_get(key=file.key, download_name=name),
                "withdrawn": gone,
                "erased_at": file.erased_at,
            }
        )
    return files


def withdrawal_lines(campaign: Campaign) -> Iterator[bytes]:
    """Yield one JSON line for every published clip that was withdrawn, oldest withdrawal first.

    `{clip_id, withdrawn_at, versions}`: later withdrawals are appended, lines are never changed
    but for versions; a version that was sealed without the clip never names it.
    """
    sealed = ReleaseItem.objects.filter(
        release__campaign=campaign,
        release__state=ReleaseState.SEALED,
        clip__state=State.WITHDRAWN,
    )
    events = ClipEvent.objects.filter(
        to_state=State.WITHDRAWN, clip__in=sealed.values("clip_id")
    ).order_by("at", "id")
    versions: dict[UUID, list[str]] = {}
    for clip_id, version in sealed.order_by("release__sealed_at", "release_id").values_list(
        "clip_id", "release__version"
    ):
        versions.setdefault(clip_id, []).append(version)
    for clip_id, at in events.values_list("clip_id", "at"):
        line = {"clip_id": clip_id, "withdrawn_at": at, "versions": versions.get(clip_id, [])}
        yield canonical(line) + b"\n"
