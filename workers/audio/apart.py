"""Decode in a process apart: no file can hang the worker, crash it, or take all its memory.

FFmpeg and libsndfile are C code that meets strangers' bytes. A process decodes many files, since
forking a worker for each would cost more than decoding it; one that met a bad file is replaced.
"""

from __future__ import annotations

import os
import threading

from workers.audio.decode import decode
from workers.audio.decoder_process import Decoder, DecoderProcess, ProcessEnded
from workers.audio.sound import Bounds, Sound, Undecodable

# What a codec leaks is given back now and then.
_FILES_EACH = 256
_LARGE_BYTES = 24_000_000
# For these the process may be at fault, by what a file before left behind in it.
_DOUBTFUL = frozenset({"too_slow", "too_big", "decoder_died"})

_in_turn = threading.Lock()
_kept: DecoderProcess | None = None


class DecoderLost(Exception):
    """The decoding process could not be started or heard: a fault of ours, worth another
    attempt.
    """


def decode_apart(
    data: bytes, *, content_type: str, bounds: Bounds | None = None, decoder: Decoder = decode
) -> Sound:
    """Return what `decode` returns, worked out in a child process.

    Raises Undecodable as `decode` does, and also when the decoder crashed, ran over its time or its
    memory: then the bytes are at fault. Raises DecoderLost when the system refused a process. Any
    other `decoder` than the real one gets a process of its own for this file.
    """
    bounds = bounds or Bounds()
    if decoder is not decode:
        process = _started(decoder, bounds)
        try:
            return _asked(process, data, content_type, bounds)
        finally:
            process.end()
    with _in_turn:
        process = _process(bounds)
        first = process.served == 0
        try:
            return _of_kept(process, data, content_type, bounds)
        except Undecodable as error:
            if first or error.reason not in _DOUBTFUL:
                raise
        return _of_kept(_process(bounds), data, content_type, bounds)


def end_decoder() -> None:
    """End this process's decoder; the next file gets a new one."""
    with _in_turn:
        _let_go()


def _of_kept(process: DecoderProcess, data: bytes, content_type: str, bounds: Bounds) -> Sound:
    whole = False
    try:
        sound = _asked(process, data, content_type, bounds)
        whole = not sound.faults and sound.channels.nbytes <= _LARGE_BYTES
        return sound
    finally:
        # Whatever a bad file may have left behind must meet no other one, and a very long one
        # leaves its memory.
        if not whole:
            _let_go()


def _asked(process: DecoderProcess, data: bytes, content_type: str, bounds: Bounds) -> Sound:
    try:
        return process.decode(data, content_type=content_type, bounds=bounds)
    except ProcessEnded as error:
        if error.late:
            raise Undecodable("too_slow", "decoding took longer than allowed") from None
        raise Undecodable("decoder_died", "the decoder broke down on these bytes") from None


def _process(bounds: Bounds) -> DecoderProcess:
    """Return the decoder of this very process, which a fork of it does not inherit."""
    global _kept
    if _kept is not None and (
        _kept.owner != os.getpid()
        or _kept.served >= _FILES_EACH
        or _kept.max_values < bounds.max_values
    ):
        _let_go()
    if _kept is None:
        _kept = _started(decode, bounds)
    return _kept


def _started(decoder: Decoder, bounds: Bounds) -> DecoderProcess:
    try:
        return DecoderProcess(decoder, max_values=bounds.max_values)
    except OSError as error:
        raise DecoderLost("no process for the decoder") from error


def _let_go() -> None:
    global _kept
    if _kept is not None:
        _kept.end()
        _kept = None
