"""How speakers sound: who may be known by their voice, what is kept of it, and when it is deleted.

An embedding is biometric data. It is made and kept only while the speaker's newest consent allows
`embeddings`, of the first clips that passed and no others; it never leaves this app but as bytes
for the worker that compares voices. What is compared by it is a number.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from backend.speakers.models import Consent, Speaker, SpeakerVoice, VoiceSample

SCOPE: Final = "embeddings"
# Clips that make an enrolment: with 3, ten readers' other clips and strangers' hardly overlap.
ENROLLING: Final = 3
# The most other speakers that one voice is compared with: 25 MB of voices in memory.
MOST_COMPARED: Final = 50_000


def allows_voice(speaker_id: UUID) -> bool:
    """Say whether the consent that the speaker gave last, and has not withdrawn, has the scope."""
    live = Consent.objects.filter(
        speaker_id=speaker_id, withdrawn_at=None, speaker__withdrawn_at=None
    )
    # By our clock: a phone's may be wrong.
    scopes = live.order_by("-created_at").values_list("scopes", flat=True).first()
    return scopes is not None and SCOPE in scopes


def enrolled_voice(speaker_id: UUID) -> bytes | None:
    """Return the speaker's voice, None before enough of their clips have passed."""
    found = SpeakerVoice.objects.filter(speaker_id=speaker_id).values_list("embedding", flat=True)
    voice = found.first()
    return None if voice is None else bytes(voice)


def voice_samples(speaker_id: UUID) -> list[bytes]:
    """Return the samples of a speaker's enrolment, the oldest first."""
    rows = VoiceSample.objects.filter(speaker_id=speaker_id).order_by("made_at", "clip")
    return [bytes(row) for row in rows.values_list("embedding", flat=True)[:ENROLLING]]


def other_voices(*, campaign_id: UUID, speaker_id: UUID) -> list[bytes]:
    """Return the voices of the campaign's other enrolled speakers, the latest first, bounded."""
    rows = SpeakerVoice.objects.filter(campaign_id=campaign_id).exclude(speaker_id=speaker_id)
    latest = rows.order_by("-made_at").values_list("embedding", flat=True)[:MOST_COMPARED]
    return [bytes(row) for row in latest.iterator(chunk_size=2_000)]


def add_sample(*, speaker: Speaker, clip_id: UUID, embedding: bytes, now: datetime) -> list[bytes]:
    """Keep a clip's voice for the enrolment; returns all samples once they are enough, else none.

    The caller holds the rows of the speaker and of the clip, in one transaction, and writes the
    mean by `enrol`. An enrolled speaker's further clips are not kept; the same clip again changes
    nothing. Without a live consent to it nothing is kept.
    """
    if not allows_voice(speaker.pk) or SpeakerVoice.objects.filter(speaker=speaker).exists():
        return []
    VoiceSample.objects.get_or_create(
        clip=clip_id, defaults={"speaker": speaker, "embedding": embedding, "made_at": now}
    )
    samples = voice_samples(speaker.pk)
    return samples if len(samples) == ENROLLING else []


def enrol(*, speaker: Speaker, embedding: bytes, now: datetime) -> None:
    """Write how a speaker sounds, in the transaction of their last sample."""
    SpeakerVoice.objects.update_or_create(
        speaker=speaker,
        defaults={"campaign_id": speaker.campaign_id, "embedding": embedding, "made_at": now},
    )


def forget_clip(clip_id: UUID) -> None:
    """Delete a clip's sample, and the voice that was made of it; in the caller's transaction."""
    sample = VoiceSample.objects.filter(clip=clip_id).first()
    if sample is None:
        return
    SpeakerVoice.objects.filter(speaker_id=sample.speaker_id).delete()
    sample.delete()


def forget_speaker(speaker_id: UUID) -> None:
    """Delete everything that is kept of a speaker's voice; in the caller's transaction."""
    # Whoever writes a voice holds this row, so that none is written beside the deletion.
    list(Speaker.objects.select_for_update().filter(pk=speaker_id).values_list("pk"))
    SpeakerVoice.objects.filter(speaker_id=speaker_id).delete()
    VoiceSample.objects.filter(speaker_id=speaker_id).delete()
