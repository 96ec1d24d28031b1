"""What decoding yields: the sound, the bounds it was read within, and the error when there is
none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workers.audio.levels import levels_of

Floats = npt.NDArray[np.float32]


class Undecodable(Exception):
    """Bytes that are no readable recording. `reason` is a stable slug, `detail` plain words
    without content.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[Undecodable], tuple[str, str]]:
        # The error crosses from the decoding process; the default would call __init__ with the one
        # message.
        return type(self), (self.reason, self.detail)


@dataclass(frozen=True)
class Bounds:
    """What a decode may cost. Seconds of sound, bytes of file, Hz, channels, values in memory,
    seconds of work.
    """

    max_seconds: float = 60.0
    max_bytes: int = 20_000_000
    max_channels: int = 2
    min_rate: int = 8_000
    max_rate: int = 96_000
    max_values: int = 32_000_000
    max_amplitude: float = 64.0
    decode_seconds: float = 20.0


@dataclass(frozen=True)
class Sound:
    """Decoded sound: `channels` float32 (channels, samples) at `rate` Hz, and what the container
    said.

    `claimed_s` is the duration that the container states (None where it states none), `stopped`
    that decoding ended at a bound with more to come, `faults` how often the decoder or a checksum
    complained, `fault` the first. `lossy` tells a codec that moves sample values (Opus, AAC,
    Vorbis): plateaus of clipping do not survive it.
    """

    channels: Floats
    rate: int
    container: str
    codec: str
    lossy: bool
    claimed_s: float | None = None
    stopped: bool = False
    faults: int = 0
    fault: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds of decoded samples; never the header's word."""
        return self.channels.shape[1] / self.rate

    def mono(self) -> Floats:
        """Return the channel that varies more, shape (samples,).

        Averaging would lose 6 dB where one channel is silent, and a dead channel with an offset
        must not win.
        """
        if len(self.channels) == 1:
            loudest = 0
        else:
            loudest = int(np.argmax([levels_of(channel).power for channel in self.channels]))
        channel: Floats = self.channels[loudest]
        return channel


@dataclass
class Blocks:
    """Collects decoded blocks and enforces the bounds on each; readers stop when `add` answers
    False.
    """

    container: str
    bounds: Bounds
    out_of_time: Callable[[], bool]
    codec: str = ""
    lossy: bool = False
    rate: int = 0
    count: int = 0
    claimed_s: float | None = None
    stopped: bool = False
    faults: int = 0
    fault: str = ""
    samples: int = 0
    parts: list[Floats] = field(default_factory=list)

    def start(self, *, rate: int, channels: int, codec: str, lossy: bool) -> None:
        """Fix the stream's rate (Hz), channel count and codec; raise Undecodable outside the
        bounds.
        """
        if not self.bounds.min_rate <= rate <= self.bounds.max_rate:
            raise Undecodable(
                "bad_rate",
                f"a rate of {rate} Hz is outside {self.bounds.min_rate}-{self.bounds.max_rate}",
            )
        if not 1 <= channels <= self.bounds.max_channels:
            raise Undecodable(
                "bad_channels", f"{channels} channels, at most {self.bounds.max_channels} are taken"
            )
        self.rate, self.count, self.codec, self.lossy = rate, channels, codec, lossy

    def add(self, block: Floats) -> bool:
        """Keep `block` (channels, samples); answer False when the sound has reached its bound."""
        if self.out_of_time():
            raise Undecodable("too_slow", "decoding took longer than allowed")
        room = self.room()
        if block.shape[1] > room:
            block, self.stopped = block[:, :room], True
        if block.shape[1]:
            self.parts.append(block)
            self.samples += block.shape[1]
        return not self.stopped

    def room(self) -> int:
        """Samples per channel that may still come; one past the seconds bound, so that too long
        can be told.
        """
        by_time = int(self.bounds.max_seconds * self.rate) + 1
        return max(0, min(by_time, self.bounds.max_values // max(1, self.count)) - self.samples)

    def complain(self, words: str) -> None:
        """Note a fault of the stream that left earlier samples good."""
        self.faults += 1
        self.fault = self.fault or words

    def sound(self) -> Sound:
        """Return what was collected; raise Undecodable where that is nothing."""
        if not self.samples:
            raise Undecodable("no_samples", self.fault or "the file holds no sound")
        return Sound(
            channels=np.concatenate(self.parts, axis=1, dtype=np.float32),
            rate=self.rate,
            container=self.container,
            codec=self.codec,
            lossy=self.lossy,
            claimed_s=self.claimed_s,
            stopped=self.stopped,
            faults=self.faults,
            fault=self.fault,
        )
