"""The phone measures and judges a take as the server does, on made takes and on real speech."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from backend.quality.profile import Where, read_rules
from backend.quality.speaking_time import expected_seconds
from backend.quality.verdict import judge
from tests.audio.made_takes import made_take
from tests.phone_meter import DEFAULT_RULES, ROOT, PhoneTake, check_on_phone, to_int16
from tests.sounds import clipped, noise, real_clips
from workers.audio.decode import decode
from workers.audio.measure import measure
from workers.audio.sound import Sound

VECTORS = json.loads((ROOT / "tests/vectors/measures.json").read_text(encoding="utf-8"))
RULES = read_rules(DEFAULT_RULES)
CLIPS = real_clips()
RATE = 48_000
here = pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")


def on_the_server(take: PhoneTake) -> dict[str, float]:
    """Return what the server measures of the FLAC that holds these samples."""
    channels = (take.samples[None] / 32768).astype(np.float32)
    sound = Sound(channels=channels, rate=take.rate, container="flac", codec="flac", lossy=False)
    values = dict(measure(sound).values)
    expected_s = expected_seconds(take.text) if take.kind != "question" else None
    if expected_s:
        values["speech_expected_ratio"] = values["active_s"] / expected_s
    return values


@pytest.mark.parametrize("case", VECTORS["takes"], ids=lambda case: case["name"])
def test_the_server_measures_as_the_vectors_say(case: dict[str, Any]) -> None:
    values = on_the_server(PhoneTake(made_take(case["parts"]), case["rate"]))
    found = {name: values[name] for name in case["measures"]}
    assert found == pytest.approx(case["measures"], abs=2e-6)


def at_48_khz(x: npt.NDArray[np.floating[Any]], rate: int) -> npt.NDArray[np.floating[Any]]:
    """Return sound at the rate of most phones."""
    resampled: npt.NDArray[np.floating[Any]] = soxr.resample(x, rate, RATE)
    return resampled


def real_takes() -> list[PhoneTake]:
    """Return every fourth recording as a phone would have it; and too soft, clipped, in noise."""
    takes = []
    for number, clip in enumerate(CLIPS[::4]):
        sound = decode(clip.path.read_bytes(), content_type=clip.content_type)
        x = at_48_khz(sound.mono(), sound.rate).astype(np.float32)
        hiss = noise(len(x) / RATE, level_dbfs=-28, rate=RATE, seed=number)[: len(x)]
        damaged = [x[: len(x) // 3], x * np.float32(0.005), clipped(x, 6), x + hiss][number % 4]
        takes += [PhoneTake(to_int16(y), RATE, clip.kind, clip.text) for y in (x, damaged)]
    return takes


# Where the phone may lie off at 48 kHz: a low-pass stands for the server's resampling.
TOLERANCES = {
    "range_db": 1.0,
    "active_level_dbov": 1.0,
    "noise_dbov": 1.5,
    "snr_db": 1.5,
    "edge_start_db": 2.0,
    "edge_end_db": 2.0,
    "active_s": 0.3,
    "active_ratio": 0.06,
    "lead_s": 0.05,
    "trail_s": 0.05,
    "speech_expected_ratio": 0.1,
    "plateau_share": 0.0005,
}
# What the phone has of every take: the vectors hold both sides to the same names.
SHARED = {name for case in VECTORS["takes"] for name in case["measures"]} | {
    "sample_rate_hz",
    "speech_expected_ratio",
}


@here
def test_the_phone_measures_real_speech_as_the_server_does() -> None:
    takes = real_takes()
    for take, seen in zip(takes, check_on_phone(takes), strict=True):
        server = on_the_server(take)
        assert set(seen.measures) - {"stopped_early"} == set(server) & SHARED
        for name in set(server) & SHARED:
            near = pytest.approx(server[name], abs=TOLERANCES.get(name, 2e-6))
            assert seen.measures[name] == near, name


@here
def test_the_phone_judges_real_speech_as_the_server_would() -> None:
    takes = real_takes()
    agreed = [
        judge(on_the_server(take), RULES, kind=take.kind, where=Where.PHONE).outcome == seen.outcome
        for take, seen in zip(takes, check_on_phone(takes), strict=True)
    ]
    assert np.mean(agreed) >= 0.95
