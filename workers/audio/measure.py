"""The measures of a clip: plain numbers from decoded sound, each defined in docs/quality.md."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workers.audio.abrupt import start_over_noise_db
from workers.audio.activity import find_activity
from workers.audio.clipping import (
    blurred_clipping,
    crowding,
    full_scale_share,
    plateau_share,
)
from workers.audio.levels import levels_of
from workers.audio.resample import at_16_khz
from workers.audio.sound import Floats, Sound
from workers.audio.spoken import measure_speech
from workers.audio.zeros import longest_zero_run, zero_gaps, zero_runs

_FLOOR_DB = -120.0


@dataclass(frozen=True)
class Measured:
    """The measures by name, the 16 kHz mono sound and the spectra they were partly taken from, and
    the names of the models that were not there.
    """

    values: dict[str, float]
    mono_16_khz: Floats
    spectra: Floats
    missing_models: tuple[str, ...] = ()


def measure(sound: Sound) -> Measured:
    """Measure the louder channel of `sound`; levels in dB re full scale, times in seconds, shares
    from 0 to 1.

    Every value is finite. A measure that has no meaning for this sound is left out, not set to
    zero.
    """
    native = sound.mono()
    levels = levels_of(native)
    zeros = zero_runs(native)
    low = at_16_khz(native, sound.rate)
    activity = find_activity(low)
    values = {
        "decodable": 1.0,
        "decode_faults": float(sound.faults),
        "duration_s": sound.duration_s,
        "stopped_early": float(sound.stopped),
        "sample_rate_hz": float(sound.rate),
        "channels": float(len(sound.channels)),
        "peak": levels.peak,
        "dc": abs(levels.offset),
        "rms_dbfs": _db(levels.power),
        "full_scale_share": full_scale_share(native),
        "zero_run_s": longest_zero_run(native, zeros) / sound.rate,
        "range_db": activity.range_db,
        "active_s": activity.active_s,
        "active_ratio": activity.active_s / sound.duration_s,
        "noise_dbov": activity.noise_dbov,
    }
    optional = {
        "active_level_dbov": activity.level_dbov,
        "snr_db": activity.snr_db,
        "edge_start_db": activity.edge_start_db,
        "start_over_noise_db": (
            None if activity.level_dbov is None else start_over_noise_db(low, activity.level_dbov)
        ),
        # Where decoding was ended on purpose the last sample is not the take's end.
        "edge_end_db": None if sound.stopped else activity.edge_end_db,
    }
    values |= {name: value for name, value in optional.items() if value is not None}
    if activity.first_s is not None and activity.last_s is not None:
        values["lead_s"] = activity.first_s
        values["trail_s"] = max(0.0, sound.duration_s - activity.last_s)
    if not sound.lossy:
        values["plateau_share"] = plateau_share(native)
        values["zero_gaps"] = float(zero_gaps(native, sound.rate, zeros))
    elif activity.active_s > 0:
        band, spread = crowding(low)
        values |= {"band_share": band, "spread_db": spread}
        values["blurred_clipping"] = blurred_clipping(band_share=band, spread_db=spread)
    spoken = measure_speech(low, stopped=sound.stopped)
    values |= spoken.values
    return Measured(
        values={name: round(value, 6) for name, value in values.items()},
        mono_16_khz=low,
        spectra=spoken.spectra,
        missing_models=() if spoken.heard else ("voice",),
    )


def missing_ratio(*, decoded_s: float, claims_s: list[float | None]) -> float | None:
    """Return the share of the longest claimed duration that did not decode, 0 when nothing is
    missing.

    A claim is what the phone or the container says in seconds. A tenth of a second is forgiven: a
    phone that times a take by its clock counts the microphone's start. None when nobody claimed
    anything.
    """
    claims = [
        claim for claim in claims_s if claim is not None and math.isfinite(claim) and claim > 0
    ]
    if not claims:
        return None
    longest = max(claims)
    return round(max(0.0, longest - decoded_s - 0.1) / longest, 6)


def _db(power: float) -> float:
    return max(_FLOOR_DB, 10 * math.log10(power)) if power > 0 else _FLOOR_DB
