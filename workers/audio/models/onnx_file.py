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

_GRAPH = 7  # of ModelProto
_INITIALIZER, _INPUT = 5, 11  # of GraphProto
_DIMS, _DATA_TYPE, _FLOATS, _INTEGERS, _NAME, _RAW = 1, 2, 4, 7, 8, 9  # of TensorProto
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 7: np.dtype("<i8")}

Array = npt.NDArray[Any]


def read_constants(model: bytes) -> dict[str, Array]:
    """Return the float32 and int64 initializers by name; raises ModelInvalid."""
    try:
        (graph,) = (value for number, value in _fields(model) if number == _GRAPH)
        tensors = [_tensor(value) for number, value in _fields(graph) if number == _INITIALIZER]
    except (IndexError, ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ModelInvalid("the file is no ONNX model") from error
    return dict(tensors)


def with_constants(model: bytes, constants: Mapping[str, Array], *, free_input: str) -> bytes:
    """Return the model with other values for these initializers, and with an input of any length.

    `free_input`: an input of shape (1, samples) whose second size the file fixes.
    """
    whole = next(value for number, value in _fields(model) if number == _GRAPH)
    graph = b"".join(
        _replaced(number, value, constants, free_input) for number, value in _fields(whole)
    )
    return b"".join(
        _field(number, graph if number == _GRAPH else value) for number, value in _fields(model)
    )


def _replaced(
    number: int, value: int | bytes, constants: Mapping[str, Array], free_input: str
) -> bytes:
    if isinstance(value, bytes) and number == _INITIALIZER:
        name, _ = _tensor(value)
        if name in constants:
            return _field(number, _tensor_bytes(name, constants[name]))
    if isinstance(value, bytes) and number == _INPUT:
        name = next(v for n, v in _fields(value) if n == 1 and isinstance(v, bytes)).decode()
        if name == free_input:
            sizes = _field(1, _field(1, 1)) + _field(1, _field(2, b"samples"))
            kind = _field(1, _field(1, 1) + _field(2, sizes))
            return _field(number, _field(1, name.encode()) + _field(2, kind))
    return _field(number, value)


def _tensor(message: bytes | int) -> tuple[str, Array]:
    dims: list[int] = []
    kind, name, raw = 0, "", b""
    for number, value in _fields(message):
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


def _tensor_bytes(name: str, array: Array) -> bytes:
    kind = next(kind for kind, dtype in _DTYPES.items() if dtype == array.dtype)
    sizes = b"".join(_field(_DIMS, size) for size in array.shape)
    return (
        sizes
        + _field(_DATA_TYPE, kind)
        + _field(_NAME, name.encode())
        + _field(_RAW, np.ascontiguousarray(array).tobytes())
    )


def _fields(message: bytes | int) -> Iterator[tuple[int, int | bytes]]:
    """Yield (number, value) of a message's fields: whole numbers, or the bytes of all else."""
    if isinstance(message, int):
        raise TypeError("a number is no message")
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
        if at + size > len(message):
            raise ValueError("the message is cut off")
        yield tag >> 3, message[at : at + size]
        at += size


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _as_varint(number << 3 | _VARINT) + _as_varint(value)
    return _as_varint(number << 3 | _BYTES) + _as_varint(len(value)) + value


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
