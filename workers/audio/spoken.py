"""The measures that take a voice detector or a spectrum, from 16 kHz mono sound."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workers.audio.bandwidth import high_over_low
from workers.audio.frames import frame_power, unit_power
from workers.audio.gaps import gap_count
from workers.audio.hum import hum_comb
from workers.audio.loudness import integrated_loudness
from workers.audio.reverberation import decay_rate
from workers.audio.sound import Floats
from workers.audio.spectra import power_spectra
from workers.audio.speech import Speech, find_speech
from workers.audio.voice import speech_probabilities
from workers.audio.wada import wada_snr
from workers.audio.wheel_files import ModelMissing

# An offset is taken off before levels and ratios are taken. A smaller one lies at -72 dBov, under
# any room, and taking it off soft 16-bit sound would make small values of its many zeros, of which
# WADA takes the logarithm.
_OFFSET = 2**-12
# WADA reads so much lower than the truth, on speech in white noise.
_WADA_SHORT_DB = 1.6
# With less the noise is taken for the end of each decay. Counted between the speech: reverberation
# itself lets WADA read low.
_DECAY_SNR_DB = 20.0


@dataclass(frozen=True)
class Spoken:
    """Measures by name, the power spectra they were partly taken from, and whether the voice
    detector was there.
    """

    values: dict[str, float]
    spectra: Floats
    heard: bool


def measure_speech(mono_16_khz: Floats, *, stopped: bool) -> Spoken:
    """Measure sound (samples,) at 16 kHz; `stopped`: its last sample is not the take's end.

    A measure that has no meaning for this sound is left out; without the voice detector all that
    would take it.
    """
    offset = float(mono_16_khz.mean(dtype=np.float64))
    x = mono_16_khz - np.float32(offset) if abs(offset) > _OFFSET else mono_16_khz
    units = unit_power(x)
    spectra = power_spectra(x)
    values: dict[str, float | None] = {
        "loudness_lufs": integrated_loudness(x),
        "wada_snr_db": wada_snr(x),
        "hum_db": hum_comb(x),
        "gap_count": float(gap_count(units)),
    }
    try:
        probabilities = speech_probabilities(x)
    except ModelMissing:
        return Spoken(_known(values), spectra, heard=False)
    power = frame_power(units)
    speech = find_speech(power, probabilities, len(x))
    values |= _of_speech(speech, wada_db=values["wada_snr_db"])
    values["speech_ratio"] = min(1.0, speech.speech_s * 16_000 / len(x))
    values["hf_lf_db"] = high_over_low(spectra, probabilities, len(x))
    if (speech.snr_db or 0.0) >= _DECAY_SNR_DB:
        values["decay_db_s"] = decay_rate(power, speech.noise_power)
    if stopped:
        values["speech_trail_s"] = values["speech_end_p"] = None
    return Spoken(_known(values), spectra, heard=True)


def pace(*, speech_s: float, expected_s: float) -> dict[str, float]:
    """Return how the seconds spoken compare with those that the text takes to say."""
    values = {"speech_share_expected": round(speech_s / expected_s, 6)}
    if speech_s > 0:
        rate = round(math.log(expected_s / speech_s), 6)
        values |= {"rate_log": rate, "rate_off": abs(rate)}
    return values


def _of_speech(speech: Speech, *, wada_db: float | None) -> dict[str, float | None]:
    ratios = [speech.snr_db, None if wada_db is None else wada_db + _WADA_SHORT_DB]
    known = [ratio for ratio in ratios if ratio is not None]
    return {
        "speech_s": speech.speech_s,
        "speech_lead_s": speech.lead_s,
        "speech_trail_s": speech.trail_s,
        "speech_start_p": speech.start_p,
        "speech_end_p": speech.end_p,
        "speech_level_dbov": speech.level_dbov,
        "vad_snr_db": speech.snr_db,
        "speech_snr_db": min(known) if speech.snr_db is not None else None,
    }


def _known(values: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
