"""Let people hear clips: links of five minutes, and a line in the audit trail."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backend import storage
from backend.campaigns.models import Campaign
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
    return _signed(clip, derivative.key if derivative else None)


def open_page_to_ear(
    *, campaign: Campaign, clips: Collection[Clip], actor: str, now: datetime
) -> dict[UUID, str]:
    """Return presigned URLs of those clips of a page that have sound; one line says which."""
    stored = [clip for clip in clips if State(clip.state) in STORED]
    derived = Derivative.objects.filter(clip__in=stored)
    keys = dict(derived.values_list("clip_id", "key"))
    if stored:
        record_audit(
            actor=actor,
            act="clip.hear",
            subject=f"campaign:{campaign.slug}",
            now=now,
            detail={"clips": [str(clip.pk) for clip in stored]},
        )
    return {clip.pk: _signed(clip, keys.get(clip.pk)) for clip in stored}


def _signed(clip: Clip, derived_key: str | None) -> str:
    if derived_key is None:
        return storage.sign_get(key=storage.clip_key(clip.pk), content_type=clip.content_type)
    return storage.sign_get(key=derived_key, content_type="audio/flac")
