"""The sound of a voice as 256 numbers: GE2E (Wan et al. 2018), Resemblyzer's weights, in NumPy.

Two clips of one person lie close (cosine around 0.9), of two people further apart (around 0.6).
Whoever keeps such numbers of a person keeps biometric data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workers.audio.models.files import GE2E, ModelInvalid, find_file
from workers.audio.models.mel import Floats, mel_filters, power_frames
from workers.audio.models.torch_file import read_tensors

SIZE = 256
_LAYERS = 3
_FFT, _HOP, _BANDS = 400, 160, 40
_WINDOW, _STEP = 160, 77  # frames of 10 ms: 1.6 s, 1.3 windows a second
_BATCH = 24
_SHORTEST = 25_600  # samples of one window
_LEAST_PART = 3
_RAISED_TO = 10 ** (-30 / 20)


@dataclass(frozen=True)
class _Layer:
    """One LSTM layer; the gates that are sigmoids are scaled by half, so that one tanh does all:
    sigmoid(v) = (1 + tanh(v / 2)) / 2.
    """

    inward: Floats  # (inputs, 1024)
    again: Floats  # (256, 1024)
    bias: Floats  # (1024,)


class SpeakerVoice:
    """The network, loaded."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), SIZE)
        try:
            self._layers = [
                _Layer(
                    inward=np.ascontiguousarray(weights[f"lstm.weight_ih_l{n}"].T * half),
                    again=np.ascontiguousarray(weights[f"lstm.weight_hh_l{n}"].T * half),
                    bias=(weights[f"lstm.bias_ih_l{n}"] + weights[f"lstm.bias_hh_l{n}"]) * half,
                )
                for n in range(_LAYERS)
            ]
            self._out = np.ascontiguousarray(weights["linear.weight"].T)
            self._out_bias = weights["linear.bias"]
        except (KeyError, ValueError) as error:
            raise ModelInvalid("the weights are not those of a GE2E network") from error

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
        # In batches: a minute at once would hold some 200 MB.
        batches = range(0, len(starts), _BATCH)
        return np.concatenate([self._embedded(mel, starts[n : n + _BATCH]) for n in batches])

    def _embedded(self, mel: Floats, starts: npt.NDArray[np.intp]) -> Floats:
        """Run the LSTM over the windows of `mel` that begin at `starts`, all in step."""
        first, *later = self._layers
        # Overlapping windows share the first layer's input: worked out once a frame. Time comes
        # first, so that each step reads one block of memory.
        gates = (mel @ first.inward + first.bias)[np.arange(_WINDOW)[:, None] + starts]
        hidden = _run(gates, first.again)
        for layer in later:
            steps, windows, size = hidden.shape
            gates = hidden.reshape(-1, size) @ layer.inward + layer.bias
            hidden = _run(gates.reshape(steps, windows, -1), layer.again)
        return unit(np.maximum(hidden[-1] @ self._out + self._out_bias, 0))


def _run(gates: Floats, again: Floats) -> Floats:
    """Return every hidden state, (steps, windows, 256); `gates` (steps, windows, 1024) is spent."""
    steps, windows, _ = gates.shape
    hidden = np.empty((steps, windows, SIZE), np.float32)
    cell = np.zeros((windows, SIZE), np.float32)
    back = np.empty((windows, 4 * SIZE), np.float32)
    for step in range(steps):
        gate = gates[step]
        if step:
            np.matmul(hidden[step - 1], again, out=back)
            gate += back
        np.tanh(gate, out=gate)
        into, forget, new, out = (gate[:, n * SIZE : (n + 1) * SIZE] for n in range(4))
        cell *= 0.5 * forget + 0.5
        cell += (0.5 * into + 0.5) * new
        np.multiply(0.5 * out + 0.5, np.tanh(cell), out=hidden[step])
    return hidden


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
