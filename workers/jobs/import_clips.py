"""Take in the clips of a rescued copy, one after the other; and drop a copy whose time is over."""

from uuid import UUID

from backend import storage
from backend.imports.manifest import Manifest, ManifestWrong, read_manifest
from backend.imports.models import ClipImport, ImportState
from backend.imports.rescue import Rescue, register_people, rescue_clip
from backend.imports.services import (
    delete_file,
    drop_import,
    fail_import,
    finish_import,
    import_key,
    note_result,
)
from backend.jobs.models import JobState
from backend.parsing import parse_json
from backend.problems import Malformed
from workers.export_zip import BadZip, ExportZip
from workers.registry import Canceled, GiveUp, JobRun, TryLater, job

_TOLD_EVERY = 10


@job("import_clips")
def import_clips(run: JobRun) -> None:
    """Bring home what the copy holds; repeated or resumed, it goes on after the last result.

    A clip's result is written when the clip is home, so an attempt that is killed between the two
    finds that clip there already: nothing is doubled.
    """
    row = ClipImport.objects.select_related("campaign").filter(pk=UUID(run.subject)).first()
    if row is None:
        raise GiveUp("The import is gone.")
    try:
        if row.state == ImportState.UPLOADED:
            _take_in(run, row)
        if row.state != ImportState.EXPECTED:
            delete_file(row)
    except storage.StorageAway as error:
        raise TryLater("the object store is away") from error
    except (BadZip, ManifestWrong, storage.ObjectMissing) as error:
        why = "The file is gone." if isinstance(error, storage.ObjectMissing) else str(error)
        _end(run, row, why)
        raise GiveUp(why) from error
    except Canceled:
        run.job.refresh_from_db()
        if run.job.state == JobState.CANCELED:
            _end(run, row, "A person canceled it.")
        raise


def _take_in(run: JobRun, row: ClipImport) -> None:
    copy = ExportZip.in_store(import_key(row), row.bytes)
    manifest = _manifest(copy)
    rescue = Rescue(row.campaign, manifest, copy.read, row.created_by)
    total = len(manifest.clips)
    run.progress(0, total, "speakers")
    register_people(rescue, now=run.now())
    finished = set(row.results.values_list("clip_id", flat=True))
    for done, entry in enumerate(manifest.clips):
        if done % _TOLD_EVERY == 0:
            run.progress(done, total, "clips")
        if entry.id in finished:
            continue
        outcome, problem = rescue_clip(rescue, entry, now=run.now())
        note_result(row=row, clip_id=entry.id, outcome=outcome, problem=problem)
    run.progress(total, total)
    finish_import(row=row, actor=run.actor, now=run.now())


def _manifest(copy: ExportZip) -> Manifest:
    try:
        return read_manifest(parse_json(copy.manifest()))
    except Malformed as error:
        raise ManifestWrong(error.detail) from error


def _end(run: JobRun, row: ClipImport, error: str) -> None:
    """Nobody can mend it here, and it holds what people said of themselves: it is deleted."""
    fail_import(row=row, error=error, now=run.now())
    delete_file(row)


@job("drop_import")
def drop_a_file(run: JobRun) -> None:
    """Delete the file of an import that nobody finished within its time."""
    row = ClipImport.objects.filter(pk=UUID(run.subject)).first()
    if row is None:
        raise GiveUp("The import is gone.")
    try:
        drop_import(row=row, now=run.now())
    except storage.StorageAway as error:
        raise TryLater("the object store is away") from error
