"""The voices of one set of files, in memory: who is enrolled, and who sounds like whom.

The rule is that of the platform (backend/quality/voices.py, workers/jobs/score_clip.py): a
speaker's first clips that pass make their enrolment, and every pair of speakers is compared once.
"""

from collections import defaultdict

from backend.quality.profile import Severity
from backend.quality.verdict import Outcome, Verdict
from backend.speakers.voices import ENROLLING
from workers.audio.models.voice_bytes import closest, mean_voice


class KnownVoices:
    """Voices by speaker, each 256 little-endian float16; nothing of them leaves this process."""

    def __init__(self) -> None:
        """Know nobody."""
        self._samples: dict[str, list[bytes]] = defaultdict(list)
        self._enrolled: dict[str, bytes] = {}

    def compare(self, speaker: str, voice: bytes) -> dict[str, float]:
        """Return how close a voice is to its enrolled speaker's; of the one that would complete
        the enrolment, how close the speaker is to the closest other one.
        """
        if speaker in self._enrolled:
            return _told("speaker_similarity", closest(voice, [self._enrolled[speaker]]))
        samples = self._samples[speaker]
        if len(samples) < ENROLLING - 1:
            return {}
        others = list(self._enrolled.values())
        return _told("other_speaker_similarity", closest(mean_voice([*samples, voice]), others))

    def learn(self, speaker: str, voice: bytes, verdict: Verdict) -> None:
        """Take the voice for the speaker's enrolment, where the clip passed and more are needed."""
        if speaker in self._enrolled or not _teaches(verdict):
            return
        samples = self._samples[speaker]
        samples.append(voice)
        if len(samples) == ENROLLING:
            self._enrolled[speaker] = mean_voice(samples)


def _told(name: str, similarity: float | None) -> dict[str, float]:
    return {} if similarity is None else {name: round(similarity, 6)}


def _teaches(verdict: Verdict) -> bool:
    grave = {r.measure for r in verdict.reasons if r.severity != Severity.HINT}
    only_alike = verdict.outcome is Outcome.REVIEW and grave == {"other_speaker_similarity"}
    return verdict.outcome is Outcome.PASS or only_alike
