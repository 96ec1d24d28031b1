"""Read and write the fields of a Protocol Buffers message, by its wire format; no schema.

What ONNX files are made of: a field is a number, a kind, and a value.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Yield number, value and all bytes of each field: whole numbers, or the bytes of all else.

    Raises ValueError, KeyError or IndexError for bytes that are no message.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = read_varint(message, at)
        kind = key & 7
        value: int | bytes
        if kind == _VARINT:
            value, at = read_varint(message, at)
        else:
            if kind == _BYTES:
                size, at = read_varint(message, at)
            else:
                size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
            if at + size > len(message):
                raise ValueError("the message is cut off")
            value, at = message[at : at + size], at + size
        yield key >> 3, value, message[start:at]


def field(number: int, value: int | bytes) -> bytes:
    """Return a field that holds a whole number, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the whole number that begins at `at`, and where what follows begins."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
