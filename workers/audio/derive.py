"""Write the 16 kHz mono FLAC that people hear and releases ship; equal sound gives equal bytes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import soundfile

from workers.audio.resample import RATE
from workers.audio.sound import Floats


@dataclass(frozen=True)
class DerivedAudio:
    """A FLAC file, its SHA-256 and that of its samples (16-bit little-endian), and how many they
    are.
    """

    data: bytes
    sha256: str
    pcm_sha256: str
    samples: int
    sample_rate: int = RATE


def derive(mono_16_khz: Floats) -> DerivedAudio:
    """Encode float sound (samples,) at 16 kHz as 16-bit FLAC; values beyond full scale are held at
    it.

    No dither: a 16-bit 16 kHz original comes out with its very samples, and two runs give equal
    bytes.
    """
    # Exact in single precision: the factor is a power of two.
    scaled = np.rint(mono_16_khz * np.float32(32768))
    pcm = np.clip(scaled, -32768, 32767, out=scaled).astype("<i2")
    file = io.BytesIO()
    soundfile.write(file, pcm, RATE, format="FLAC", subtype="PCM_16")
    data = file.getvalue()
    return DerivedAudio(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        pcm_sha256=hashlib.sha256(pcm.tobytes()).hexdigest(),
        samples=len(pcm),
    )
