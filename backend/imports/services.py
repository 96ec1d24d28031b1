"""Begin an import, know that its file came, write what became of it, and drop the file."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F

from backend import storage
from backend.campaigns.models import Campaign
from backend.imports.models import ClipImport, ImportedClip, ImportState, Outcome
from backend.imports.problems import ImportTooLarge
from backend.jobs.models import Job, JobState
from backend.jobs.services import enqueue_job, record_audit
from backend.problems import Malformed
from backend.speakers.services import BytesDiffer, BytesMissing

# A phone cuts its copy at a gigabyte; one PUT carries at most five.
MAX_BYTES = 2_000_000_000
KEPT_FOR = timedelta(hours=24)
CONTENT_TYPE = "application/zip"


def import_key(row: ClipImport) -> str:
    """Return where the file lies: under parts/, for it is in transit and is taken apart."""
    return _key_of_round(row, row.round)


def _key_of_round(row: ClipImport, number: int) -> str:
    return f"parts/imports/{row.pk}/{number}.zip"


def begin_import(
    *, campaign: Campaign, sha256: str, bytes_: int, actor: str, now: datetime
) -> tuple[ClipImport, bool]:
    """Announce a file; returns (import, whether it is new).

    The same file again is the same import. One that failed, or that did not take every clip, is
    open again: what stood in the way may be gone. Raises ImportTooLarge, or Malformed for a size
    that is not the announced one.
    """
    if bytes_ > MAX_BYTES:
        raise ImportTooLarge(f"At most {MAX_BYTES} bytes.")
    with transaction.atomic():
        row, made = ClipImport.objects.get_or_create(
            campaign=campaign,
            sha256=sha256,
            defaults={
                "bytes": bytes_,
                "created_at": now,
                "created_by": actor,
                "keep_until": now + KEPT_FOR,
            },
        )
        if row.bytes != bytes_:
            raise Malformed(errors=[{"field": "bytes", "message": "Not the size of this file."}])
        if made:
            record_audit(actor=actor, act="clip.import", subject=f"import:{row.pk}", now=now)
        elif _left_something(row):
            _open_again(row, actor, now)
        if row.state == ImportState.EXPECTED:
            _plan_the_drop(row, now)
    return row, made


def _left_something(row: ClipImport) -> bool:
    if row.state == ImportState.DONE:
        return row.results.filter(outcome=Outcome.REFUSED).exists()
    return standing_of(row) == ImportState.FAILED


def _open_again(row: ClipImport, actor: str, now: datetime) -> None:
    opened = ClipImport.objects.filter(pk=row.pk, state=row.state, round=row.round).update(
        state=ImportState.EXPECTED,
        round=F("round") + 1,
        error="",
        created_by=actor,
        finished_at=None,
    )
    row.refresh_from_db()
    if opened:
        row.results.filter(outcome=Outcome.REFUSED).delete()
        record_audit(actor=actor, act="clip.import", subject=f"import:{row.pk}", now=now)


def _plan_the_drop(row: ClipImport, now: datetime) -> None:
    """See to it that the file goes, also one that is put and never spoken of again."""
    row.keep_until = now + KEPT_FOR
    ClipImport.objects.filter(pk=row.pk).update(keep_until=row.keep_until)
    # One a round and hour is enough: the last of them finds that the time is over.
    enqueue_job(
        kind="drop_import",
        key=f"drop_import:{row.pk}:{row.round}:{now:%Y%m%d%H}",
        subject=str(row.pk),
        now=now,
        run_after=now + KEPT_FOR + timedelta(hours=1),
    )


def sign_import(row: ClipImport, now: datetime) -> dict[str, Any] | None:
    """Return `{method, url, headers, expires_at}` while the file is awaited, else None."""
    if row.state != ImportState.EXPECTED:
        return None
    put = storage.sign_put(
        key=import_key(row), bytes_=row.bytes, sha256=row.sha256, content_type=CONTENT_TYPE
    )
    return {
        "method": "PUT",
        "url": put.url,
        "headers": put.headers,
        "expires_at": now + timedelta(seconds=settings.UPLOAD_URL_SECONDS),
    }


def confirm_import(*, row: ClipImport, now: datetime) -> ClipImport:
    """Start the job once the file is in the store; raises BytesMissing, BytesDiffer, StorageAway.

    Twice is harmless.
    """
    if row.state != ImportState.EXPECTED:
        return row
    try:
        found = storage.head(import_key(row))
    except storage.ObjectMissing as error:
        raise BytesMissing() from error
    if (found.bytes, found.sha256) != (row.bytes, row.sha256):
        raise BytesDiffer()
    with transaction.atomic():
        moved = ClipImport.objects.filter(
            pk=row.pk, state=ImportState.EXPECTED, round=row.round
        ).update(state=ImportState.UPLOADED)
        if moved:
            enqueue_job(kind="import_clips", key=job_key(row), subject=str(row.pk), now=now)
    row.refresh_from_db()
    return row


def job_key(row: ClipImport) -> str:
    """Return the key of the job that works on this round of the import."""
    return f"import_clips:{row.pk}:{row.round}"


def note_result(*, row: ClipImport, clip_id: UUID, outcome: Outcome, problem: str = "") -> None:
    """Write what became of one clip; the first word stands."""
    ImportedClip.objects.get_or_create(
        clip_import=row, clip_id=clip_id, defaults={"outcome": outcome, "problem": problem}
    )


def finish_import(*, row: ClipImport, actor: str, now: datetime) -> None:
    """End an import whose every clip has a result."""
    counts = count_results(row)
    with transaction.atomic():
        ended = ClipImport.objects.filter(
            pk=row.pk, state=ImportState.UPLOADED, round=row.round
        ).update(state=ImportState.DONE, finished_at=now)
        if ended:
            record_audit(
                actor=actor,
                act="clip.import-done",
                subject=f"import:{row.pk}",
                now=now,
                detail=counts,
            )


def fail_import(*, row: ClipImport, error: str, now: datetime) -> None:
    """End an import that cannot go on; what it took in stays."""
    ClipImport.objects.filter(
        pk=row.pk, state__in=[ImportState.EXPECTED, ImportState.UPLOADED], round=row.round
    ).update(state=ImportState.FAILED, error=error[:300], finished_at=now)


def delete_file(row: ClipImport) -> None:
    """Delete the file, and those of earlier rounds; one that is not there is no error.

    A round whose every attempt died has left its file, and no job looks at that round any more.
    """
    storage.delete([_key_of_round(row, number) for number in range(1, row.round + 1)])


def drop_import(*, row: ClipImport, now: datetime) -> None:
    """Delete the file of an import whose time is over, whatever became of it."""
    if now < row.keep_until:
        return
    delete_file(row)
    fail_import(row=row, error="The file was not taken in within a day.", now=now)


def job_of(row: ClipImport) -> Job | None:
    """Return the job that works on it, if it was started."""
    return Job.objects.filter(key=job_key(row)).first()


def standing_of(row: ClipImport, job: Job | None = None) -> str:
    """Return the state, `failed` also when every attempt died before it could say so."""
    job = job or job_of(row)
    if job is not None and job.state == JobState.FAILED and row.state == ImportState.UPLOADED:
        return ImportState.FAILED
    return row.state


def count_results(row: ClipImport) -> dict[str, int]:
    """Return how many clips had each outcome."""
    counts = row.results.values_list("outcome").annotate(n=Count("pk")).order_by()
    return {outcome.value: 0 for outcome in Outcome} | dict(counts)
