"""Read FLAC and WAV in blocks with libsndfile, after a look of our own at the headers it would
believe.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from workers.audio.sound import Blocks, Undecodable

Integers = npt.NDArray[np.signedinteger]

# Small: a fault loses the block it stands in.
_BLOCK_FRAMES = 8_192
_WAV_SUBTYPES = frozenset(
    {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
)
# What samples are read as; 32 bit holds all other codings whole.
_KINDS = {"FLOAT": "float32", "DOUBLE": "float32", "PCM_16": "int16"}
# Recorders that stream write one of these as the length and never come back to mend it.
_UNKNOWN_LENGTHS = frozenset({0, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF})


def read_flac(data: bytes, blocks: Blocks) -> None:
    """Fill `blocks` from a FLAC file; a wrong MD5 of the header (RFC 9639, 8.2) is a fault, a zero
    one is none.
    """
    info = _stream_info(data)
    blocks.start(rate=info.rate, channels=info.channels, codec="flac", lossy=False)
    blocks.claimed_s = info.total / info.rate if info.total else None
    md5 = hashlib.md5(usedforsecurity=False)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.format != "FLAC" or (file.samplerate, file.channels) != (
                info.rate,
                info.channels,
            ):
                raise Undecodable("broken", "the FLAC header contradicts itself")
            complete = _drain(file, blocks, lambda raw: md5.update(_packed(raw, info.bits)))
    except soundfile.SoundFileError:
        _broke_off(blocks)
        return
    if complete and any(info.md5) and info.bits % 8 == 0 and md5.digest() != info.md5:
        blocks.complain("the decoded sound differs from the checksum in its header")


def read_wav(data: bytes, blocks: Blocks) -> None:
    """Fill `blocks` from a RIFF WAVE file, believing the true number of bytes rather than the
    stated ones.
    """
    mended, claimed_s = _mended_wav(data)
    blocks.claimed_s = claimed_s
    try:
        with soundfile.SoundFile(io.BytesIO(mended)) as file:
            if file.format not in {"WAV", "WAVEX"} or file.subtype not in _WAV_SUBTYPES:
                raise Undecodable("bad_codec", "the WAV file holds a coding that is not taken")
            blocks.start(
                rate=file.samplerate,
                channels=file.channels,
                codec=file.subtype.lower(),
                lossy=False,
            )
            _drain(file, blocks, lambda raw: None)
    except soundfile.SoundFileError:
        _broke_off(blocks)


def _drain(file: soundfile.SoundFile, blocks: Blocks, see: Callable[[Integers], None]) -> bool:
    """Read `file` to its end or its bound, showing integer blocks to `see`; answer whether the end
    was reached.
    """
    kind = _KINDS.get(file.subtype, "int32")
    scale = np.float32(1 if kind == "float32" else -1 / np.iinfo(kind).min)
    while True:
        raw: npt.NDArray[Any] = file.read(_BLOCK_FRAMES, dtype=kind, always_2d=True)
        if kind == "float32":
            scaled = raw.T
        else:
            see(raw)
            scaled = raw.T.astype(np.float32)
            scaled *= scale
        if not scaled.shape[1]:
            return True
        if not blocks.add(scaled):
            return False


def _broke_off(blocks: Blocks) -> None:
    """Keep what came before libsndfile's error; its own words name temporary objects, so they are
    not passed on.
    """
    if not blocks.samples:
        raise Undecodable("broken", f"the {blocks.container.upper()} file cannot be read")
    blocks.complain(f"the {blocks.container.upper()} stream breaks off")


@dataclass(frozen=True)
class _StreamInfo:
    rate: int
    channels: int
    bits: int
    total: int
    md5: bytes


def _stream_info(data: bytes) -> _StreamInfo:
    """Read the STREAMINFO block (RFC 9639, 8.2): 20 bits rate, 3 channels, 5 depth, 36 samples,
    then the MD5.
    """
    if len(data) < 42 or data[4] & 0x7F or int.from_bytes(data[5:8], "big") != 34:
        raise Undecodable("broken", "the FLAC file has no stream information")
    word = int.from_bytes(data[18:26], "big")
    return _StreamInfo(
        rate=word >> 44,
        channels=(word >> 41 & 7) + 1,
        bits=(word >> 36 & 31) + 1,
        total=word & (1 << 36) - 1,
        md5=data[26:42],
    )


def _packed(raw: Integers, bits: int) -> bytes:
    """Return left-justified samples as FLAC's MD5 wants them: little-endian, bits/8 bytes each,
    interleaved.
    """
    width = bits // 8
    if raw.dtype.itemsize == width:
        return raw.astype(raw.dtype.newbyteorder("<"), copy=False).tobytes()
    plain = np.ascontiguousarray(raw, dtype="<i4").view(np.uint8).reshape(-1, 4)
    return plain[:, 4 - width :].tobytes()


def _mended_wav(data: bytes) -> tuple[bytes, float | None]:
    """Return the file with true lengths in its header, and the seconds that it claimed (None where
    unknown).
    """
    at, rate_of_bytes = 12, 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and at + 20 <= len(data):
            rate_of_bytes = struct.unpack_from("<I", data, at + 16)[0]
        if name == b"data":
            there = len(data) - at - 8
            if size <= there and size:
                return data, size / rate_of_bytes if rate_of_bytes else None
            mended = b"".join(
                [
                    b"RIFF",
                    struct.pack("<I", len(data) - 8),
                    data[8 : at + 4],
                    struct.pack("<I", there),
                    data[at + 8 :],
                ]
            )
            known = size not in _UNKNOWN_LENGTHS and rate_of_bytes
            return mended, size / rate_of_bytes if known else None
        at += 8 + size + (size & 1)
    raise Undecodable("broken", "the WAV file has no sound in it")
