"""A clip that begins within a word is told by what stands there over the background."""

import numpy as np
import pytest

from tests.sounds import speech_like
from workers.audio.abrupt import start_over_noise_db

LEVEL = -20.0


def hiss(seconds: float, level_dbov: float, seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(round(16_000 * seconds))
    return (samples * 10 ** (level_dbov / 20)).astype(np.float32)


def test_a_clip_that_begins_in_quiet_stands_at_the_background() -> None:
    told = start_over_noise_db(hiss(3, -60), LEVEL)
    assert told == pytest.approx(0, abs=3)


def test_the_end_of_a_cut_word_stands_far_above_it() -> None:
    clip = np.concatenate([hiss(0.08, -35, seed=1), hiss(0.3, -60, seed=2), hiss(2, -20, seed=3)])
    told = start_over_noise_db(np.concatenate([clip, hiss(1, -60, seed=4)]), LEVEL)
    assert told is not None
    assert told > 12


def test_a_click_is_no_word() -> None:
    clip = hiss(3, -60)
    clip[200:260] = 0.5
    told = start_over_noise_db(clip, LEVEL)
    assert told == pytest.approx(0, abs=3)


def test_what_leaks_before_a_noise_gate_closes_is_no_word() -> None:
    clip = np.concatenate([hiss(0.2, -55), np.zeros(16_000, np.float32), speech_like(2.0)])
    told = start_over_noise_db(clip, LEVEL)
    assert told is not None
    assert told < 12


def test_of_less_than_three_frames_nothing_is_told() -> None:
    assert start_over_noise_db(hiss(0.05, -30), LEVEL) is None
