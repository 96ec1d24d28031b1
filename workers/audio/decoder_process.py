"""One forked process that decodes files for its parent, and may use so much memory and time.

Requests go through a socket; samples come back through memory that both share, since a pipe would
copy them twice. The process ends with its parent: it then reads the end of the socket.
"""

from __future__ import annotations

import faulthandler
import gc
import mmap
import os
import pickle
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from workers.audio.sound import Bounds, Floats, Sound, Undecodable

# Above what the worker holds already: room for the samples twice and for the codecs.
_EXTRA_BYTES = 640 * 1024 * 1024
# Shared pages up to this are kept from clip to clip.
_KEPT_BYTES = 8 * 1024 * 1024
_STATM = Path("/proc/self/statm")
_BLOCK = 1 << 20
_SIZES = struct.Struct("<QQ")
_VALUE = np.dtype(np.float32).itemsize
_PIECE = 1 << 20  # samples: whole pages
Decoder = Callable[..., Sound]


class ProcessEnded(Exception):
    """The decoding process answered nothing: it crashed, or was ended for the time it took."""

    def __init__(self, *, late: bool) -> None:
        super().__init__("late" if late else "died")
        self.late = late


class DecoderProcess:
    """A child of this process that runs `decoder`; `served` counts the files it has met."""

    def __init__(self, decoder: Decoder, *, max_values: int) -> None:
        """Fork the child. Raises OSError when the system refuses a process or memory.

        `max_values`: the most samples, of all channels together, that a sound may have.
        """
        self.owner = os.getpid()
        self.max_values = max_values
        self.served = 0
        self._samples = mmap.mmap(-1, max(1, max_values) * _VALUE)
        self._link, theirs = socket.socketpair()
        try:
            self._child = os.fork()
        except OSError:
            self._link.close()
            theirs.close()
            self._samples.close()
            raise
        if self._child == 0:
            _live(theirs, self._samples, decoder)
        theirs.close()

    def decode(self, data: bytes, *, content_type: str, bounds: Bounds) -> Sound:
        """Return what the decoder returned, or raise the Undecodable that it raised.

        Raises ProcessEnded; then the process is gone, and `end` must be called all the same.
        """
        self.served += 1
        until = time.monotonic() + bounds.decode_seconds
        try:
            _send(self._link, pickle.dumps((content_type, bounds)), data, until)
            head, _ = _receive(self._link, until)
        except TimeoutError:
            raise ProcessEnded(late=True) from None
        except (OSError, EOFError):
            raise ProcessEnded(late=False) from None
        # Pickled by our own child a moment ago, never by a stranger.
        answer = pickle.loads(head)  # noqa: S301
        if isinstance(answer, Undecodable):
            raise answer
        shape, facts = answer
        return Sound(channels=self._taken(shape[0] * shape[1]).reshape(shape), **facts)

    def _taken(self, count: int) -> Floats:
        """Return a copy of the shared samples; of a long clip the shared pages are given back as
        they are copied, so that it is never held twice.
        """
        shared = np.frombuffer(self._samples, np.float32, count)
        if count * _VALUE <= _KEPT_BYTES or not hasattr(mmap, "MADV_REMOVE"):
            return shared.copy()
        samples = np.empty(count, np.float32)
        for start in range(0, count, _PIECE):
            piece = slice(start, min(count, start + _PIECE))
            samples[piece] = shared[piece]
            self._samples.madvise(mmap.MADV_REMOVE, start * _VALUE, _PIECE * _VALUE)
        return samples

    def end(self) -> None:
        """End the process, whatever it is doing, and give back what it held."""
        self._link.close()
        # A fork of this process holds the same socket and the same number, not the child.
        if os.getpid() == self.owner:
            # Harmless to a child that has ended; it is reaped right below in any case.
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        self._samples.close()


def _live(link: socket.socket, samples: mmap.mmap, decoder: Decoder) -> None:
    """Serve in the child and never return: no exit handler of the worker may run a second time."""
    status = 1
    try:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGALRM):
            signal.signal(name, signal.SIG_DFL)
        # A crash here is an answer about the file; the worker's log shall not show it as its own.
        faulthandler.disable()
        # Looking through the worker's objects for garbage would make a copy of their memory.
        gc.freeze()
        # The worker's connections, and the sockets of its other children, are its own to close.
        os.closerange(3, link.fileno())
        os.closerange(link.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        _limit_memory()
        with suppress(EOFError, OSError):
            while True:
                _serve(link, samples, decoder)
        status = 0
    finally:
        os._exit(status)


def _serve(link: socket.socket, samples: mmap.mmap, decoder: Decoder) -> None:
    head, data = _receive(link, until=None)
    content_type, bounds = pickle.loads(head)  # noqa: S301 - by our own parent
    _limit_time(bounds.decode_seconds)
    answer: object
    try:
        sound = decoder(data, content_type=content_type, bounds=bounds)
        facts = {name: value for name, value in vars(sound).items() if name != "channels"}
        answer = (sound.channels.shape, facts)
        shared = np.frombuffer(samples, np.float32, sound.channels.size)
        shared.reshape(sound.channels.shape)[:] = sound.channels
    except Undecodable as error:
        answer = error
    except MemoryError:
        answer = Undecodable("too_big", "decoding asked for more memory than allowed")
    _send(link, pickle.dumps(answer), b"", until=None)


def _limit_memory() -> None:
    # Elsewhere than on Linux an address space is not counted so; the other bounds hold there.
    if _STATM.exists():
        room = int(_STATM.read_text().split()[0]) * resource.getpagesize() + _EXTRA_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """Let the kernel end this process should it compute on when its parent is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soft < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _send(link: socket.socket, head: bytes, data: bytes, until: float | None) -> None:
    for part in (_SIZES.pack(len(head), len(data)), head, data):
        link.settimeout(_left(until))
        link.sendall(part)


def _receive(link: socket.socket, until: float | None) -> tuple[bytes, bytes]:
    """Return head and data of one message. Raises EOFError where the other end is gone."""
    sizes = _SIZES.unpack(_exactly(link, _SIZES.size, until))
    return bytes(_exactly(link, sizes[0], until)), bytes(_exactly(link, sizes[1], until))


def _exactly(link: socket.socket, size: int, until: float | None) -> bytearray:
    got = bytearray(size)
    view, at = memoryview(got), 0
    while at < size:
        link.settimeout(_left(until))
        count = link.recv_into(view[at:], min(size - at, _BLOCK))
        if not count:
            raise EOFError
        at += count
    return got


def _left(until: float | None) -> float | None:
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
