"""Where speech is by the voice detector, how loud it is, and what lies between it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.audio.frames import FRAME, FRAME_S, HOP, HOP_S, Powers
from workers.audio.sound import Floats
from workers.audio.voice import BLOCK

_SPEECH_P, _SILENCE_P = 0.5, 0.1
# Background is what lies 30 ms from anything that may be speech, to either side.
_AWAY_FRAMES = 7
_FEWEST_BACKGROUND = 5
_BACKGROUND_PERCENTILE = 3
_START_BLOCKS, _END_BLOCKS = 3, 4
_FLOOR = 1e-12
_LEAST_RATIO = 1e-3


@dataclass(frozen=True)
class Speech:
    """Speech in one clip. `frames` says which 10 ms frames are speech; `noise_power` is the median
    power of the frames that are surely none. Seconds, dBov (0 is the power of a full-scale square
    wave, ITU-T G.100.1), probabilities; None where there is no speech.
    """

    frames: npt.NDArray[np.bool_]
    noise_power: float
    speech_s: float
    start_p: float
    end_p: float
    lead_s: float | None = None
    trail_s: float | None = None
    level_dbov: float | None = None
    snr_db: float | None = None


def find_speech(power: Powers, probabilities: Floats, samples: int) -> Speech:
    """Return the speech of a clip of `samples` at 16 kHz from its frame powers (`frame_power`) and
    the detector's answers (`speech_probabilities`).
    """
    middle = np.minimum(np.arange(len(power)) * HOP + FRAME // 2, samples - 1)
    voice = probabilities[middle // BLOCK]
    frames = voice >= _SPEECH_P
    noise = _noise_power(power, voice)
    found = Speech(
        frames=frames,
        noise_power=noise,
        speech_s=HOP_S * int(frames.sum()),
        start_p=float(probabilities[:_START_BLOCKS].max()),
        end_p=float(probabilities[-_END_BLOCKS:].max()),
    )
    if not found.speech_s:
        return found
    loud = float(power[frames].mean())
    first, last = (int(at) for at in np.flatnonzero(frames)[[0, -1]])
    without_noise = max(loud - noise, _LEAST_RATIO * noise)
    return Speech(
        frames=frames,
        noise_power=noise,
        speech_s=found.speech_s,
        start_p=found.start_p,
        end_p=found.end_p,
        lead_s=HOP_S * first,
        trail_s=max(0.0, samples / 16_000 - HOP_S * last - FRAME_S),
        level_dbov=10 * math.log10(max(loud, _FLOOR)),
        snr_db=10 * math.log10(max(without_noise / max(noise, _FLOOR), _FLOOR)),
    )


def _noise_power(power: Powers, voice: Floats) -> float:
    silent = (voice < _SILENCE_P).astype(np.int32)
    away = np.convolve(silent, np.ones(_AWAY_FRAMES, np.int32), "same")[: len(silent)]
    background = away == _AWAY_FRAMES
    if background.sum() >= _FEWEST_BACKGROUND:
        return float(np.median(power[background]))
    return float(np.percentile(np.maximum(power, _FLOOR), _BACKGROUND_PERCENTILE))
