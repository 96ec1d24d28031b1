"""Whose voice may be known, and which clip's is kept for an enrolment, in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.models import QualityCheck
from backend.quality.verdict import Outcome
from backend.speakers import voices
from backend.speakers.models import Speaker

Mean = Callable[[Sequence[bytes]], bytes]


def may_know_voice(clip: Clip) -> bool:
    """Say whether the clip was recorded under a consent to voice prints, and the speaker's newest
    consent still says so.
    """
    consent = clip.session.consent
    allowed = consent.withdrawn_at is None and voices.SCOPE in consent.scopes
    return allowed and voices.allows_voice(clip.speaker_id)


def makes_enrolment(check: QualityCheck) -> bool:
    """Say whether the clip may teach how its speaker sounds: it passed.

    So may one that only sounds like another speaker id: a person is told of the two ids once, and
    not again with each further clip.
    """
    if check.outcome == Outcome.PASS:
        return True
    grave = {one["measure"] for one in check.reasons if one["severity"] != "hint"}
    return check.outcome == Outcome.REVIEW and grave == {"other_speaker_similarity"}


def keep_voice(*, clip_id: UUID, embedding: bytes, mean: Mean, now: datetime) -> None:
    """Keep a clip's voice as a sample of its speaker's, and enrol the speaker with the last one.

    `mean` makes one voice of several. Nothing is kept of a clip that was withdrawn or rejected
    meanwhile, nor without consent.
    """
    with transaction.atomic():
        clip = Clip.objects.select_related("session__consent").get(pk=clip_id)
        # The speaker's row before the clip's, as a speaker's withdrawal takes them.
        speaker = Speaker.objects.select_for_update().get(pk=clip.speaker_id)
        state = Clip.objects.select_for_update().values_list("state", flat=True).get(pk=clip_id)
        if state in (State.WITHDRAWN, State.REJECTED) or not may_know_voice(clip):
            return
        samples = voices.add_sample(speaker=speaker, clip_id=clip_id, embedding=embedding, now=now)
        if samples:
            voices.enrol(speaker=speaker, embedding=mean(samples), now=now)
