"""Join the parts of a clip that a bad link could not carry whole."""

import hashlib
from uuid import UUID

from backend import storage
from backend.clips.models import Clip
from backend.clips.receipts import take_in
from backend.clips.state import State
from workers.registry import GiveUp, JobRun, job


@job("join_parts")
def join_parts(run: JobRun) -> None:
    """Read the parts in order, check the whole, store it once, take the clip in.

    The whole is at most the campaign's bound (20 MB by default), so it is joined in memory.
    """
    clip = Clip.objects.select_related("speaker").filter(pk=UUID(run.subject)).first()
    if clip is None or not clip.parts:
        raise GiveUp("The clip or its parts are gone.")
    if clip.state not in (State.EXPECTED, State.EXPIRED):
        return
    keys = [storage.part_key(clip.pk, part["n"]) for part in clip.parts]
    whole = b"".join(
        storage.read(key, max_bytes=part["bytes"])
        for key, part in zip(keys, clip.parts, strict=True)
    )
    if len(whole) != clip.bytes or hashlib.sha256(whole).hexdigest() != clip.sha256:
        # Each part was stored as announced, so it is the announcement that does not add up: the
        # phone may announce the clip again, whole or in other parts.
        Clip.objects.filter(pk=clip.pk, state=clip.state).update(parts=[])
        storage.delete(keys)
        raise GiveUp("The parts do not add up to the announced bytes.")
    storage.write(
        key=storage.clip_key(clip.pk), body=whole, content_type=clip.content_type, once=True
    )
    stored = storage.head(storage.clip_key(clip.pk))
    if stored.sha256 != clip.sha256:
        raise GiveUp("Other bytes are stored than those that were announced.")
    take_in(clip=clip, stored_at=stored.stored_at, actor=run.actor, now=run.now())
    storage.delete(keys)
