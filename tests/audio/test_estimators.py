"""The estimators of sound on sounds whose answers are known: loudness, hum, gaps, band, noise."""

import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sounds import Floats, noise, silence, speech_like, tone
from workers.audio import wada
from workers.audio.bandwidth import high_over_low
from workers.audio.frames import frame_power, unit_power
from workers.audio.gaps import gap_count
from workers.audio.hum import hum_comb
from workers.audio.levels import levels_of
from workers.audio.loudness import _K_WEIGHTING, integrated_loudness
from workers.audio.reverberation import decay_rate
from workers.audio.runs import runs_of
from workers.audio.spectra import power_spectra
from workers.audio.speech import find_speech
from workers.audio.spoken import measure_speech, pace
from workers.audio.wada import wada_snr

SPEECH = speech_like(4.0)
# ITU-R BS.1770-4, annex 1, tables 1 and 2: for 48 kHz.
STANDARD = [
    [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
]


@pytest.mark.parametrize("level", [0.0, -20.0, -40.0])
def test_a_sine_of_997_hz_has_the_loudness_that_the_standard_gives_it(level: float) -> None:
    sine = tone(5.0, hertz=997) * np.float32(2 * 10 ** (level / 20))
    assert integrated_loudness(sine) == pytest.approx(-3.01 + level, abs=0.01)


def test_the_weighting_is_the_standards_at_every_frequency_there_is() -> None:
    hertz = np.geomspace(15, 7_800, 200)
    _, ours = scipy.signal.sosfreqz(_K_WEIGHTING, hertz, fs=16_000)
    _, standard = scipy.signal.sosfreqz(np.array(STANDARD), hertz, fs=48_000)
    np.testing.assert_allclose(20 * np.log10(abs(ours / standard)), 0, atol=0.01)


def test_pauses_do_not_lower_loudness() -> None:
    alone = integrated_loudness(tone(3.0))
    with_pauses = integrated_loudness(np.concatenate([tone(3.0), noise(10, level_dbfs=-60)]))
    assert with_pauses == pytest.approx(alone, abs=0.3)


@pytest.mark.parametrize("x", [silence(2.0), tone(0.39), noise(2, level_dbfs=-80)])
def test_what_is_too_soft_or_too_short_has_no_loudness(x: Floats) -> None:
    assert integrated_loudness(x) is None


@pytest.mark.parametrize("hertz", [50, 60])
def test_hum_stands_out_of_a_room_and_a_room_does_not(hertz: int) -> None:
    room = noise(4, level_dbfs=-60)
    at = np.arange(len(room)) / 16_000
    harmonics = (np.sin(2 * np.pi * hertz * order * at) / order for order in range(1, 6))
    hum = sum(harmonics, np.zeros(len(room))) * 10 ** (-40 / 20)
    assert hum_comb(room) < 8
    assert hum_comb((room + hum).astype(np.float32)) > 20


@given(gain=st.floats(0.05, 1.0))
@settings(max_examples=10, deadline=None)
def test_gain_changes_neither_hum_nor_band_nor_noise_ratio(gain: float) -> None:
    softer = SPEECH * np.float32(gain)
    probabilities = np.ones(-(-len(SPEECH) // 512), np.float32)
    assert hum_comb(softer) == pytest.approx(hum_comb(SPEECH), abs=0.05)
    bands = [high_over_low(power_spectra(x), probabilities, len(x)) for x in (SPEECH, softer)]
    assert bands[0] == pytest.approx(bands[1], abs=0.01)
    assert wada_snr(softer) == pytest.approx(wada_snr(SPEECH), abs=0.01)


def test_a_telephones_band_is_told_from_a_whole_one() -> None:
    hiss = noise(3, level_dbfs=-20)
    section = scipy.signal.butter(10, 3_400, fs=16_000, output="sos")
    narrow = scipy.signal.sosfilt(section, hiss).astype(np.float32)
    everywhere = np.ones(-(-len(hiss) // 512), np.float32)
    whole = high_over_low(power_spectra(hiss), everywhere, len(hiss))
    assert whole == pytest.approx(0, abs=0.5)
    narrowed = high_over_low(power_spectra(narrow), everywhere, len(hiss))
    assert narrowed is not None
    assert narrowed < -35
    assert high_over_low(power_spectra(hiss), 0 * everywhere, len(hiss)) is None


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_abrupt_gap_is_counted(count: int) -> None:
    x = noise(3, level_dbfs=-20)
    for number in range(count):
        x[8_000 + 9_600 * number :][:1_600] = 0
    assert gap_count(unit_power(x)) == count


def test_a_pause_that_is_faded_into_is_no_gap() -> None:
    x = noise(1, level_dbfs=-20)
    fade_db = np.interp(np.arange(len(x)), [6_000, 7_500, 8_500, 10_000], [0, -80, -80, 0])
    assert gap_count(unit_power((x * 10 ** (fade_db / 20)).astype(np.float32))) == 0


@pytest.mark.parametrize("rate", [-60.0, -120.0, -240.0])
def test_the_rate_of_decays_is_found(rate: float) -> None:
    at = np.arange(8_000) / 16_000
    burst = np.random.default_rng(0).standard_normal(8_000) * 0.1 * 10 ** (rate * at / 20)
    power = frame_power(unit_power(np.tile(burst, 8).astype(np.float32)))
    found = decay_rate(power, 1e-12)
    assert found == pytest.approx(rate, rel=0.25)
    assert decay_rate(power, 1.0) is None


@pytest.mark.parametrize("ratio", [0, 5, 10, 20])
def test_speech_over_noise_is_found_by_where_the_voice_is(ratio: int) -> None:
    voice = noise(4, level_dbfs=-20, seed=1)
    voice[16_000:32_000] = 0
    x = voice + noise(4, level_dbfs=-20 - ratio, seed=2)
    probabilities = np.ones(125, np.float32)
    probabilities[32:62] = 0
    speech = find_speech(frame_power(unit_power(x)), probabilities, len(x))
    assert speech.snr_db == pytest.approx(ratio, abs=0.5)
    assert speech.speech_s == pytest.approx(3.04, abs=0.03)
    assert (speech.lead_s, speech.start_p, speech.end_p) == (0.0, 1.0, 1.0)


def test_the_table_of_amplitudes_is_what_drawing_gives() -> None:
    np.testing.assert_allclose(wada._SPREAD, wada.expected_spread(), atol=2e-5)


@pytest.mark.parametrize("ratio", [0, 10, 20])
def test_speech_over_noise_is_found_by_amplitudes_alone(ratio: int) -> None:
    rng = np.random.default_rng(4)
    speech = rng.gamma(0.4, 1, 200_000) * rng.choice([-1, 1], 200_000)
    speech *= 0.1 / math.sqrt(float(np.mean(speech**2)))
    mixed = speech + rng.standard_normal(200_000) * 0.1 * 10 ** (-ratio / 20)
    assert wada_snr(mixed.astype(np.float32)) == pytest.approx(ratio, abs=1)
    assert wada_snr(silence(1.0)) is None


def test_an_offset_changes_neither_level_nor_ratios() -> None:
    plain = measure_speech(SPEECH, stopped=False).values
    shifted = measure_speech(SPEECH + np.float32(0.1), stopped=False).values
    for name in ("loudness_lufs", "wada_snr_db", "hum_db", "hf_lf_db", "speech_s"):
        assert shifted[name] == pytest.approx(plain[name], abs=0.1), name


def test_a_take_that_decoding_ended_has_no_end_to_be_cut() -> None:
    assert not {"speech_trail_s", "speech_end_p"} & set(measure_speech(SPEECH, stopped=True).values)


def test_pace_is_the_logarithm_of_expected_over_spoken() -> None:
    assert pace(speech_s=2.0, expected_s=4.0) == pytest.approx(
        {"speech_share_expected": 0.5, "rate_log": math.log(2), "rate_off": math.log(2)}, abs=1e-6
    )
    assert pace(speech_s=4.0, expected_s=2.0)["rate_off"] == pytest.approx(math.log(2), abs=1e-6)
    assert pace(speech_s=0.0, expected_s=2.0) == {"speech_share_expected": 0.0}


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_all_that_is_true_and_touch_nowhere(mask: list[bool]) -> None:
    starts, ends = runs_of(np.array(mask, bool))
    inside = [at for a, b in zip(starts, ends, strict=True) for at in range(a, b)]
    assert inside == [at for at, value in enumerate(mask) if value]
    assert all(a > b for a, b in zip(starts[1:], ends[:-1], strict=True))


def test_levels_are_those_of_all_samples_together() -> None:
    x = noise(3, level_dbfs=-20, rate=48_000) + np.float32(0.25)
    levels = levels_of(x)
    assert levels.offset == pytest.approx(float(x.mean(dtype=np.float64)), abs=1e-12)
    assert levels.power == pytest.approx(float(x.var(dtype=np.float64)), rel=1e-9)
    assert levels.peak == pytest.approx(float(np.abs(x - levels.offset).max()), abs=1e-7)
