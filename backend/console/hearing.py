"""Let a person hear a clip: a link of five minutes, and a line in the audit trail."""

from datetime import datetime

from backend import storage
from backend.clips.models import Clip
from backend.clips.problems import ClipWithdrawn
from backend.clips.state import STORED, State
from backend.jobs.services import record_audit
from backend.quality.models import Derivative
from backend.speakers.services import BytesMissing


def open_to_ear(*, clip: Clip, actor: str, now: datetime) -> str:
    """Return a presigned URL of the clip's derivative, or of its original when there is none.

    Raises ClipWithdrawn, or BytesMissing while nothing is stored.
    """
    if clip.state == State.WITHDRAWN:
        raise ClipWithdrawn()
    if State(clip.state) not in STORED:
        raise BytesMissing()
    derivative = Derivative.objects.filter(clip=clip).first()
    record_audit(actor=actor, act="clip.hear", subject=f"clip:{clip.pk}", now=now)
    if derivative is None:
        return storage.sign_get(key=storage.clip_key(clip.pk), content_type=clip.content_type)
    return storage.sign_get(key=derivative.key, content_type="audio/flac")
