"""Decode in a process apart: no file can hang the worker, crash it, or take all its memory.

FFmpeg and libsndfile are C code that meets strangers' bytes. A forked child decodes and writes the
samples to a pipe; it may use so much memory and processor time and no more, and the parent waits
so long and no longer.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import resource
import select
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from workers.audio.decode import decode
from workers.audio.sound import Bounds, Sound, Undecodable

# Above what the worker holds already: room for the samples twice and for the codecs.
_EXTRA_BYTES = 640 * 1024 * 1024
_STATM = Path("/proc/self/statm")
_PIPE_BLOCK = 1 << 20
_LENGTH = struct.Struct("<Q")
Decoder = Callable[..., Sound]


class DecoderLost(Exception):
    """The decoding process could not be started or heard: a fault of ours, worth another
    attempt.
    """


def decode_apart(
    data: bytes, *, content_type: str, bounds: Bounds | None = None, decoder: Decoder = decode
) -> Sound:
    """Return what `decode` returns, worked out in a child process.

    Raises Undecodable as `decode` does, and also when the decoder crashed, ran over its time or its
    memory: then the bytes are at fault. Raises DecoderLost when the system refused a process.
    """
    bounds = bounds or Bounds()
    try:
        read_end, write_end = os.pipe()
        child = os.fork()
    except OSError as error:
        raise DecoderLost("no process for the decoder") from error
    if child == 0:
        os.close(read_end)
        _work(write_end, data, content_type, bounds, decoder)
    os.close(write_end)
    try:
        answer = _listen(read_end, time.monotonic() + bounds.decode_seconds)
    finally:
        os.close(read_end)
        # Harmless to a child that has ended; it is reaped right below in any case.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _opened(answer)


def _work(out: int, data: bytes, content_type: str, bounds: Bounds, decoder: Decoder) -> None:
    """Run in the child and never return: no exit handler of the worker may run a second time."""
    status = 1
    try:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGALRM):
            signal.signal(name, signal.SIG_DFL)
        # A crash here is an answer about the file; the worker's log shall not show it as its own.
        faulthandler.disable()
        _limit(bounds)
        try:
            sound: Sound | Undecodable = decoder(data, content_type=content_type, bounds=bounds)
        except Undecodable as error:
            sound = error
        except MemoryError:
            sound = Undecodable("too_big", "decoding asked for more memory than allowed")
        _tell(out, sound)
        status = 0
    finally:
        os._exit(status)


def _limit(bounds: Bounds) -> None:
    # Elsewhere than on Linux an address space is not counted so; the other bounds hold there.
    if _STATM.exists():
        room = int(_STATM.read_text().split()[0]) * resource.getpagesize() + _EXTRA_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    seconds = int(bounds.decode_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tell(out: int, answer: Sound | Undecodable) -> None:
    with os.fdopen(out, "wb") as pipe:
        head = pickle.dumps(_without_samples(answer))
        pipe.write(_LENGTH.pack(len(head)) + head)
        if isinstance(answer, Sound):
            pipe.write(np.ascontiguousarray(answer.channels).data.cast("B"))


def _without_samples(answer: Sound | Undecodable) -> object:
    if isinstance(answer, Undecodable):
        return answer
    facts = {name: value for name, value in vars(answer).items() if name != "channels"}
    return (answer.channels.shape, facts)


def _listen(pipe: int, until: float) -> bytearray:
    answer = bytearray()
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise Undecodable("too_slow", "decoding took longer than allowed")
        block = os.read(pipe, _PIPE_BLOCK)
        if not block:
            return answer
        answer += block


def _opened(answer: bytearray) -> Sound:
    """Return the child's sound or raise its error; an answer cut short means that the child
    died.
    """
    died = Undecodable("decoder_died", "the decoder broke down on these bytes")
    if len(answer) < _LENGTH.size:
        raise died
    length = _LENGTH.unpack_from(answer)[0]
    head_end = _LENGTH.size + length
    if len(answer) < head_end:
        raise died
    # Pickled by our own child a moment ago, never by a stranger.
    head = pickle.loads(bytes(answer[_LENGTH.size : head_end]))  # noqa: S301
    if isinstance(head, Undecodable):
        raise head
    shape, facts = head
    samples = np.frombuffer(answer, dtype=np.float32, offset=head_end)
    if samples.size != shape[0] * shape[1]:
        raise died
    return Sound(channels=samples.reshape(shape), **facts)
