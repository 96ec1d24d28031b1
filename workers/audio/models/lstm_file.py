"""Write LSTM layers, one upon another, as an ONNX file: the runtime packs their weights once.

NumPy's products pack them anew at every step, which was most of the time: the same network took
2.8 times as long with them (`benchmarks/quality_models.py`, claim `speaker`). The numbers of the
fields stand in onnx.proto, the operator in ONNX's list of operators (LSTM, set 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.audio.models.onnx_file import GRAPH, INITIALIZER, INPUT, tensor_bytes
from workers.audio.onnx_file import float_tensor
from workers.audio.protobuf import field

Floats = npt.NDArray[np.float32]

_IR_VERSION, _OPSETS = 1, 8  # of ModelProto
_NODE, _GRAPH_NAME, _OUTPUT = 1, 2, 12  # of GraphProto
_TAKES, _GIVES, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5  # of NodeProto
_INTEGER = 2  # of AttributeProto's types
_IR, _OPERATORS = 8, 17


def lstm_file(weights: Mapping[str, Floats], *, layers: int, size: int, bands: int) -> bytes:
    """Return a network from `frames` (steps, windows, bands) to the last layer's last state.

    That is (1, windows, size), the only output.

    `weights` as torch names and orders them: `lstm.weight_ih_l0` (4 x size, bands),
    `lstm.weight_hh_l0` (4 x size, size), `lstm.bias_ih_l0`, … Raises KeyError for a missing one,
    ValueError for one of another shape.
    """
    graph = field(_GRAPH_NAME, b"lstm")
    frames = "frames"
    for n in range(layers):
        graph += _layer(weights, n, size=size, inputs=bands if n == 0 else size, frames=frames)
        frames = f"states{n}"
    graph += _constant("directions", np.array([1], np.int64))
    graph += field(INPUT, float_tensor("frames", ("steps", "windows", bands)))
    graph += field(_OUTPUT, float_tensor(f"last{layers - 1}", (1, "windows", size)))
    # The operators' own set has no name.
    return (
        field(_IR_VERSION, _IR)
        + field(_OPSETS, field(1, b"") + field(2, _OPERATORS))
        + field(GRAPH, graph)
    )


def _layer(weights: Mapping[str, Floats], n: int, *, size: int, inputs: int, frames: str) -> bytes:
    inward = _reordered(weights[f"lstm.weight_ih_l{n}"].reshape(4 * size, inputs))
    again = _reordered(weights[f"lstm.weight_hh_l{n}"].reshape(4 * size, size))
    biases = [weights[f"lstm.bias_{way}_l{n}"].reshape(4 * size) for way in ("ih", "hh")]
    bias = np.concatenate([_reordered(one) for one in biases])
    names = {f"inward{n}": inward, f"again{n}": again, f"bias{n}": bias}
    hidden_size = field(1, b"hidden_size") + field(3, size) + field(20, _INTEGER)
    return b"".join(
        (
            *(_constant(name, value[None]) for name, value in names.items()),
            _node("LSTM", (frames, *names), (f"all{n}", f"last{n}"), hidden_size),
            _node("Squeeze", (f"all{n}", "directions"), (f"states{n}",)),
        )
    )


def _reordered(gates: Floats) -> Floats:
    """Return torch's input, forget, cell, output as ONNX's input, output, forget, cell."""
    into, forget, new, out = np.split(gates, 4)
    return np.concatenate([into, out, forget, new])


def _constant(name: str, value: npt.NDArray[Any]) -> bytes:
    return field(INITIALIZER, tensor_bytes(name, value))


def _node(operator: str, takes: tuple[str, ...], gives: tuple[str, ...], *settings: bytes) -> bytes:
    return field(
        _NODE,
        b"".join(field(_TAKES, name.encode()) for name in takes)
        + b"".join(field(_GIVES, name.encode()) for name in gives)
        + field(_OPERATOR, operator.encode())
        + b"".join(field(_ATTRIBUTE, setting) for setting in settings),
    )
