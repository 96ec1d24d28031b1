"""Voices within a set of files: who is enrolled by what, and what is compared."""

import numpy as np

from backend.quality.verdict import Outcome, Reason, Verdict
from workers.audio.models.voice_bytes import pack_voice
from workers.known_voices import KnownVoices

PASS = Verdict(Outcome.PASS, ())
REVIEW = Verdict(Outcome.REVIEW, (Reason("noisy", "snr_db", 9.0, 12.0, "review", ""),))
ALIKE = Verdict(
    Outcome.REVIEW,
    (Reason("other_speaker", "other_speaker_similarity", 0.95, 0.9, "review", ""),),
)


def voice(number: int) -> bytes:
    """A voice at a right angle to every other number's."""
    numbers = np.zeros(256, np.float32)
    numbers[number] = 1
    return pack_voice(numbers)


def heard(voices: KnownVoices, speaker: str, number: int, verdict: Verdict) -> dict[str, float]:
    """Compare a voice, then learn it, as one file after the other is judged."""
    told = voices.compare(speaker, voice(number))
    voices.learn(speaker, voice(number), verdict)
    return told


def test_three_clips_that_passed_enrol_a_speaker_and_later_ones_are_compared() -> None:
    voices = KnownVoices()
    assert [heard(voices, "ana", 1, PASS) for _ in range(3)] == [{}, {}, {}]
    assert heard(voices, "ana", 1, PASS) == {"speaker_similarity": 1.0}
    assert heard(voices, "ana", 2, REVIEW) == {"speaker_similarity": 0.0}


def test_a_clip_that_did_not_pass_enrols_nobody() -> None:
    voices = KnownVoices()
    assert [heard(voices, "ana", 1, REVIEW) for _ in range(5)] == [{}] * 5


def test_one_voice_under_two_names_is_told_once_and_enrolled_all_the_same() -> None:
    voices = KnownVoices()
    for _ in range(3):
        heard(voices, "ana", 1, PASS)
    told = [heard(voices, "ben", 1, verdict) for verdict in (PASS, PASS, ALIKE, PASS)]
    assert told == [{}, {}, {"other_speaker_similarity": 1.0}, {"speaker_similarity": 1.0}]
