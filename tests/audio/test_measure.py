"""The measures: what each says of sound that was made for it, and of real speech."""

import math

import numpy as np
import pytest

from backend.quality.measures import MEASURES
from tests.sounds import (
    Floats,
    clipped,
    flac,
    mp4,
    noise,
    real_clips,
    silence,
    speech_like,
    tone,
    wav,
    webm,
)
from workers.audio.activity import find_activity
from workers.audio.clipping import full_scale_share, plateau_share
from workers.audio.decode import decode
from workers.audio.measure import measure, missing_ratio
from workers.audio.zeros import longest_zero_run, zero_gaps

SPEECH = speech_like(4.0)


def measured(data: bytes, content_type: str) -> dict[str, float]:
    """Return the measures of a file."""
    return measure(decode(data, content_type=content_type)).values


def lossless(x: Floats, rate: int = 16_000) -> dict[str, float]:
    """Return the measures of samples written as FLAC."""
    return measured(flac(x, rate), "audio/flac")


@pytest.mark.parametrize(
    "x",
    [SPEECH, silence(), tone(), noise(1, level_dbfs=-20), clipped(SPEECH), SPEECH[:1], SPEECH[:40]],
    ids=["speech", "zeros", "tone", "noise", "clipped", "one-sample", "forty-samples"],
)
def test_every_measure_is_finite_and_known(x: Floats) -> None:
    for values in (lossless(x), measured(wav(x), "audio/wav")):
        assert set(values) <= set(MEASURES)
        assert all(math.isfinite(value) for value in values.values())


def test_level_and_peak_of_a_tone_are_those_of_theory() -> None:
    values = lossless(tone(2.0))
    assert values["peak"] == pytest.approx(0.5, abs=1e-3)
    assert values["rms_dbfs"] == pytest.approx(-9.03, abs=0.02)


def test_an_offset_is_measured_and_does_not_raise_peak_or_level() -> None:
    values = lossless(SPEECH * np.float32(0.5) + np.float32(0.3))
    assert values["dc"] == pytest.approx(0.3, abs=0.01)
    assert values["peak"] == pytest.approx(0.3, abs=0.02)
    assert values["active_s"] == pytest.approx(lossless(SPEECH)["active_s"], abs=0.1)


@pytest.mark.parametrize("level", [-80.0, -50.0, -30.0])
def test_steady_noise_has_no_activity(level: float) -> None:
    assert lossless(noise(3, level_dbfs=level))["active_s"] == 0


def test_activity_finds_the_speech_between_silences() -> None:
    x = np.concatenate([silence(1.0), SPEECH, silence(0.5)])
    found = find_activity(x)
    assert found.first_s == pytest.approx(1.14, abs=0.1)
    assert found.last_s == pytest.approx(5.0, abs=0.3)
    assert found.active_s < 4.0


def test_level_is_that_of_the_speech_whatever_the_pauses() -> None:
    padded = np.concatenate([silence(2.0), SPEECH, silence(4.0)])
    alone, with_pauses = lossless(SPEECH), lossless(padded)
    assert with_pauses["active_level_dbov"] == pytest.approx(alone["active_level_dbov"], abs=0.5)
    assert with_pauses["rms_dbfs"] < alone["rms_dbfs"] - 3


def test_level_follows_gain() -> None:
    loud, soft = lossless(SPEECH), lossless(SPEECH * np.float32(0.1))
    assert loud["active_level_dbov"] - soft["active_level_dbov"] == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("gain", [4.0, 8.0, 20.0])
@pytest.mark.parametrize("turned_down", [1.0, 0.5, 0.1])
def test_clipping_leaves_plateaus_at_any_level(gain: float, turned_down: float) -> None:
    x = clipped(SPEECH, gain) * np.float32(turned_down)
    assert lossless(x)["plateau_share"] > 1e-3
    assert lossless(SPEECH * np.float32(turned_down))["plateau_share"] < 1e-4


@pytest.mark.parametrize("gain", [4.0, 20.0])
def test_clipping_before_a_codec_overshoots_full_scale(gain: float) -> None:
    for data, content_type in (
        (webm(clipped(SPEECH, gain)), "audio/webm"),
        (mp4(clipped(SPEECH, gain)), "audio/mp4"),
    ):
        values = measured(data, content_type)
        assert "plateau_share" not in values
        assert values["full_scale_share"] > 3e-4


def test_touching_full_scale_once_is_no_clipping() -> None:
    x = SPEECH / np.abs(SPEECH).max()
    assert full_scale_share(x) == 0
    assert plateau_share(x) < 1e-4


