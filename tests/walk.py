"""Walk a clip to a state by the real services: upload, quality job, settlement, release job."""

from random import Random
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.clips import lifecycle
from backend.clips.models import Clip, Transcript
from backend.clips.state import MOVES, State
from backend.jobs.models import Job
from tests.factories import Sitting, upload_clip
from tests.sounds import speech_like, wav
from workers import jobs, run

jobs.load()


def run_job(kind: str, subject: object) -> Job:
    """Do one attempt at the newest job of a kind about a subject, as a worker would."""
    job = Job.objects.filter(kind=kind, subject=str(subject)).latest("created_at")
    run.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def passed_clip(sitting: Sitting, *, seed: int = 0, **changes: Any) -> Clip:
    """Upload a clip of made speech and let the quality job judge it; it stands in `passed`."""
    clip = upload_clip(sitting, wav(speech_like(3.0, seed=seed)), **changes)
    job = run_job("check_quality", clip.pk)
    clip.refresh_from_db()
    assert clip.state == State.PASSED, (job.state, job.error, clip.state, clip.verdict)
    return clip


def accept_clip(clip_id: UUID, text: str | None) -> None:
    """Settle a passed clip's text as annotators' and accept it; None accepts it without a text."""
    now = timezone.now()
    if text is not None:
        lifecycle.move(
            clip_id=clip_id, to=State.ANNOTATING, actor="system", at=now, reason="opened"
        )
        version = Transcript.objects.filter(clip_id=clip_id).count() + 1
        Transcript.objects.create(
            clip_id=clip_id, version=version, text=text, source="annotation", created_at=now
        )
    lifecycle.move(clip_id=clip_id, to=State.ACCEPTED, actor="system", at=now, reason="annotated")


def accepted_clip(
    sitting: Sitting, *, text: str | None = "so said", seed: int = 0, **changes: Any
) -> Clip:
    """Walk a clip of made speech to `accepted`."""
    clip = passed_clip(sitting, seed=seed, **changes)
    accept_clip(clip.pk, text)
    clip.refresh_from_db()
    return clip


def move_anywhere(clip_id: UUID, random: Random, *, actor: str) -> bool:
    """Move a clip to a random state that is no end; False where somebody else moved it first."""
    state = State(Clip.objects.values_list("state", flat=True).get(pk=clip_id))
    wishes = sorted(MOVES[state] - {State.WITHDRAWN, State.EXPIRED})
    try:
        lifecycle.move(
            clip_id=clip_id,
            to=random.choice(wishes),
            actor=actor,
            at=timezone.now(),
            reason="test",
        )
    except lifecycle.MoveRefused:
        return False
    return True
