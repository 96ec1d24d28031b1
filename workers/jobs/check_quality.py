"""Judge a clip: read, decode, measure, derive, record. Any bytes end in a reasoned verdict."""

import hashlib
from uuid import UUID

from backend import storage
from backend.campaigns.services import current_profile
from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.duplicates import Heard
from backend.quality.judging import awaits_models
from backend.quality.services import DerivedFacts, record_quality_check
from backend.quality.speaking_time import expected_seconds
from workers.audio.apart import DecoderLost
from workers.audio.derive import DerivedAudio
from workers.audio.examine import Examination, examine
from workers.audio.fingerprint import to_bytes
from workers.audio.sound import Bounds
from workers.registry import GiveUp, JobRun, TryLater, job

# A take of the longest allowed length carries some padding of its codec.
_PADDING_S = 0.5
# Share of the claimed duration that did not come, from which on a clip is a part of a take.
_MISSING = 0.1


@job("check_quality")
def check_quality(run: JobRun) -> None:
    """Judge one clip that stands in `uploaded`; repeated or late, it changes nothing."""
    clip_id = UUID(run.subject)
    clip = Clip.objects.select_related("prompt", "campaign").get(pk=clip_id)
    if clip.state == State.WITHDRAWN:
        # An earlier attempt may have stored the derivative after the erasure had passed by.
        storage.delete([storage.derived_key(clip_id)])
        return
    if clip.state != State.UPLOADED or awaits_models(clip):
        return
    seen = _examined(clip)
    check = record_quality_check(
        clip_id=clip_id,
        event_seq=clip.event_seq,
        measures=seen.measures,
        facts=seen.facts,
        derivative=_stored(clip_id, seen.derived),
        heard=_heard(clip, seen),
        profile=current_profile(campaign_id=clip.campaign_id),
        actor=run.actor,
        now=run.now(),
    )
    if check is not None:
        return
    clip.refresh_from_db(fields=["state"])
    if clip.state == State.WITHDRAWN:
        # While we worked: nothing derived from the voice may stay.
        storage.delete([storage.derived_key(clip_id)])
    elif clip.state == State.UPLOADED:
        raise TryLater("the clip was put into another cell while it was checked")


def _examined(clip: Clip) -> Examination:
    data = _original(clip)
    prompt = clip.prompt
    expected_s = expected_seconds(prompt.text, repeats=prompt.repeats)
    try:
        return examine(
            data,
            content_type=clip.content_type,
            declared_s=clip.duration_ms / 1000,
            expected_s=expected_s if prompt.kind != "question" else None,
            bounds=Bounds(max_seconds=clip.campaign.max_seconds + _PADDING_S, max_bytes=len(data)),
        )
    except DecoderLost as error:
        raise TryLater(str(error)) from error


def _original(clip: Clip) -> bytes:
    """Return the bytes of the receipt; anything else in the store is no fault of the recording."""
    try:
        data = storage.read(storage.clip_key(clip.pk), max_bytes=clip.bytes)
    except (storage.ObjectMissing, storage.ObjectTooLarge) as error:
        raise GiveUp("the store no longer holds the bytes of the receipt") from error
    except storage.StorageAway as error:
        raise TryLater("the object store is away") from error
    if hashlib.sha256(data).hexdigest() != clip.sha256:
        raise GiveUp("the stored bytes differ from the receipt")
    return data


def _heard(clip: Clip, seen: Examination) -> Heard | None:
    """Return by what the clip is known again; None where it could not be decoded."""
    print_ = seen.fingerprint
    if print_ is None or seen.derived is None:
        return None
    # Who sends the whole after a part of it repeats nothing.
    part = seen.measures.get("missing_ratio", 0) > _MISSING
    return Heard(
        sha256=clip.sha256,
        pcm_sha256=seen.derived.pcm_sha256,
        words=to_bytes(print_.words),
        keys=() if part else print_.keys,
        probes=print_.probes,
        error_to=print_.error_to,
    )


def _stored(clip_id: UUID, derived: DerivedAudio | None) -> DerivedFacts | None:
    """Put the derivative beside the original; equal sound gives equal bytes, so twice is
    harmless.
    """
    if derived is None:
        return None
    key = storage.derived_key(clip_id)
    storage.write(key=key, body=derived.data, content_type="audio/flac")
    return DerivedFacts(
        key=key,
        sha256=derived.sha256,
        bytes=len(derived.data),
        samples=derived.samples,
        sample_rate=derived.sample_rate,
        pcm_sha256=derived.pcm_sha256,
    )
