"""Erase a withdrawn clip's bytes everywhere in the bucket, and make sure they are gone."""

from datetime import timedelta
from uuid import UUID

from backend import storage
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.services import enqueue_job
from backend.quality.duplicates import forget_fingerprint
from backend.releases.models import Release
from backend.releases.services import erase_withdrawn
from workers.registry import GiveUp, JobRun, TryLater, job

_AFTER_LAST_URL = timedelta(minutes=10)


@job("erase_audio")
def erase_audio(run: JobRun) -> None:
    """Delete original, parts, derivative, fingerprint and the files of releases that hold the clip;
    once more when the last signed PUT has run out.

    A PUT that was signed before the withdrawal works until it expires, so a phone that was
    offline could bring the bytes back after the first erasure.
    """
    clip = Clip.objects.filter(pk=UUID(run.subject)).first()
    if clip is None or clip.state != State.WITHDRAWN:
        raise GiveUp("Only a withdrawn clip is erased.")
    forget_fingerprint(clip_id=clip.pk)
    keys = [storage.clip_key(clip.pk), storage.derived_key(clip.pk)]
    keys += list(storage.list_keys(storage.clip_parts(clip.pk)))
    storage.delete(keys)
    for key in keys:
        try:
            storage.head(key)
        except storage.ObjectMissing:
            continue
        raise TryLater("An object is still there after it was deleted.")
    now = run.now()
    erase_withdrawn(releases=Release.objects.filter(items__clip=clip), now=now)
    last_url = clip.upload_until + _AFTER_LAST_URL
    if last_url > now:
        enqueue_job(
            kind="erase_audio",
            key=f"erase_audio:{clip.pk}:after-last-url",
            subject=str(clip.pk),
            now=now,
            run_after=last_url,
        )
