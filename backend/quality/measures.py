"""Pure: every measure a rule may look at, with its unit; docs/quality.md has the formulas."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MEASURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "decodable": "1 when the bytes are a readable recording of the declared type, else 0",
        "decode_faults": "count of errors and wrong checksums met while decoding",
        "duration_s": "seconds of decoded sound",
        "stopped_early": "1 when the bound ended decoding, or on the phone the take, else 0",
        "missing_ratio": "share of the claimed duration that did not decode",
        "sample_rate_hz": "native rate, Hz",
        "channels": "count",
        "peak": "largest amplitude, 1 is full scale",
        "dc": "amplitude of the offset, 1 is full scale",
        "rms_dbfs": "level of the whole clip, dB re full scale",
        "full_scale_share": "share of samples at or beyond full scale",
        "plateau_share": "share of samples on plateaus at the peak, lossless sound only",
        "band_share": "share of larger maxima crowded at one height, coded sound only",
        "spread_db": "99.9 % amplitude over 99 % amplitude, dB, coded sound only",
        "zero_run_s": "longest run of zeros inside the clip, seconds",
        "zero_gaps": "count of runs of zeros with sound before and behind, lossless sound only",
        "range_db": "95 % over 5 % of frame levels, dB",
        "active_s": "seconds in which sound rises above the background",
        "active_ratio": "share of the clip that is active",
        "active_level_dbov": "level of the active frames, dBov",
        "noise_dbov": "level of the background, dBov",
        "snr_db": "activity without the background over the background, dB",
        "edge_start_db": "first 100 ms without the background over the activity, dB",
        "edge_end_db": "last 100 ms without the background over the activity, dB",
        "lead_s": "seconds before the first activity",
        "trail_s": "seconds after the last activity",
        "speech_expected_ratio": "active seconds over the time the prompt's text takes to say",
    }
)
