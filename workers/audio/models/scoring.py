"""Score one clip with every model that is there; what is missing is named and left out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workers.audio.models.dnsmos import Dnsmos, levelled, load_dnsmos
from workers.audio.models.mel import Floats
from workers.audio.models.registry import PromptScore, PromptScorer, find_prompt_models, serving
from workers.audio.models.speaker_voice import SpeakerVoice, halves_similarity, load_speaker_voice
from workers.audio.models.speaker_voice import unit as unit_length
from workers.audio.models.text import wordings
from workers.audio.models.whisper_scorer import LONGEST_S, WhisperScorer
from workers.audio.voice import BLOCK, speech_probabilities
from workers.audio.wheel_files import ModelMissing

RATE = 16_000
# Less speech than one window of the network says little of a voice.
_VOICE_S = 1.6
# Of a take too long for the scorer, the text's beginning: a slow beginning still reaches this far.
_PREFIX = 0.8
_FREE_SPEECH = "question"


@dataclass(frozen=True)
class Scores:
    """What the models say: measures by name, facts in words, and the voice (256 float32, length 1).

    The voice is biometric data: it is kept only where the speaker allowed it, and never told.
    """

    measures: dict[str, float]
    facts: dict[str, str]
    voice: Floats | None


class Models:
    """The models of one process, each loaded when it is first asked; all on one thread."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._prompt_models = find_prompt_models(folder)
        self._prompt_scorers: dict[str, PromptScorer] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The language tags for whose texts there is a scorer."""
        return tuple(sorted(self._prompt_models))

    @cached_property
    def dnsmos(self) -> Dnsmos | None:
        """The quality model."""
        return load_dnsmos(self._folder)

    @cached_property
    def speaker_voice(self) -> SpeakerVoice | None:
        """The speaker model."""
        return load_speaker_voice(self._folder)

    def prompt_scorer(self, language: str) -> PromptScorer | None:
        """Return the scorer of a BCP-47 tag's texts; raises ModelInvalid when it does not load."""
        model = serving(language, self._prompt_models)
        if model is None:
            return None
        if model.language not in self._prompt_scorers:
            self._prompt_scorers[model.language] = WhisperScorer(model)
        return self._prompt_scorers[model.language]

    def score(
        self,
        mono_16_khz: Floats,
        *,
        text: str,
        language: str,
        kind: str,
        repeats: int = 1,
        with_voice: bool = False,
    ) -> Scores:
        """Return what the models say of a clip, 16 kHz mono; every value is finite.

        `text` is what the prompt of this `kind` and BCP-47 `language` asks to say, `repeats` times;
        an answer to a question has no text. The voice is told only `with_voice`. Sound without
        speech is not scored: that is the signal's to judge. Raises ModelInvalid when an operator's
        model does not load.
        """
        offset = mono_16_khz.mean(dtype=np.float64) if len(mono_16_khz) else 0.0
        x = mono_16_khz - np.float32(offset)
        missing: list[str] = []
        measures: dict[str, float] = {}
        speech = speech_of(x)
        if not speech.any():
            return Scores({}, {"unscored": "no speech"}, None)
        if kind != _FREE_SPEECH:
            measures |= self._prompt(x, text, language, repeats, missing)
        measures |= self._quality(x, speech, missing)
        voice, similarity = self._voice(x, speech, missing)
        measures |= similarity
        facts = {"missing_models": " ".join(missing)} if missing else {}
        finite = {name: round(v, 6) for name, v in measures.items() if np.isfinite(v)}
        return Scores(finite, facts, voice if with_voice else None)

    def _prompt(
        self, x: Floats, text: str, language: str, repeats: int, missing: list[str]
    ) -> dict[str, float]:
        scorer = self.prompt_scorer(language)
        if scorer is None:
            missing.append("prompt")
            return {}
        words = wordings(text, language=language, repeats=repeats)
        seconds = len(x) / RATE
        if seconds > LONGEST_S:
            share = _PREFIX * LONGEST_S / seconds
            words = [wording[: int(len(wording) * share)] for wording in words]
        score = scorer.score(x[: int(LONGEST_S * RATE)], words)
        return {} if score is None else _prompt_measures(score, whole=seconds <= LONGEST_S)

    def _quality(
        self, x: Floats, speech: npt.NDArray[np.bool_], missing: list[str]
    ) -> dict[str, float]:
        if self.dnsmos is None:
            missing.append("quality")
            return {}
        quality = self.dnsmos.score(levelled(x, speech))
        return {
            "mos_ovrl": quality.ovrl,
            "mos_sig": quality.sig,
            "mos_bak": quality.bak,
            "mos_p808": quality.p808,
        }

    def _voice(
        self, x: Floats, speech: npt.NDArray[np.bool_], missing: list[str]
    ) -> tuple[Floats | None, dict[str, float]]:
        if self.speaker_voice is None:
            missing.append("speaker")
            return None, {}
        if speech.sum() < _VOICE_S * RATE:
            return None, {}
        windows = self.speaker_voice.windows(x, speech)
        similarity = halves_similarity(windows)
        told = {} if similarity is None else {"halves_similarity": similarity}
        return unit_length(windows.mean(axis=0)), told


def load_models(folder: Path | None) -> Models:
    """Return this process's models; raises ModelInvalid for a faulty operator's folder."""
    # What was loaded before a fork belongs to the parent, with its threads.
    return _models(folder, os.getpid())


@lru_cache(maxsize=4)
def _models(folder: Path | None, _process: int) -> Models:
    return Models(folder)


def _prompt_measures(score: PromptScore, *, whole: bool) -> dict[str, float]:
    ends = {"prompt_end_logprob": score.end} if whole else {}
    return {"prompt_logprob": score.mean, "prompt_low_logprob": score.lowest} | ends


def speech_of(x: Floats) -> npt.NDArray[np.bool_]:
    """Return which samples of 16 kHz sound are speech; all where no detector is installed."""
    if not len(x):
        return np.zeros(0, bool)
    try:
        probabilities = speech_probabilities(x)
    except ModelMissing:
        return np.ones(len(x), bool)
    return np.repeat(probabilities >= 0.5, BLOCK)[: len(x)]
