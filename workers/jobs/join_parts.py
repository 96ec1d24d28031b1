"""Join the parts of a clip that a bad link could not carry whole."""

import hashlib
from uuid import UUID

from backend import storage
from backend.clips.models import Clip
from backend.clips.problems import ClipWithdrawn
from backend.clips.receipts import PARTS_DIFFER, take_in
from backend.clips.state import State
from workers.registry import GiveUp, JobRun, job


@job("join_parts")
def join_parts(run: JobRun) -> None:
    """Read the parts in order, check the whole, store it once, take the clip in, drop the parts.

    The whole is at most the campaign's bound (20 MB by default), so it is joined in memory.
    """
    clip = Clip.objects.select_related("speaker").filter(pk=UUID(run.subject)).first()
    if clip is None or not clip.parts:
        raise GiveUp("The clip or its parts are gone.")
    keys = [storage.part_key(clip.pk, part["n"]) for part in clip.parts]
    if clip.state not in (State.EXPECTED, State.EXPIRED):
        # Taken in by an attempt that died before it could drop them, or by its whole file.
        storage.delete(keys)
        return
    try:
        whole = b"".join(
            storage.read(key, max_bytes=part["bytes"])
            for key, part in zip(keys, clip.parts, strict=True)
        )
    except storage.ObjectMissing as error:
        # The phone is told which when it confirms again, and sends it.
        raise GiveUp("A part is gone.") from error
    if len(whole) != clip.bytes or hashlib.sha256(whole).hexdigest() != clip.sha256:
        # Each part was stored as announced, so it is the announcement that does not add up: the
        # phone is told so, and may announce the clip again, whole or in other parts.
        Clip.objects.filter(pk=clip.pk, state=clip.state).update(parts=[])
        storage.delete(keys)
        raise GiveUp(PARTS_DIFFER)
    key = storage.clip_key(clip.pk)
    storage.write(key=key, body=whole, content_type=clip.content_type, once=True)
    stored = storage.head(key)
    if stored.sha256 != clip.sha256:
        raise GiveUp("Other bytes are stored than those that were announced.")
    try:
        take_in(clip=clip, stored_at=stored.stored_at, actor=run.actor, now=run.now())
    except ClipWithdrawn:
        # Meanwhile, and perhaps after its bytes were erased: what was just written goes as well.
        storage.delete([key, *keys])
        return
    storage.delete(keys)
