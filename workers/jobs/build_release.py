"""Build one release: select, freeze, write the data files, publish the manifest, seal."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from backend import storage
from backend.jobs.models import JobState
from backend.releases.card import group_of
from backend.releases.models import Release, ReleaseState
from backend.releases.plan import plan_shards
from backend.releases.rows import Row
from backend.releases.selection import gone_since, select_rows
from backend.releases.services import (
    discard_files,
    enter_state,
    erase_withdrawn,
    fail_release,
    freeze_selection,
    seal_release,
    settle_splits,
)
from backend.releases.split import SPLITS
from workers.registry import Canceled, GiveUp, JobRun, TryLater, job
from workers.release_files import selection as selection_file
from workers.release_files.audio import AudioMissing
from workers.release_files.build import Build, published_digest
from workers.release_files.sink import HashingSink

_BIGGEST_SELECTION = 2 * 1024**3


@job("build_release")
def build_release(run: JobRun) -> None:
    """Bring a release to its seal; repeated or resumed, it goes on where it stands.

    Everything after the frozen selection is a pure function of it, so an attempt that was killed
    costs what it had not written yet, and two that overlap write equal bytes. A clip that may no
    longer be published is dropped from the selection, and the files it touched are written anew.
    """
    release = Release.objects.select_related("campaign").filter(pk=UUID(run.subject)).first()
    if release is None:
        raise GiveUp("The release is gone.")
    if release.state in (ReleaseState.SEALED, ReleaseState.CANCELED):
        return
    try:
        _build(run, release)
    except storage.StorageAway as error:
        raise TryLater("the object store is away") from error
    except GiveUp:
        fail_release(release=release)
        discard_files(release=release)
        raise
    except Canceled:
        run.job.refresh_from_db()
        if run.job.state == JobState.CANCELED:
            discard_files(release=release)
        raise


def _build(run: JobRun, release: Release) -> None:
    if _adopted(run, release):
        return
    rows = _frozen_rows(release)
    if rows is None:
        rows = _select(run, release)
    elif release.state != ReleaseState.SEALING and not enter_state(
        release=release, to=ReleaseState.BUILDING
    ):
        raise Canceled()
    while True:
        if not rows:
            raise GiveUp("No clip fits the recipe and may be published.")
        build = Build(run, release, rows)
        try:
            build.write_files()
        except AudioMissing as error:
            gone = gone_since(release=release)
            if error.clip_id not in gone:
                raise GiveUp(str(error)) from error
        else:
            gone = build.begin_seal()
        if not gone:
            break
        rows = _without(release, rows, gone)
    _seal(run, release, build.publish())


def _adopted(run: JobRun, release: Release) -> bool:
    """Seal a release whose manifest an earlier attempt had published before it died."""
    digest = published_digest(release)
    if digest is None:
        return False
    if not enter_state(release=release, to=ReleaseState.SEALING):
        raise Canceled()
    _seal(run, release, digest)
    return True


def _seal(run: JobRun, release: Release, digest: str) -> None:
    seal_release(release=release, manifest_sha256=digest, actor=run.actor, now=run.now())
    # A clip withdrawn while the manifest was written: its erasure found a build, and left it alone.
    erase_withdrawn(releases=Release.objects.filter(pk=release.pk), now=run.now())


def _frozen_rows(release: Release) -> list[Row] | None:
    """Return the rows of the frozen selection, or None when there is none yet.

    A file that differs from the row was written by an attempt that died before it could freeze it.
    """
    if not release.selection_sha256:
        return None
    try:
        stored = storage.head(Build.key_of(release, selection_file.PATH))
        if stored.sha256 != release.selection_sha256:
            return None
        content = storage.read(stored.key, max_bytes=_BIGGEST_SELECTION)
    except storage.ObjectMissing:
        return None
    return selection_file.read_selection(content)


def _select(run: JobRun, release: Release) -> list[Row]:
    if not enter_state(release=release, to=ReleaseState.SELECTING):
        raise Canceled()
    run.progress(0, 0, "selecting")
    selected = select_rows(campaign=release.campaign, filters=release.recipe["filters"])
    splits = settle_splits(
        campaign=release.campaign,
        speakers={row.speaker_id for row in selected.rows},
        shares=release.recipe["splits"],
        now=run.now(),
    )
    rows = [replace(row, split=splits[row.speaker_id]) for row in selected.rows]
    excluded = dict(sorted(selected.excluded.items()))
    _freeze(release, rows, {"excluded": excluded, "dropped": 0})
    return rows


def _without(release: Release, rows: list[Row], gone: set[str]) -> list[Row]:
    kept = [row for row in rows if row.clip_id not in gone]
    dropped = release.counts["dropped"] + len(rows) - len(kept)
    _freeze(release, kept, {"excluded": release.counts["excluded"], "dropped": dropped})
    return kept


def _freeze(release: Release, rows: list[Row], counts: dict[str, Any]) -> None:
    """Write the selection's file, then the row that makes it the frozen one."""
    with HashingSink() as sink:
        selection_file.write_selection(sink, rows)
        storage.write(
            key=Build.key_of(release, selection_file.PATH),
            body=sink.written(),
            content_type="application/vnd.apache.parquet",
        )
    frozen = freeze_selection(
        release=release,
        plan=plan_shards(rows, salt=release.salt),
        selection_sha256=sink.sha256,
        counts=counts | _counts(rows),
    )
    if not frozen:
        raise Canceled()


def _counts(rows: list[Row]) -> dict[str, Any]:
    by_split = {split: [row for row in rows if row.split == split] for split in SPLITS}
    return vars(group_of(rows)) | {
        "splits": {split: vars(group_of(inside)) for split, inside in by_split.items() if inside}
    }
