"""Let the models hear a clip whose signal was good: was the text read, and by whom?"""

import hashlib
from pathlib import Path
from uuid import UUID

from django.conf import settings

from backend import storage
from backend.campaigns.services import current_profile
from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.judging import awaits_models
from backend.quality.models import Derivative
from backend.quality.services import record_model_check
from backend.quality.voices import keep_voice, makes_enrolment, may_know_voice
from backend.speakers.voices import ENROLLING, enrolled_voice, other_voices, voice_samples
from workers.audio.decode import decode
from workers.audio.models.files import ModelInvalid
from workers.audio.models.mel import Floats
from workers.audio.models.scoring import Scores, load_models
from workers.audio.models.voice_bytes import closest, mean_voice, pack_voice
from workers.registry import GiveUp, JobRun, TryLater, job


@job("score_clip")
def score_clip(run: JobRun) -> None:
    """Give one clip the verdict that holds; repeated or late, it changes nothing."""
    clip = Clip.objects.select_related("prompt", "session__consent").get(pk=UUID(run.subject))
    if not awaits_models(clip):
        return
    known = may_know_voice(clip)
    sound = _derived(clip)
    if sound is None:
        return
    scores = _scored(clip, sound, with_voice=known)
    voice = None if scores.voice is None else pack_voice(scores.voice)
    measures = scores.measures | ({} if voice is None else _compared(clip, voice))
    check = record_model_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures=measures,
        facts=scores.facts if known else scores.facts | {"voice": "no consent to compare it"},
        profile=current_profile(campaign_id=clip.campaign_id),
        actor=run.actor,
        now=run.now(),
    )
    if check is not None and voice is not None and makes_enrolment(check):
        keep_voice(clip_id=clip.pk, embedding=voice, mean=mean_voice, now=run.now())


def _scored(clip: Clip, sound: Floats, *, with_voice: bool) -> Scores:
    prompt = clip.prompt
    try:
        return load_models(Path(settings.MODELS_DIR) if settings.MODELS_DIR else None).score(
            sound,
            text=prompt.text,
            language=prompt.language,
            kind=prompt.kind,
            repeats=prompt.repeats,
            with_voice=with_voice,
        )
    except ModelInvalid as error:
        raise GiveUp(str(error)) from error


def _compared(clip: Clip, voice: bytes) -> dict[str, float]:
    """Return how close the voice is to its enrolled speaker's; of the clip that completes the
    enrolment, how close the speaker is to any other one of the campaign.

    So every pair of ids is compared once, when the later of them is enrolled.
    """
    own = enrolled_voice(clip.speaker_id)
    if own is not None:
        same = closest(voice, [own])
        return {} if same is None else {"speaker_similarity": round(same, 6)}
    samples = voice_samples(clip.speaker_id)
    if len(samples) < ENROLLING - 1:
        return {}
    others = other_voices(campaign_id=clip.campaign_id, speaker_id=clip.speaker_id)
    other = closest(mean_voice([*samples[: ENROLLING - 1], voice]), others)
    return {} if other is None else {"other_speaker_similarity": round(other, 6)}


def _derived(clip: Clip) -> Floats | None:
    """Return the clip's sound, 16 kHz mono; None when it was withdrawn meanwhile."""
    derivative = Derivative.objects.get(clip=clip)
    try:
        data = storage.read(derivative.key, max_bytes=derivative.bytes)
    except storage.StorageAway as error:
        raise TryLater("the object store is away") from error
    except (storage.ObjectMissing, storage.ObjectTooLarge) as error:
        clip.refresh_from_db(fields=["state"])
        if clip.state == State.WITHDRAWN:
            return None
        raise GiveUp("the store no longer holds the clip's derivative") from error
    if hashlib.sha256(data).hexdigest() != derivative.sha256:
        raise GiveUp("the stored derivative differs from the one that was made")
    # Written by ourselves a moment ago, so it needs no process apart.
    return decode(data, content_type="audio/flac").mono()
