"""Take an ONNX network apart: its weights as arrays, and the network from one tensor on.

ONNX Runtime runs whole files only. An ONNX file is a Protocol Buffers message: fields of a number,
a kind, and a value (numbers as in onnx.proto3, ModelProto and GraphProto).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.audio.protobuf import field, fields

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_WEIGHT, _GRAPH_INPUT = 1, 5, 11
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_INPUT_NAME = 1
_TENSOR_SHAPE, _TENSOR_NAME, _TENSOR_RAW = 1, 8, 9
_FLOAT32 = 1


def weights(file: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """Return the network's constant tensors of float32 by name."""
    found = {}
    for number, value, _ in fields(_graph(file)):
        if number != _GRAPH_WEIGHT or not isinstance(value, bytes):
            continue
        parts = [(at, part) for at, part, _ in fields(value)]
        shape = [part for at, part in parts if at == _TENSOR_SHAPE and isinstance(part, int)]
        names = [part for at, part in parts if at == _TENSOR_NAME and isinstance(part, bytes)]
        raw = [part for at, part in parts if at == _TENSOR_RAW and isinstance(part, bytes)]
        found[names[0].decode()] = np.frombuffer(raw[0], np.float32).reshape(shape)
    return found


def cut_after(file: bytes, tensor: str, *, instead_of: str, shape: tuple[str | int, ...]) -> bytes:
    """Return the network without the nodes up to the one that makes `tensor`, which becomes an
    input of float32 and this shape (a word is a size that may vary) in place of the input
    `instead_of`. Raises ValueError where no node makes it.
    """
    graph = [part for part in fields(_graph(file)) if isinstance(part[1], bytes)]
    nodes = [at for at, (number, _, _) in enumerate(graph) if number == _GRAPH_NODE]
    maker = next((at for at in nodes if tensor in _words(graph[at][1], _NODE_OUTPUT)), None)
    if maker is None:
        raise ValueError(f"no node makes {tensor}")
    wanted = {word for at in nodes if at > maker for word in _words(graph[at][1], _NODE_INPUT)}
    kept: list[bytes] = []
    for at, (number, value, raw) in enumerate(graph):
        if number == _GRAPH_NODE and at <= maker:
            continue
        if number == _GRAPH_WEIGHT and not wanted & set(_words(value, _TENSOR_NAME)):
            continue
        if number == _GRAPH_INPUT and instead_of in _words(value, _INPUT_NAME):
            raw = field(_GRAPH_INPUT, float_tensor(tensor, shape))
        kept.append(raw)
    return b"".join(
        field(_MODEL_GRAPH, b"".join(kept)) if number == _MODEL_GRAPH else raw
        for number, _, raw in fields(file)
    )


def _graph(file: bytes) -> bytes:
    for number, value, _ in fields(file):
        if number == _MODEL_GRAPH and isinstance(value, bytes):
            return value
    raise ValueError("the file holds no graph")


def _words(message: bytes | int, number: int) -> list[str]:
    """Return the texts in the fields of this number."""
    parts = fields(message) if isinstance(message, bytes) else ()
    return [value.decode() for at, value, _ in parts if at == number and isinstance(value, bytes)]


def float_tensor(name: str, shape: tuple[str | int, ...]) -> bytes:
    """Return a ValueInfoProto: a name, and a type that is a tensor of float32 and of this shape,
    in which a word is a size that may vary.
    """
    sizes = [field(2, size.encode()) if isinstance(size, str) else field(1, size) for size in shape]
    dimensions = b"".join(field(1, size) for size in sizes)
    tensor = field(1, _FLOAT32) + field(2, dimensions)
    return field(1, name.encode()) + field(2, field(1, tensor))
