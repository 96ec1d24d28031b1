"""Whatever it is given, a model answers with finite numbers, leaves out, or says what is wrong."""

import math

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from tests.read_aloud import read_aloud
from tests.sounds import noise, silence, tone
from workers.audio.models.dnsmos import Dnsmos, levelled
from workers.audio.models.files import DNSMOS_P808, DNSMOS_P835, ModelInvalid, find_file
from workers.audio.models.mel import mel_filters
from workers.audio.models.onnx_file import read_constants, with_constants
from workers.audio.models.scoring import Models, load_models
from workers.audio.models.speaker_voice import SIZE, SpeakerVoice, halves_similarity, unit
from workers.audio.models.torch_file import read_tensors
from workers.audio.models.voice_bytes import closest, mean_voice, pack_voice

Floats = npt.NDArray[np.float32]
TEXT = "The bus to the market leaves at half past seven."


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(None)


def random_weights(seed: int) -> dict[str, Floats]:
    """Weights of the network's form and of a trained one's size."""
    rng = np.random.default_rng(seed)
    shapes = {"linear.weight": (SIZE, SIZE), "linear.bias": (SIZE,)}
    for layer, inputs in enumerate((40, SIZE, SIZE)):
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * SIZE, inputs)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * SIZE, SIZE)
        shapes[f"lstm.bias_ih_l{layer}"] = shapes[f"lstm.bias_hh_l{layer}"] = (4 * SIZE,)
    return {
        name: (rng.standard_normal(shape) * 0.1).astype(np.float32)
        for name, shape in shapes.items()
    }


def step_by_step(weights: dict[str, Floats], mel: Floats) -> Floats:
    """The network as its paper writes it: one window, one step at a time."""
    sound = mel.astype(np.float64)
    for layer in range(3):
        hidden = cell = np.zeros(SIZE)
        told = []
        for step in sound:
            gates = weights[f"lstm.weight_ih_l{layer}"] @ step
            gates = gates + weights[f"lstm.weight_hh_l{layer}"] @ hidden
            gates = gates + weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
            into, forget, new, out = np.split(gates, 4)
            cell = cell / (1 + np.exp(-forget)) + np.tanh(new) / (1 + np.exp(-into))
            hidden = np.tanh(cell) / (1 + np.exp(-out))
            told.append(hidden)
        sound = np.array(told)
    out = np.maximum(weights["linear.weight"] @ sound[-1] + weights["linear.bias"], 0)
    return unit(out.astype(np.float32))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_network_of_many_windows_is_that_of_one_step_at_a_time(seed: int) -> None:
    weights = random_weights(seed)
    network = SpeakerVoice(weights)
    mel = np.abs(np.random.default_rng(seed).standard_normal((400, 40))).astype(np.float32)
    starts = np.arange(0, 240, 77)
    found = network._embedded(mel, starts)
    for window, start in zip(found, starts, strict=True):
        assert window == pytest.approx(step_by_step(weights, mel[start : start + 160]), abs=1e-4)


def test_a_network_of_another_form_is_refused() -> None:
    weights = random_weights(1)
    del weights["linear.bias"]
    with pytest.raises(ModelInvalid):
        SpeakerVoice(weights)


@pytest.mark.parametrize(
    "x",
    [
        silence(3.0),
        silence(0.0),
        np.full(16_000, 0.5, np.float32),
        noise(3.0, level_dbfs=-30),
        tone(2.0),
        read_aloud(TEXT)[8_000:11_200],
        read_aloud(TEXT)[:1],
        read_aloud(TEXT) * np.float32(1e-4),
        read_aloud(TEXT) * np.float32(40),
    ],
    ids=["silence", "nothing", "offset", "hiss", "tone", "0.2 s", "1 sample", "faint", "loud"],
)
def test_every_measure_is_a_finite_number_or_left_out(models: Models, x: Floats) -> None:
    scores = models.score(x, text=TEXT, language="en", kind="read", with_voice=True)
    assert all(math.isfinite(value) for value in scores.measures.values())
    assert scores.voice is None or np.isfinite(scores.voice).all()


def test_a_minute_is_scored_by_its_first_half_and_its_end_left_open(models: Models) -> None:
    x = np.resize(read_aloud(TEXT), 60 * 16_000)
    scores = models.score(x, text=f"{TEXT} " * 14, language="en", kind="read")
    assert scores.measures["prompt_logprob"] > -3
    assert "prompt_end_logprob" not in scores.measures


def test_a_text_without_words_has_no_score(models: Models) -> None:
    scores = models.score(read_aloud(TEXT), text="?", language="en", kind="read")
    assert "prompt_logprob" not in scores.measures


