"""Power spectra of 16 kHz sound in short frames, worked out once for all that asks for them."""

from __future__ import annotations

import numpy as np
import scipy.fft

from workers.audio.sound import Floats

LENGTH, HOP = 1_024, 256  # 64 ms every 16 ms: bins of 15.6 Hz
_AT_A_TIME = 64
_WINDOW = np.hanning(LENGTH).astype(np.float32)


def power_spectra(x: Floats) -> Floats:
    """Return |FFT|^2 of each frame of `x` (samples,) under a Hann window, float32, shape
    (1 + (samples - 1024) // 256, 513); sound shorter than two frames is filled up with zeros.
    """
    if len(x) < LENGTH + HOP:
        x = np.pad(x, (0, LENGTH + HOP - len(x)))
    frames = np.lib.stride_tricks.sliding_window_view(x, LENGTH)[::HOP]
    power = np.empty((len(frames), LENGTH // 2 + 1), np.float32)
    # Some at a time: what is worked on stays in the cache.
    for start in range(0, len(frames), _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        spectrum = scipy.fft.rfft(frames[part] * _WINDOW, axis=1)
        np.square(spectrum.real, out=power[part])
        power[part] += np.square(spectrum.imag)
    return power
