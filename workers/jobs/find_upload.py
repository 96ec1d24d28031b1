"""Look for the bytes of a clip that was announced and never confirmed."""

from uuid import UUID

from backend.clips.models import Clip
from backend.clips.receipts import look_for_bytes
from workers.registry import GiveUp, JobRun, job


@job("find_upload")
def find_upload(run: JobRun) -> None:
    """Complete the clip, expire it, or set when to look again."""
    clip = Clip.objects.with_speaker().filter(pk=UUID(run.subject)).first()
    if clip is None:
        raise GiveUp("The clip is gone.")
    if look_for_bytes(clip=clip, actor=run.actor, now=run.now()) == "differs":
        raise GiveUp("Other bytes are stored than those that were announced.")
