"""LSTM layers as an ONNX file compute what the textbook's formulas do."""

import numpy as np
import numpy.typing as npt
import pytest

from workers.audio.models.lstm_file import lstm_file
from workers.audio.onnx_session import open_session

Floats = npt.NDArray[np.float32]
LAYERS, SIZE, BANDS, STEPS, WINDOWS = 2, 8, 5, 12, 3


def some_weights() -> dict[str, Floats]:
    rng = np.random.default_rng(4)
    weights = {}
    for layer in range(LAYERS):
        inputs = BANDS if layer == 0 else SIZE
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (4 * SIZE, inputs),
            "weight_hh": (4 * SIZE, SIZE),
            "bias_ih": (4 * SIZE,),
            "bias_hh": (4 * SIZE,),
        }
        for name, shape in shapes.items():
            weights[f"lstm.{name}_l{layer}"] = rng.normal(size=shape).astype(np.float32)
    return weights


def by_the_textbook(weights: dict[str, Floats], frames: Floats) -> Floats:
    """Hochreiter & Schmidhuber's cell with forget gates, torch's order: in, forget, new, out."""

    def sigmoid(v: Floats) -> Floats:
        return (1 / (1 + np.exp(-v))).astype(np.float32)

    for layer in range(LAYERS):
        inward, again, bias_in, bias_again = (
            weights[f"lstm.{name}_l{layer}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        state = cell = np.zeros((frames.shape[1], SIZE), np.float32)
        states = []
        for frame in frames:
            gates = frame @ inward.T + state @ again.T + bias_in + bias_again
            into, forget, new, out = np.split(gates, 4, axis=1)
            cell = (sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)).astype(np.float32)
            state = sigmoid(out) * np.tanh(cell)
            states.append(state)
        frames = np.array(states, np.float32)
    last: Floats = frames[-1]
    return last


@pytest.mark.parametrize("windows", [1, WINDOWS])
def test_the_file_computes_the_textbooks_formulas(windows: int) -> None:
    weights = some_weights()
    frames = np.random.default_rng(5).normal(size=(STEPS, windows, BANDS)).astype(np.float32)
    session = open_session(lstm_file(weights, layers=LAYERS, size=SIZE, bands=BANDS))
    (last,) = session.run(None, {"frames": frames})
    assert last[0] == pytest.approx(by_the_textbook(weights, frames), abs=1e-5)


def test_weights_that_are_missing_or_of_another_shape_are_refused() -> None:
    weights = some_weights()
    with pytest.raises(ValueError, match="reshape"):
        lstm_file(weights, layers=LAYERS, size=SIZE, bands=BANDS + 1)
    del weights["lstm.bias_hh_l1"]
    with pytest.raises(KeyError):
        lstm_file(weights, layers=LAYERS, size=SIZE, bands=BANDS)
