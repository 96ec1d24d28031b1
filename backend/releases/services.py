"""The life of a release: draft, select, freeze, record files, seal; or fail, or cancel."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backend import storage
from backend.campaigns.models import Campaign, PromptKind
from backend.clips.state import State
from backend.jobs.models import Job, JobState
from backend.jobs.services import cancel_job, enqueue_job, record_audit, retry_job
from backend.problems import NotFound
from backend.releases import manifest
from backend.releases.keys import release_key, release_prefix
from backend.releases.models import (
    UNFINISHED,
    Release,
    ReleaseFile,
    ReleaseItem,
    ReleaseState,
    SplitAssignment,
)
from backend.releases.problems import RecipeRefused, ReleaseNotCancelable, VersionTaken
from backend.releases.recipe import RecipeFaulty, read_recipe
from backend.releases.rows import Shard
from backend.releases.selection import gone_since
from backend.releases.split import assign_splits

KIND = "build_release"
_BATCH = 2000


def job_key(release_id: UUID) -> str:
    """Return the key of the one job that builds a release."""
    return f"{KIND}:{release_id}"


def draft_release(
    *, campaign: Campaign, version: str, recipe: object, actor: str, now: datetime
) -> tuple[Release, bool]:
    """Write a release and its job; returns (release, whether it is new).

    The same version and recipe again give the same row; one that failed or was canceled is started
    again. Raises RecipeRefused, or VersionTaken when the version has another recipe.
    """
    try:
        wanted = read_recipe(recipe, kinds=PromptKind.values).as_dict()
    except RecipeFaulty as error:
        raise RecipeRefused(f"{len(error.faults)} faults.", errors=error.faults) from error
    try:
        with transaction.atomic():
            release, made = Release.objects.get_or_create(
                campaign=campaign,
                version=version,
                defaults={"recipe": wanted, "created_at": now, "created_by": actor},
            )
            if made:
                enqueue_job(kind=KIND, key=job_key(release.pk), subject=str(release.pk), now=now)
                record_audit(
                    actor=actor,
                    act="release.draft",
                    subject=f"release:{release.pk}",
                    now=now,
                    detail={"campaign": campaign.slug, "version": version},
                )
    except IntegrityError:
        release, made = Release.objects.get(campaign=campaign, version=version), False
    if release.recipe != wanted:
        raise VersionTaken()
    if not made:
        _start_again(release=release, actor=actor, now=now)
        release.refresh_from_db()
    return release, made


def _start_again(*, release: Release, actor: str, now: datetime) -> None:
    with transaction.atomic():
        Release.objects.filter(
            pk=release.pk, state__in=[ReleaseState.FAILED, ReleaseState.CANCELED]
        ).update(state=ReleaseState.DRAFT)
        stopped = Job.objects.select_for_update().filter(
            key=job_key(release.pk), state__in=[JobState.FAILED, JobState.CANCELED]
        )
        job = stopped.first()
        if job is not None:
            retry_job(job_id=str(job.pk), actor=actor, now=now)


def cancel_release(*, release_id: UUID, actor: str, now: datetime) -> Release:
    """Stop a release before its seal; twice is harmless. Raises NotFound,
    ReleaseNotCancelable, or StorageAway when its files could not be removed yet: cancel again.

    A running attempt notices at its next step, and removes what it wrote meanwhile.
    """
    with transaction.atomic():
        stopped = Release.objects.filter(
            pk=release_id,
            state__in=[ReleaseState.DRAFT, ReleaseState.SELECTING, ReleaseState.BUILDING],
        ).update(state=ReleaseState.CANCELED)
        release = Release.objects.select_related("campaign").filter(pk=release_id).first()
        if release is None:
            raise NotFound()
        if stopped:
            for job in Job.objects.filter(key=job_key(release.pk)):
                cancel_job(job_id=str(job.pk), actor=actor, now=now)
            record_audit(
                actor=actor, act="release.cancel", subject=f"release:{release.pk}", now=now
            )
        elif release.state != ReleaseState.CANCELED:
            raise ReleaseNotCancelable(state=release.state)
    discard_files(release=release)
    return release


def enter_state(*, release: Release, to: ReleaseState) -> bool:
    """Write where the build stands; False when the release has ended meanwhile.

    A failed one is entered again: its job was retried.
    """
    building = [*UNFINISHED, ReleaseState.FAILED]
    entered = Release.objects.filter(pk=release.pk, state__in=building).update(state=to)
    release.refresh_from_db()
    return bool(entered)


def settle_splits(
    *, campaign: Campaign, speakers: Iterable[str], shares: Mapping[str, int], now: datetime
) -> dict[str, str]:
    """Return the split of every speaker; those who had none are given one, for ever."""
    wanted = set(speakers)
    with transaction.atomic():
        # The campaign's row is the lock between two releases that meet the same new speakers.
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        table = SplitAssignment.objects.filter(campaign=campaign)
        known = {str(speaker): split for speaker, split in table.values_list("speaker_id", "split")}
        splits = assign_splits(speakers=wanted, known=known, shares=shares, salt=campaign.pk.bytes)
        SplitAssignment.objects.bulk_create(
            [
                SplitAssignment(
                    campaign=campaign, speaker_id=UUID(speaker), split=split, assigned_at=now
                )
                for speaker, split in sorted(splits.items())
                if speaker not in known
            ],
            batch_size=_BATCH,
        )
    return splits


def freeze_selection(
    *, release: Release, plan: list[Shard], selection_sha256: str, counts: dict[str, Any]
) -> bool:
    """Write what the release holds and where; False when it has ended meanwhile.

    The selection's file lies in the store before: this row is what makes it the frozen one.
    """
    with transaction.atomic():
        frozen = Release.objects.filter(
            pk=release.pk,
            state__in=[ReleaseState.SELECTING, ReleaseState.BUILDING, ReleaseState.SEALING],
        ).update(state=ReleaseState.BUILDING, selection_sha256=selection_sha256, counts=counts)
        if frozen:
            ReleaseItem.objects.filter(release=release).delete()
            ReleaseItem.objects.bulk_create(
                (
                    ReleaseItem(
                        release=release,
                        clip_id=UUID(row.clip_id),
                        speaker_id=UUID(row.speaker_id),
                        split=shard.split,
                        shard=shard.index,
                        row=number,
                        audio_sha256=row.audio_sha256,
                        transcript_version=row.transcript_version,
                    )
                    for shard in plan
                    for number, row in enumerate(shard.rows)
                ),
                batch_size=_BATCH,
            )
    release.refresh_from_db()
    return bool(frozen)


def record_file(*, release: Release, path: str, **facts: Any) -> ReleaseFile:
    """Write that a file lies in the store; a later one of the same path takes its place."""
    return ReleaseFile.objects.update_or_create(
        release=release, path=path, defaults=facts | {"erased_at": None}
    )[0]


def begin_seal(*, release: Release, paths: Iterable[str]) -> set[str] | None:
    """Go past the point of no return, unless a clip may no longer be published.

    Returns the ids of such clips: none means that the release is `sealing`, and from now on a
    withdrawal is one after the release. None when the release has ended meanwhile. `paths` are the
    files of the release; rows of others (of an earlier plan) are removed.
    """
    with transaction.atomic():
        held = (
            Release.objects.select_for_update()
            .filter(pk=release.pk, state__in=[ReleaseState.BUILDING, ReleaseState.SEALING])
            .exists()
        )
        if not held:
            return None
        gone = gone_since(release=release)
        if not gone:
            ReleaseFile.objects.filter(release=release).exclude(path__in=list(paths)).delete()
            Release.objects.filter(pk=release.pk).update(state=ReleaseState.SEALING)
        else:
            Release.objects.filter(pk=release.pk).update(state=ReleaseState.BUILDING)
    release.refresh_from_db()
    return gone


def seal_release(*, release: Release, manifest_sha256: str, actor: str, now: datetime) -> bool:
    """Write that the version exists: its manifest lies in the store. Twice is harmless."""
    with transaction.atomic():
        sealed = Release.objects.filter(pk=release.pk, state=ReleaseState.SEALING).update(
            state=ReleaseState.SEALED, manifest_sha256=manifest_sha256, sealed_at=now
        )
        if sealed:
            record_audit(
                actor=actor,
                act="release.seal",
                subject=f"release:{release.pk}",
                now=now,
                detail={"manifest_sha256": manifest_sha256},
            )
    release.refresh_from_db()
    return bool(sealed)


def erase_withdrawn(*, releases: QuerySet[Release], now: datetime) -> int:
    """Erase every file of these releases that holds a withdrawn clip; returns how many.

    Only releases that are not being built: a build drops such a clip by itself. The files' rows
    stay as tombstones; the next version is without the clip.
    """
    ended = releases.filter(
        state__in=[ReleaseState.SEALED, ReleaseState.FAILED, ReleaseState.CANCELED]
    )
    erased = 0
    for release in ended:
        withdrawn = ReleaseItem.objects.filter(release=release, clip__state=State.WITHDRAWN)
        places = set(withdrawn.values_list("split", "shard").distinct())
        holding = [
            file
            for file in release.files.filter(erased_at=None)
            # A file with rows that is no data file is the selection, which holds all texts.
            if places and file.rows and (not file.split or (file.split, file.shard) in places)
        ]
        storage.delete([file.key for file in holding])
        erased += release.files.filter(pk__in=[file.pk for file in holding]).update(erased_at=now)
    return erased


def discard_files(*, release: Release) -> None:
    """Remove the files of a release that ended without a seal, unless its version is published."""
    place = (release.campaign.slug, release.version)
    try:
        storage.head(release_key(*place, manifest.PATH))
    except storage.ObjectMissing:
        storage.delete(list(storage.list_keys(release_prefix(*place))))
        ReleaseFile.objects.filter(release=release).delete()


def fail_release(*, release: Release) -> None:
    """Write that the build gave up; why stands in its job."""
    Release.objects.filter(pk=release.pk, state__in=UNFINISHED).update(state=ReleaseState.FAILED)
