"""Decode a phone's upload, already in memory, to float PCM within hard bounds, or say why it
cannot be read.

The format is told from the first bytes, never guessed by FFmpeg: guessing would open its playlist
and subtitle demuxers to a stranger's bytes, and would let a mislabelled file through.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workers.audio import flac_wav, packets
from workers.audio.sniff import declared_format, looks_like
from workers.audio.sound import Blocks, Bounds, Sound, Undecodable

__all__ = ["Bounds", "Sound", "Undecodable", "decode"]

_READERS: dict[str, Callable[[bytes, Blocks], None]] = {
    "flac": flac_wav.read_flac,
    "wav": flac_wav.read_wav,
    "webm": packets.read_webm,
    "mp4": packets.read_mp4,
    "ogg": packets.read_ogg,
}


@dataclass(frozen=True)
class _Clock:
    """The point in time after which a decode is given up."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def over(self) -> bool:
        return time.monotonic() - self.started > self.seconds


def decode(data: bytes, *, content_type: str, bounds: Bounds | None = None) -> Sound:
    """Return the sound in `data`, float32 per channel at its native rate, in [-1, 1] save for
    codec overshoot.

    Stops at `bounds.max_seconds` (then `Sound.stopped` is true and the rest is not looked at). A
    stream that breaks off after some samples is returned with `Sound.faults` > 0. Raises
    Undecodable for everything else that is not a readable recording of the declared type, and
    never another exception for bad bytes.
    """
    bounds = bounds or Bounds()
    if not data:
        raise Undecodable("empty", "the file is empty")
    if len(data) > bounds.max_bytes:
        raise Undecodable(
            "too_big", f"the file has {len(data)} bytes, more than {bounds.max_bytes}"
        )
    declared = declared_format(content_type)
    found = looks_like(data)
    if found not in _READERS:
        raise Undecodable("not_audio", f"the bytes are {found}, not audio")
    if declared is None:
        raise Undecodable("unknown_type", "the declared type is not one of the audio types taken")
    if found != declared:
        raise Undecodable("mislabelled", f"the bytes are {found}, declared was {declared}")
    clock = _Clock(bounds.decode_seconds)
    blocks = Blocks(container=found, bounds=bounds, out_of_time=clock.over)
    try:
        _READERS[found](data, blocks)
    except MemoryError as error:
        raise Undecodable("too_big", "decoding asked for more memory than allowed") from error
    sound = blocks.sound()
    # The largest and the least of values among which one is no number are no numbers.
    largest = max(float(sound.channels.max()), -float(sound.channels.min()))
    if not math.isfinite(largest):
        raise Undecodable("not_finite", "the sound holds values that are no numbers")
    if largest > bounds.max_amplitude:
        raise Undecodable("out_of_scale", "the sound lies far beyond full scale")
    return sound
