"""The sound of a voice as 256 numbers: GE2E (Wan et al. 2018), Resemblyzer's weights.

Two clips of one person lie close (cosine around 0.9), of two people further apart (around 0.6).
Whoever keeps such numbers of a person keeps biometric data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from workers.audio.models.files import GE2E, ModelInvalid, find_file
from workers.audio.models.lstm_file import lstm_file
from workers.audio.models.mel import Floats, mel_filters, power_frames
from workers.audio.models.torch_file import read_tensors
from workers.audio.onnx_session import open_session

SIZE = 256
_LAYERS = 3
_FFT, _HOP, _BANDS = 400, 160, 40
_WINDOW, _STEP = 160, 77  # frames of 10 ms: 1.6 s, 1.3 windows a second
_BATCH = 48
_SHORTEST = 25_600  # samples of one window
_LEAST_PART = 3
_RAISED_TO = 10 ** (-30 / 20)


class SpeakerVoice:
    """The network, loaded."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        try:
            network = lstm_file(weights, layers=_LAYERS, size=SIZE, bands=_BANDS)
            self._out = np.ascontiguousarray(weights["linear.weight"].T)
            self._out_bias = weights["linear.bias"]
        except (KeyError, ValueError) as error:
            raise ModelInvalid("the weights are not those of a GE2E network") from error
        self._network = open_session(network)

    def windows(self, x: Floats, speech: npt.NDArray[np.bool_]) -> Floats:
        """Return unit vectors, one per 1.6 s window of the speech in `x`, (windows, 256).

        `x`: 16 kHz mono; `speech`: one boolean per sample. Less speech than one window is
        filled up with silence.
        """
        heard = x[speech] if speech.any() else x
        loudness = float(np.sqrt(np.mean(np.square(heard, dtype=np.float64)))) if len(heard) else 0
        heard = heard * np.float32(max(1.0, _RAISED_TO / (loudness + 1e-9)))
        heard = np.pad(heard, (0, max(0, _SHORTEST - len(heard))))
        power = power_frames(np.pad(heard, _FFT // 2), size=_FFT, hop=_HOP)
        mel = power @ mel_filters(rate=16_000, size=_FFT, bands=_BANDS).T
        starts = np.arange(0, max(1, len(mel) - _WINDOW + 1), _STEP)
        # In batches, so that ten minutes hold no more than 40 s do.
        batches = range(0, len(starts), _BATCH)
        return np.concatenate([self._embedded(mel, starts[n : n + _BATCH]) for n in batches])

    def _embedded(self, mel: Floats, starts: npt.NDArray[np.intp]) -> Floats:
        """Run the LSTM over the windows of `mel` that begin at `starts`, all in step."""
        frames = np.ascontiguousarray(mel[np.arange(_WINDOW)[:, None] + starts], np.float32)
        last = self._network.run(None, {"frames": frames})[0][0]
        return unit(np.maximum(last @ self._out + self._out_bias, 0))


def unit(vectors: Floats) -> Floats:
    """Return vectors (..., 256) of length 1; one of all zeros stays so."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / (length + 1e-9)).astype(np.float32)
    return scaled


def halves_similarity(windows: Floats) -> float | None:
    """Return the cosine of the two parts of a clip that differ most, wherever it is cut in two.

    `windows` (n, 256) in order. Each part has 3 windows or more (about 3 s of speech), and the
    window between them, which may hold both voices, is in neither; None for a shorter clip.
    """
    count = len(windows)
    if count < 2 * _LEAST_PART + 1:
        return None
    total = np.cumsum(windows, axis=0)
    cuts = np.arange(_LEAST_PART, count - _LEAST_PART)
    before, after = unit(total[cuts - 1]), unit(total[-1] - total[cuts])
    return float(np.min(np.sum(before * after, axis=1)))


def load_speaker_voice(folder: Path | None) -> SpeakerVoice | None:
    """Return the model, None where its file is missing; raises ModelInvalid."""
    path = find_file(GE2E, folder)
    if path is None:
        return None
    return SpeakerVoice(read_tensors(path.read_bytes(), state="model_state"))
