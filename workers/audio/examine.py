"""Examine one upload: decode apart, measure, derive. Any bytes at all come back as measures, never
as an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workers.audio.apart import decode_apart
from workers.audio.derive import DerivedAudio, derive
from workers.audio.fingerprint import Fingerprint, fingerprint
from workers.audio.measure import measure, missing_ratio
from workers.audio.sound import Bounds, Floats, Sound, Undecodable
from workers.audio.spoken import pace

Decoder = Callable[..., Sound]


@dataclass(frozen=True)
class Examination:
    """Measures by name, facts in words (container, codec, fault, missing_models), and if there is
    sound its derivative, the decoded samples at 16 kHz that the models of the next stage hear, and
    by what it is known again.
    """

    measures: dict[str, float]
    facts: dict[str, str]
    derived: DerivedAudio | None
    mono_16_khz: Floats | None = field(default=None, compare=False, repr=False)
    fingerprint: Fingerprint | None = field(default=None, compare=False, repr=False)


def examine(
    data: bytes,
    *,
    content_type: str,
    declared_s: float | None = None,
    expected_s: float | None = None,
    bounds: Bounds | None = None,
    decoder: Decoder = decode_apart,
) -> Examination:
    """Return what can be told of `data`.

    `declared_s`: seconds that the phone said it recorded; `expected_s`: seconds that the prompt's
    text takes to say, None where the text is not what is said. `decoder` is `decode_apart`, or
    `decode` for files of one's own. Raises only DecoderLost, when the system refuses a process.
    """
    try:
        sound = decoder(data, content_type=content_type, bounds=bounds)
    except Undecodable as error:
        return Examination(
            {"decodable": 0.0}, {"fault": error.reason, "detail": error.detail}, None
        )
    measured = measure(sound)
    values = dict(measured.values)
    missing = missing_ratio(decoded_s=sound.duration_s, claims_s=[sound.claimed_s, declared_s])
    # Where decoding was ended on purpose the rest is not missing.
    if missing is not None and not sound.stopped:
        values["missing_ratio"] = missing
    if expected_s:
        values["speech_expected_ratio"] = round(values["active_s"] / expected_s, 6)
        if "speech_s" in values:
            values |= pace(speech_s=values["speech_s"], expected_s=expected_s)
    facts = {"container": sound.container, "codec": sound.codec}
    if sound.fault:
        facts |= {"fault": "damaged", "detail": sound.fault}
    if measured.missing_models:
        facts["missing_models"] = " ".join(measured.missing_models)
    low = measured.mono_16_khz
    known_by = fingerprint(low, spectra=measured.spectra)
    return Examination(values, facts, derive(low), low, known_by)
