"""Power spectra and mel filters as the models were trained on them (librosa's defaults)."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import scipy.fft

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# Slaney's mel scale: linear to 1 kHz, 15 mels; then 27 mels for each factor of 6.4.
_LINEAR_HZ, _BREAK_HZ, _BREAK_MEL = 200 / 3, 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27


def power_frames(x: Floats, *, size: int, hop: int) -> Floats:
    """Return |FFT|^2 of `x` in frames under a periodic Hann window, (frames, size // 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::hop]
    # SciPy's is three times as fast for sizes such as 321, of which a factor is a large prime.
    spectrum = scipy.fft.rfft(frames * _hann(size), axis=1)
    power: Floats = np.square(spectrum.real) + np.square(spectrum.imag)
    return power.astype(np.float32, copy=False)


@cache
def _hann(size: int) -> Floats:
    window: Floats = np.hanning(size + 1)[:-1].astype(np.float32)
    return window


@cache
def mel_filters(*, rate: int, size: int, bands: int) -> Floats:
    """Return triangular filters of equal area (Slaney), (bands, size // 2 + 1)."""
    hertz = np.fft.rfftfreq(size, 1 / rate)
    highest = float(_to_mel(np.array([rate / 2], np.float64))[0])
    corners = _to_hertz(np.linspace(0.0, highest, bands + 2, dtype=np.float64))
    rising = (hertz[None] - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - hertz[None]) / np.diff(corners)[1:, None]
    area = 2 / (corners[2:] - corners[:-2])
    filters: Floats = (np.maximum(0, np.minimum(rising, falling)) * area[:, None]).astype(
        np.float32
    )
    return filters


def _to_mel(hertz: Doubles) -> Doubles:
    above = _BREAK_MEL + np.log(np.maximum(hertz, 1e-9) / _BREAK_HZ) / _LOG_STEP
    return np.where(hertz < _BREAK_HZ, hertz / _LINEAR_HZ, above)


def _to_hertz(mel: Doubles) -> Doubles:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, above)
