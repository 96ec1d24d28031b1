"""The voice detector: the same answers as the network's file run whole, and what they say."""

import os

import numpy as np
import onnxruntime
import pytest

from tests.sounds import Floats, noise, real_clips, silence, speech_like
from workers.audio.decode import decode
from workers.audio.onnx_file import cut_after, weights
from workers.audio.voice import _SHA256, BLOCK, speech_probabilities
from workers.audio.wheel_files import ModelMissing, wheel_file

FILE = wheel_file("silero_vad", "data/silero_vad_16k_sequence.onnx", sha256=_SHA256)


def by_the_whole_file(x: Floats) -> Floats:
    """Return what ONNX Runtime makes of the network as it was published."""
    session = onnxruntime.InferenceSession(FILE.read_bytes(), providers=["CPUExecutionProvider"])
    blocks = np.zeros((-(-len(x) // BLOCK), BLOCK), np.float32)
    blocks.reshape(-1)[: len(x)] = x
    before = np.zeros((len(blocks), 64), np.float32)
    before[1:] = blocks[:-1, -64:]
    state = np.zeros((1, 1, 128), np.float32)
    given = {"input": np.concatenate([before, blocks], axis=1), "h": state, "c": state}
    probabilities: Floats = session.run(["speech_probs"], given)[0].ravel()
    return probabilities


@pytest.mark.parametrize("samples", [1, 511, 512, 513, 16_000, 64 * 512, 65 * 512 + 7, 150_000])
def test_the_answers_are_those_of_the_whole_file(samples: int) -> None:
    x = speech_like(samples / 16_000 + 0.1)[:samples]
    np.testing.assert_allclose(speech_probabilities(x), by_the_whole_file(x), atol=1e-4)


CLIPS = real_clips()


@pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")
def test_they_are_on_real_speech_too() -> None:
    for clip in CLIPS[::20]:
        x = decode(clip.path.read_bytes(), content_type=clip.content_type).mono()
        np.testing.assert_allclose(speech_probabilities(x), by_the_whole_file(x), atol=1e-4)


@pytest.mark.parametrize("x", [silence(2), noise(2, level_dbfs=-30)], ids=["zeros", "noise"])
def test_nobody_speaks_in_silence_and_noise(x: Floats) -> None:
    assert speech_probabilities(x)[4:].max() < 0.5


def test_a_fork_makes_a_network_of_its_own() -> None:
    x = speech_like(1.0)
    before = speech_probabilities(x)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if np.array_equal(speech_probabilities(x), before) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_another_file_in_the_wheels_place_is_a_missing_model() -> None:
    with pytest.raises(ModelMissing, match="not the file"):
        wheel_file("silero_vad", "data/silero_vad_16k_sequence.onnx", sha256="0" * 64)
    with pytest.raises(ModelMissing, match="no readable"):
        wheel_file("silero_vad", "data/none.onnx", sha256=_SHA256)
    with pytest.raises(ModelMissing, match="not installed"):
        wheel_file("no_such_package", "x", sha256=_SHA256)


def test_a_network_is_cut_only_where_a_node_makes_the_tensor() -> None:
    data = FILE.read_bytes()
    assert weights(data)["encoder.0.weight"].shape == (128, 129, 3)
    with pytest.raises(ValueError, match="no node"):
        cut_after(data, "none", instead_of="input", shape=("n", 1))
