"""Read and replace the constants of an ONNX file, without the library that it takes to make one.

An ONNX file is one protocol buffer message (the numbers of its fields stand in onnx.proto): of a
graph only its inputs and its initializers, which hold the weights, are looked into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.audio.models.files import ModelInvalid
from workers.audio.onnx_file import float_tensor
from workers.audio.protobuf import field, fields, read_varint

GRAPH = 7  # of ModelProto
INITIALIZER, INPUT = 5, 11  # of GraphProto
_DIMS, _DATA_TYPE, _FLOATS, _INTEGERS, _NAME, _RAW = 1, 2, 4, 7, 8, 9  # of TensorProto
_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 7: np.dtype("<i8")}

Array = npt.NDArray[Any]


def read_constants(model: bytes) -> dict[str, Array]:
    """Return the float32 and int64 initializers by name; raises ModelInvalid."""
    try:
        tensors = [
            _tensor(value) for number, value, _ in fields(_graph(model)) if number == INITIALIZER
        ]
    except (IndexError, ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ModelInvalid("the file is no ONNX model") from error
    return dict(tensors)


def with_constants(model: bytes, constants: Mapping[str, Array], *, free_input: str) -> bytes:
    """Return the model with other values for these initializers, and with an input of any length.

    `free_input`: an input of shape (1, samples) whose second size the file fixes.
    """
    graph = b"".join(
        _replaced(number, value, constants, free_input) or raw
        for number, value, raw in fields(_graph(model))
    )
    return b"".join(
        field(GRAPH, graph) if number == GRAPH else raw for number, _, raw in fields(model)
    )


def _graph(model: bytes) -> bytes:
    (graph,) = (value for number, value, _ in fields(model) if number == GRAPH)
    return _message(graph)


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number is no message")
    return value


def _replaced(
    number: int, value: int | bytes, constants: Mapping[str, Array], free_input: str
) -> bytes:
    """Return the field that stands here instead, nothing where it stays."""
    if isinstance(value, bytes) and number == INITIALIZER:
        name, _ = _tensor(value)
        if name in constants:
            return field(number, tensor_bytes(name, constants[name]))
    if isinstance(value, bytes) and number == INPUT:
        name = next(v for n, v, _ in fields(value) if n == 1 and isinstance(v, bytes)).decode()
        if name == free_input:
            return field(number, float_tensor(name, (1, "samples")))
    return b""


def _tensor(message: bytes | int) -> tuple[str, Array]:
    dims: list[int] = []
    kind, name, raw = 0, "", b""
    for number, value, _ in fields(_message(message)):
        if number == _DIMS:
            dims += list(_varints(value)) if isinstance(value, bytes) else [value]
        elif number == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif number == _NAME and isinstance(value, bytes):
            name = value.decode()
        elif number in (_RAW, _FLOATS) and isinstance(value, bytes):
            raw += value
        elif number == _INTEGERS and isinstance(value, bytes):
            raw += np.array(list(_varints(value)), np.uint64).tobytes()
    if kind not in _DTYPES:
        return name, np.zeros(0)
    return name, np.frombuffer(raw, _DTYPES[kind]).reshape(dims)


def tensor_bytes(name: str, array: Array) -> bytes:
    """Return a float32 or int64 array as a TensorProto."""
    kind = next(kind for kind, dtype in _DTYPES.items() if dtype == array.dtype)
    sizes = b"".join(field(_DIMS, size) for size in array.shape)
    return (
        sizes
        + field(_DATA_TYPE, kind)
        + field(_NAME, name.encode())
        + field(_RAW, np.ascontiguousarray(array).tobytes())
    )


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = read_varint(data, at)
        yield value
