"""Was this text read? Whisper is given the text and says how likely each of its tokens is.

Forced scoring, by CTranslate2: the sound is encoded once, and the decoder is made to say the
prompt's text. The encoder sees the clip and one second more instead of 30 s, at an eighth of the
cost. Works with every Whisper model in CTranslate2's form, also fine-tuned ones.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

# The door to the model hub stays shut: read by huggingface_hub when faster_whisper imports it.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import ctranslate2
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from workers.audio.models.files import ModelInvalid
from workers.audio.models.mel import Floats
from workers.audio.models.registry import PromptScore
from workers.audio.models.whisper_folder import WhisperFolder

LONGEST_S = 30.0  # what Whisper's encoder has places for
_LONGEST_FRAMES = 3_000
_CONTEXT_FRAMES = 100
# The decoder has 448 places, some for its own signs.
_MOST_TOKENS = 440
_LAST_TOKENS = 3
_LEAST_PROBABILITY = 1e-9


class WhisperScorer:
    """One Whisper model, loaded on one thread, for one language."""

    def __init__(self, folder: WhisperFolder) -> None:
        try:
            self._whisper = WhisperModel(
                str(folder.path),
                device="cpu",
                compute_type="int8",
                cpu_threads=1,
                num_workers=1,
                local_files_only=True,
            )
            many = self._whisper.model.is_multilingual
            self._tokenizer = Tokenizer(
                self._whisper.hf_tokenizer,
                many,
                task="transcribe" if many else None,
                language=folder.whisper_language if many else None,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelInvalid(
                f"{folder.path} holds no Whisper model that loads: {error}"
            ) from error

    def score(self, x: Floats, wordings: Sequence[Sequence[str]]) -> PromptScore | None:
        """Return the score of the likeliest of several wordings of one text.

        `x`: 16 kHz mono, of which the first 30 s count; `wordings`: words as the model writes
        them. None where there is nothing to say.
        """
        texts = [self._tokenizer.encode(" " + " ".join(words)) for words in wordings if words]
        if not len(x) or not any(texts):
            return None
        features = self._whisper.feature_extractor(x)
        frames = min(features.shape[-1], _LONGEST_FRAMES)
        places = min(_LONGEST_FRAMES, frames + _CONTEXT_FRAMES)
        places += places % 2
        padded = np.zeros((1, features.shape[0], places), np.float32)
        padded[0, :, :frames] = features[:, :frames]
        encoded = self._whisper.model.encode(ctranslate2.StorageView.from_array(padded))
        start = self._tokenizer.sot_sequence
        scores = []
        for tokens in texts:
            aligned = self._whisper.model.align(encoded, start, [tokens[:_MOST_TOKENS]], frames)
            scores.append(_score(aligned[0].text_token_probs))
        return max(scores, key=lambda score: score.mean)


def _score(probabilities: Sequence[float]) -> PromptScore:
    # A probability that is no number counts as none.
    known = np.nan_to_num(np.asarray(probabilities, np.float64), nan=0.0)
    logs = np.log(np.clip(known, _LEAST_PROBABILITY, 1.0))
    return PromptScore(
        mean=float(logs.mean()), end=float(logs[-_LAST_TOKENS:].mean()), lowest=float(logs.min())
    )
