"""Where somebody speaks: the Silero voice detector (MIT), a whole clip in one call.

Only the network's file is read from the wheel `silero-vad`; its package would want torch. The
network is a spectrum, four convolutions of 3 taps, and an LSTM that hears one row for each 512
samples. ONNX Runtime convolves a clip row by row, four places at a time; here many rows are one
matrix product, and the spectrum is an FFT where the file has a convolution with 258 filters. The
LSTM is the file's own. All in all it takes two fifths of the time and gives the same within 1e-5.
"""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
import scipy.fft

from workers.audio.onnx_file import cut_after, weights
from workers.audio.onnx_session import open_session
from workers.audio.sound import Floats
from workers.audio.wheel_files import wheel_file

#: Samples at 16 kHz that one probability stands for, 32 ms.
BLOCK = 512
# Each row is 64 samples that were heard already, 512 new ones, and the last 64 of those mirrored.
_CONTEXT = 64
_LENGTH, _HOP, _FRAMES = 256, 128, 4
_BINS = _LENGTH // 2 + 1
_TAPS = 3
_WINDOW = np.hanning(_LENGTH + 1)[:-1].astype(np.float32)
# Some at a time: what is worked on stays in the cache.
_ROWS = 128
_ENCODED = "/Relu_3_output_0"
_SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"


def speech_probabilities(mono_16_khz: Floats) -> Floats:
    """Return the probability of speech, 0 to 1, for each 512 samples of `mono_16_khz`, shape
    (ceil(samples / 512),).

    The sound is free of offset; its last block is filled up with zeros. Raises ModelMissing where
    the network is not installed.
    """
    network = _network(os.getpid())
    count = -(-len(mono_16_khz) // BLOCK)
    heard = np.zeros(_CONTEXT + count * BLOCK, np.float32)
    heard[_CONTEXT : _CONTEXT + len(mono_16_khz)] = mono_16_khz
    encoded = [
        network.encode(heard[first * BLOCK : (first + _ROWS) * BLOCK + _CONTEXT])
        for first in range(0, count, _ROWS)
    ]
    return network.listen(np.concatenate(encoded))


class _Network:
    """The network's weights and what is left of its file."""

    def __init__(self, file: bytes) -> None:
        found = weights(file)
        self._layers = [_matrix(found, layer) for layer in range(4)]
        self._session = open_session(
            cut_after(file, _ENCODED, instead_of="input", shape=("rows", 128, 1))
        )

    def encode(self, heard: Floats) -> Floats:
        """Return (rows, 128) of sound (64 + 512 rows,) whose first 64 samples were heard before."""
        sizes = _spectra(heard)
        rows = len(sizes)
        first = self._layer(0, _taps(sizes, places=_FRAMES, step=1))
        halved = _padded(first.reshape(rows, _FRAMES, -1))
        second = self._layer(1, _taps(halved, places=2, step=2)).reshape(rows, 2, -1)
        # Two places, of which the third convolution makes one and the fourth keeps one: the tap
        # before, and for the fourth the one behind, meets nothing but zeros.
        third = self._layer(2, second.reshape(rows, -1), taps=slice(1, 3))
        return self._layer(3, third, taps=slice(1, 2))

    def listen(self, encoded: Floats) -> Floats:
        """Return a probability for each row."""
        state = np.zeros((1, 1, 128), np.float32)
        given = {_ENCODED: encoded[:, :, None], "h": state, "c": state}
        probabilities: Floats = self._session.run(["speech_probs"], given)[0].ravel()
        return probabilities

    def _layer(self, number: int, rows: Floats, taps: slice = slice(None)) -> Floats:
        matrix, bias = self._layers[number]
        used = matrix[taps]
        made: Floats = rows @ used.reshape(-1, used.shape[-1])
        made += bias
        return np.maximum(made, 0, out=made)


def _matrix(found: dict[str, Floats], layer: int) -> tuple[Floats, Floats]:
    """Return a convolution's weights as (taps, channels in, channels out), and its bias."""
    convolution = found[f"encoder.{layer}.weight"].transpose(2, 1, 0)
    return np.ascontiguousarray(convolution), found[f"encoder.{layer}.bias"]


def _spectra(heard: Floats) -> Floats:
    """Return sizes of spectra, (rows, 6, 129): four frames of each row between one of zeros before
    and behind.
    """
    rows = len(heard) // BLOCK
    frames = np.empty((rows, _FRAMES, _LENGTH), np.float32)
    every = np.lib.stride_tricks.sliding_window_view(heard, _LENGTH)[::_HOP]
    for frame in range(_FRAMES - 1):
        frames[:, frame] = every[frame::_FRAMES][:rows]
    last = heard[_CONTEXT:].reshape(rows, BLOCK)[:, -(_LENGTH - _CONTEXT) :]
    frames[:, -1, : _LENGTH - _CONTEXT] = last
    frames[:, -1, _LENGTH - _CONTEXT :] = last[:, -2 : -2 - _CONTEXT : -1]
    frames *= _WINDOW
    spectrum = scipy.fft.rfft(frames, axis=2)
    sizes = np.zeros((rows, _FRAMES + 2, _BINS), np.float32)
    inner = sizes[:, 1:-1]
    np.square(spectrum.real, out=inner)
    inner += np.square(spectrum.imag)
    np.sqrt(inner, out=inner)
    return sizes


def _padded(values: Floats) -> Floats:
    """Return (rows, places, channels) with a place of zeros before and behind."""
    return np.pad(values, ((0, 0), (1, 1), (0, 0)))


def _taps(padded: Floats, *, places: int, step: int) -> Floats:
    """Return what three taps meet at each place, shape (rows x places, 3 x channels)."""
    rows, _, channels = padded.shape
    by_row, by_place, by_channel = padded.strides
    met = np.lib.stride_tricks.as_strided(
        padded, (rows, places, _TAPS * channels), (by_row, by_place * step, by_channel)
    )
    return met.reshape(rows * places, _TAPS * channels)


@lru_cache(maxsize=1)
def _network(_process: int) -> _Network:
    """Return this process's network: one that was made before a fork belongs to the parent."""
    path = wheel_file("silero_vad", "data/silero_vad_16k_sequence.onnx", sha256=_SHA256)
    return _Network(path.read_bytes())
