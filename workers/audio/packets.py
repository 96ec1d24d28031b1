"""Read WebM, MP4 and OGG packet by packet with PyAV, the demuxer and the codecs named by us."""

from __future__ import annotations

import io
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt

from workers.audio.sound import Blocks, Floats, Undecodable

_LOSSY = frozenset({"opus", "vorbis", "aac"})
_CODECS = {
    "webm": frozenset({"opus", "vorbis"}),
    "mp4": frozenset({"aac", "opus", "alac", "flac"}),
    "ogg": frozenset({"opus", "vorbis", "flac"}),
}
_FULL_SCALE = {"u1": 128.0, "i2": 2.0**15, "i4": 2.0**31}


def read_webm(data: bytes, blocks: Blocks) -> None:
    """Fill `blocks` from WebM (Opus), with or without a duration in its header."""
    _read(data, "matroska", blocks)


def read_mp4(data: bytes, blocks: Blocks) -> None:
    """Fill `blocks` from MP4 (AAC), plain or fragmented."""
    _read(data, "mov", blocks)


def read_ogg(data: bytes, blocks: Blocks) -> None:
    """Fill `blocks` from Ogg (Opus, Vorbis or FLAC)."""
    _read(data, "ogg", blocks)


def _read(data: bytes, demuxer: str, blocks: Blocks) -> None:
    try:
        container = av.open(io.BytesIO(data), mode="r", format=demuxer, metadata_errors="ignore")
    except (av.error.FFmpegError, EOFError, ValueError, OSError) as error:
        raise Undecodable("broken", f"the {blocks.container} file cannot be opened") from error
    with container:
        if container.streams.video:
            raise Undecodable("has_pictures", "the file holds a picture track, only sound is taken")
        if len(container.streams.audio) != 1:
            raise Undecodable(
                "no_audio", f"the file holds {len(container.streams.audio)} sound tracks, not one"
            )
        stream = container.streams.audio[0]
        codec = getattr(stream.codec_context, "name", "unknown").removeprefix("lib")
        if codec not in _CODECS[blocks.container]:
            raise Undecodable(
                "bad_codec", f"the {blocks.container} file holds a coding that is not taken"
            )
        # One thread: the worker runs one process per core, and frame threads hold back errors.
        stream.codec_context.thread_count = 1
        blocks.claimed_s = _claimed_s(container)
        try:
            _drain(container, stream, codec, blocks)
        except (av.error.FFmpegError, EOFError, ValueError, OSError):
            if not blocks.samples:
                raise Undecodable(
                    "broken", f"the {blocks.container} file cannot be decoded"
                ) from None
            blocks.complain(f"the {blocks.container} stream breaks off")


def _drain(container: Any, stream: Any, codec: str, blocks: Blocks) -> None:
    for frame in container.decode(stream):
        channels = frame.layout.nb_channels
        if not blocks.rate:
            # The first frame tells the rate: the header of HE-AAC names half of it.
            blocks.start(
                rate=frame.sample_rate, channels=channels, codec=codec, lossy=codec in _LOSSY
            )
        elif channels != blocks.count or frame.sample_rate != blocks.rate:
            blocks.complain("the stream changes its rate or its channels midway")
            return
        if not blocks.add(_floats(frame, channels)):
            return


def _floats(frame: Any, channels: int) -> Floats:
    """Return a frame's samples as (channels, samples); codec overshoot beyond full scale is
    kept.
    """
    form = frame.format.name
    if form == "fltp" and channels == 1:
        # What phones send; fifty frames a second make the general way below costly.
        return np.frombuffer(frame.planes[0], np.float32, frame.samples)[None].copy()
    values: npt.NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    kind = values.dtype.str[1:]
    if kind not in _FULL_SCALE:
        return values.astype(np.float32)
    offset = np.float32(128.0 if kind == "u1" else 0.0)
    return (values.astype(np.float32) - offset) / np.float32(_FULL_SCALE[kind])


def _claimed_s(container: Any) -> float | None:
    """Return the duration the file states in seconds; live-muxed files state none."""
    if container.duration is None or container.duration <= 0:
        return None
    return float(container.duration) / 1_000_000