def test_crowding_is_measured_in_coded_sound_alone_and_only_where_something_sounds() -> None:
    assert {"band_share", "spread_db"} <= set(measured(webm(SPEECH), "audio/webm"))
    assert "band_share" not in measured(webm(silence()), "audio/webm")
    assert "band_share" not in lossless(SPEECH)


def test_a_gap_of_zeros_inside_counts_and_those_at_the_ends_do_not() -> None:
    x = np.concatenate([silence(0.5), noise(1, level_dbfs=-20), silence(0.5)])
    assert longest_zero_run(x) < 16
    x[16_000:17_600] = 0
    assert longest_zero_run(x) == pytest.approx(1600, abs=5)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("ms", [3, 10, 80])
def test_a_gap_counts_only_with_sound_right_before_and_right_after(rate: int, ms: int) -> None:
    x = noise(1, level_dbfs=-20, rate=rate)
    gap = slice(rate // 2, rate // 2 + rate * ms // 1000)
    x[gap] = 0
    assert zero_gaps(x, rate) == 1
    x[gap.stop : gap.stop + rate // 50] *= np.float32(0.01)
    assert zero_gaps(x, rate) == 0


def test_single_zeros_zeros_at_the_ends_and_muted_pauses_are_no_gaps() -> None:
    assert zero_gaps(np.concatenate([silence(0.5), SPEECH, silence(0.5)]), 16_000) == 0
    # Muted as a phone does: where nothing was loud for the last 30 ms and is for the next 30.
    loud = np.convolve(np.abs(SPEECH) > 0.02, np.ones(960), "same") > 0
    assert longest_zero_run(SPEECH * loud) > 480
    assert zero_gaps(SPEECH * loud, 16_000) == 0


@pytest.mark.parametrize("ratio", [0, 5, 10, 20])
def test_the_level_of_speech_over_noise_is_found(ratio: int) -> None:
    speech = np.concatenate([silence(0.5), speech_like(4.0, peak=0.9), silence(0.5)])
    level = lossless(speech)["active_level_dbov"] - ratio
    values = lossless(speech + noise(5, level_dbfs=level))
    assert values["noise_dbov"] == pytest.approx(level, abs=1.5 if ratio else 3)
    if ratio:
        # Soft syllables drown: what is left to be heard is louder than the whole.
        assert values["snr_db"] == pytest.approx(ratio, abs=3)


def test_a_room_without_speech_has_a_level_and_no_ratio() -> None:
    values = lossless(noise(2, level_dbfs=-48))
    assert values["noise_dbov"] == pytest.approx(-48, abs=0.2)
    assert not {"snr_db", "edge_start_db", "edge_end_db"} & set(values)


def test_speech_that_is_cut_stands_at_the_edge() -> None:
    whole = np.concatenate([noise(0.5, level_dbfs=-60), SPEECH, noise(0.5, level_dbfs=-60)])
    assert max(lossless(whole)[name] for name in ("edge_start_db", "edge_end_db")) == -20
    voiced = tone(1.0)
    assert lossless(np.concatenate([voiced, whole]))["edge_start_db"] > -6
    assert lossless(np.concatenate([whole, voiced]))["edge_end_db"] > -6


@pytest.mark.parametrize(
    ("decoded", "claims", "ratio"),
    [
        (5.0, [None, None], None),
        (5.0, [5.008, 5.3], (0.2 / 5.3)),
        (5.0, [None, 5.0], 0.0),
        (3.0, [None, 5.0], 1.9 / 5.0),
        (3.0, [5.0, 3.0], 1.9 / 5.0),
        (5.0, [0.0, float("nan")], None),
        (5.0, [1.0, None], 0.0),
    ],
)
def test_what_is_missing_is_told_against_the_longest_claim(
    decoded: float, claims: list[float | None], ratio: float | None
) -> None:
    found = missing_ratio(decoded_s=decoded, claims_s=claims)
    assert found == (None if ratio is None else pytest.approx(ratio, abs=1e-6))


# Voice activity of these clips by a neural detector (the energy gate must agree within 15 %).
KNOWN_SPEECH_S = {
    "3005-163389-0001": 3.84,
    "533-1066-0003": 4.55,
    "1998-15444-0002": 7.37,
    "2414-128291-0001": 5.86,
}
CLIPS = {clip.path.stem: clip for clip in real_clips()}


@pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")
@pytest.mark.parametrize("name", KNOWN_SPEECH_S)
def test_activity_agrees_with_a_voice_detector_on_real_speech(name: str) -> None:
    clip = CLIPS[name]
    values = measured(clip.path.read_bytes(), clip.content_type)
    assert values["active_s"] == pytest.approx(KNOWN_SPEECH_S[name], rel=0.15)