def test_a_very_long_text_does_not_overrun_the_model(models: Models) -> None:
    rng = np.random.default_rng(0)
    text = " ".join(rng.permutation(TEXT.split() * 99))
    scores = models.score(read_aloud(TEXT), text=text, language="en", kind="read")
    assert scores.measures["prompt_logprob"] < -3


def test_a_language_without_a_scorer_is_named_and_the_rest_is_scored(models: Models) -> None:
    scores = models.score(read_aloud(TEXT), text="Habari ya asubuhi", language="sw", kind="read")
    assert scores.facts == {"missing_models": "prompt"}
    assert "prompt_logprob" not in scores.measures
    assert scores.measures["mos_ovrl"] > 1


def test_level_does_not_change_the_opinion_once_it_is_evened_out(models: Models) -> None:
    x = read_aloud(TEXT)
    loud, soft = (
        models.score(x * np.float32(gain), text=TEXT, language="en", kind="read").measures
        for gain in (1.0, 0.05)
    )
    assert soft["mos_ovrl"] == pytest.approx(loud["mos_ovrl"], abs=0.05)


@pytest.mark.parametrize(
    "x",
    [
        read_aloud(TEXT),
        noise(9.0, level_dbfs=-12),
        tone(9.0, hertz=311.0),
        silence(9.0),
        read_aloud(TEXT) * np.float32(2),
    ],
    ids=["speech", "hiss", "tone", "silence", "loud"],
)
def test_leaving_out_what_is_never_heard_changes_no_opinion(x: Floats) -> None:
    path = find_file(DNSMOS_P835, None)
    p808 = find_file(DNSMOS_P808, None)
    assert path is not None
    assert p808 is not None
    whole = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    window = np.resize(x, 144_160).astype(np.float32)
    raw = whole.run(None, {"input_1": window[None]})[0][0]
    # From the raw answers to the raters' scale, as the published code does it.
    scales = (
        (-0.08397, 1.22084, 0.00524),
        (-0.13167, 1.60915, -0.39605),
        (-0.06766, 1.11546, 0.04603),
    )
    published = [np.polyval(scale, answer) for scale, answer in zip(scales, raw, strict=True)]
    assert Dnsmos(path, p808).opinions(window) == pytest.approx(published, abs=3e-3)


def test_the_constants_of_a_model_are_read_and_replaced() -> None:
    path = find_file(DNSMOS_P835, None)
    assert path is not None
    model = path.read_bytes()
    constants = read_constants(model)
    assert constants["conv2d_1/kernel:0"].shape == (64, 128, 3, 3)
    halved = {"conv2d/bias:0": constants["conv2d/bias:0"] / 2}
    again = read_constants(with_constants(model, halved, free_input="input_1"))
    assert (again["conv2d/bias:0"] == halved["conv2d/bias:0"]).all()
    assert all((again[name] == constants[name]).all() for name in set(constants) - set(halved))


@pytest.mark.parametrize("model", [b"", b"\x3a\xff", b"not a model at all", bytes(40)])
def test_bytes_that_are_no_model_are_refused(model: bytes) -> None:
    with pytest.raises(ModelInvalid):
        read_constants(model)


def test_silence_is_not_raised_to_speech() -> None:
    x = silence(1.0)
    assert levelled(x, np.ones(len(x), bool)).max() == 0


def test_a_short_clip_is_not_asked_for_two_voices() -> None:
    windows = unit(np.abs(np.random.default_rng(0).standard_normal((6, SIZE))).astype(np.float32))
    assert halves_similarity(windows) is None
    assert halves_similarity(np.repeat(windows[:1], 9, axis=0)) == pytest.approx(1.0, abs=1e-5)


def test_voices_survive_being_stored() -> None:
    rng = np.random.default_rng(0)
    voices = unit(np.abs(rng.standard_normal((5_000, SIZE))).astype(np.float32))
    stored = [pack_voice(voice) for voice in voices]
    assert len(stored[0]) == 2 * SIZE
    exact = float((voices[1:] @ voices[0]).max())
    assert closest(stored[0], stored[1:]) == pytest.approx(exact, abs=2e-3)
    assert closest(stored[0], []) is None
    assert closest(mean_voice(stored[:1]), stored[:1]) == pytest.approx(1.0, abs=2e-3)


def test_a_file_that_would_run_code_is_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"posix\.system"):
        read_tensors(b"cposix\nsystem\n(S'true'\ntR.", state="model_state")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x02]q\x00.", bytes(300)])
def test_bytes_that_are_no_weights_are_refused(data: bytes) -> None:
    with pytest.raises(ModelInvalid):
        read_tensors(data, state="model_state")


def test_mel_filters_have_equal_area() -> None:
    filters = mel_filters(rate=16_000, size=4_096, bands=40)
    assert filters.sum(axis=1) * 16_000 / 4_096 == pytest.approx(np.ones(40), abs=0.02)
