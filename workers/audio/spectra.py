"""Power spectra of 16 kHz sound in short frames, worked out once for all that asks for them."""

from __future__ import annotations

import numpy as np
import scipy.fft

from workers.audio.sound import Floats

LENGTH, HOP = 1_024, 256  # 64 ms every 16 ms: bins of 15.6 Hz
_WINDOW = np.hanning(LENGTH).astype(np.float32)


def power_spectra(x: Floats) -> Floats:
    """Return |FFT|^2 of each frame of `x` (samples,) under a Hann window, float32, shape
    (1 + (samples - 1024) // 256, 513); sound shorter than a frame is filled up with zeros.
    """
    padded = np.pad(x, (0, max(0, LENGTH - len(x))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, LENGTH)[::HOP]
    spectrum = scipy.fft.rfft(frames * _WINDOW, axis=1)
    power: Floats = spectrum.real**2
    power += spectrum.imag**2
    return power
