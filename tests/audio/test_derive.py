"""The derivative: 16 kHz mono FLAC, the same bytes each time, the same sound as the original."""

import hashlib
import io

import numpy as np
import pytest
import soundfile

from tests.sounds import flac, mp4, ogg, speech_like, wav, webm
from workers.audio.decode import decode
from workers.audio.derive import derive
from workers.audio.resample import at_16_khz

SPEECH = speech_like(2.0)


def test_a_16_khz_original_comes_out_with_its_very_samples() -> None:
    original = flac(SPEECH)
    derived = derive(decode(original, content_type="audio/flac").mono())
    before = soundfile.read(io.BytesIO(original), dtype="int16")[0]
    after, rate = soundfile.read(io.BytesIO(derived.data), dtype="int16")
    assert rate == derived.sample_rate == 16_000
    np.testing.assert_array_equal(before, after)
    assert derived.samples == len(after)
    assert derived.sha256 == hashlib.sha256(derived.data).hexdigest()
    assert derived.pcm_sha256 == hashlib.sha256(after.astype("<i2").tobytes()).hexdigest()


@pytest.mark.parametrize("make", [flac, wav, ogg, webm, mp4])
def test_two_runs_give_equal_bytes(make: type) -> None:
    data = make(SPEECH)
    runs = set()
    for _ in range(2):
        sound = decode(data, content_type=f"audio/{make.__name__}")
        runs.add(derive(at_16_khz(sound.mono(), sound.rate)).data)
    assert len(runs) == 1


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
def test_other_rates_are_brought_to_16_khz_with_their_length(rate: int) -> None:
    derived = derive(at_16_khz(speech_like(1.0, rate=rate), rate))
    assert derived.samples == pytest.approx(16_000, abs=2)


def test_overshoot_is_held_at_full_scale_and_never_wraps_round() -> None:
    loud = np.array([2.0, 1.0, -1.0, -2.0, 0.5], np.float32)
    samples = soundfile.read(io.BytesIO(derive(loud).data), dtype="int16")[0]
    assert samples.tolist() == [32767, 32767, -32768, -32768, 16384]
