"""Hum of the mains is told from speech, and a low voice is not taken for it."""

import numpy as np
import pytest

from tests.sounds import Floats, noise, silence, speech_like
from workers.audio.hum import hum_comb

SPEECH = speech_like(6.0)


def hum(hertz: float, level_dbfs: float) -> Floats:
    """Return five harmonics, each 6 dB under the last, as long as SPEECH."""
    at = np.arange(len(SPEECH)) / 16_000
    waves = sum(2.0**-n * np.sin(2 * np.pi * hertz * (n + 1) * at + n) for n in range(5))
    loud = np.asarray(waves) / np.sqrt(np.mean(np.square(waves)))
    return np.asarray(loud * 10 ** (level_dbfs / 20), dtype=np.float32)


@pytest.mark.parametrize("hertz", [49.9, 50, 60, 60.1])
@pytest.mark.parametrize("level", [-32, -45])
def test_hum_stands_out_also_under_speech_that_never_pauses(hertz: float, level: float) -> None:
    assert hum_comb(SPEECH + hum(hertz, level)) > 14


def test_speech_noise_and_silence_do_not_hum() -> None:
    for x in (SPEECH, noise(4, level_dbfs=-30), silence(2.0), silence(0.01)):
        assert hum_comb(x) < 14
