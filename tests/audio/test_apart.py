"""Decoding in a process apart: same answers, and nothing a file does reaches the worker."""

import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from tests.sounds import speech_like, wav, webm
from workers.audio.apart import decode_apart, end_decoder
from workers.audio.decode import decode
from workers.audio.sound import Bounds, Sound, Undecodable

SPEECH = speech_like(2.0)
QUICK = Bounds(decode_seconds=0.5)
_SERVICES: set[str] = set()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(wav(np.stack([SPEECH, SPEECH / 2], axis=1)), "audio/wav"), (webm(SPEECH), "audio/webm")],
)
def test_the_answer_is_that_of_decoding_here(data: bytes, content_type: str) -> None:
    here, apart = (
        decode(data, content_type=content_type),
        decode_apart(data, content_type=content_type),
    )
    np.testing.assert_array_equal(here.channels, apart.channels)
    facts = {name: value for name, value in vars(here).items() if name != "channels"}
    assert facts == {name: value for name, value in vars(apart).items() if name != "channels"}


def test_a_refusal_arrives_with_its_reason_and_words() -> None:
    with pytest.raises(Undecodable, match="HTML") as error:
        decode_apart(b"<html>", content_type="audio/wav")
    assert error.value.reason == "not_audio"


def hang(data: bytes, *, content_type: str, bounds: Bounds) -> NoReturn:
    """Wait for ever."""
    signal.pause()
    raise AssertionError


def spin(data: bytes, *, content_type: str, bounds: Bounds) -> NoReturn:
    """Compute for ever."""
    while True:
        pass


def crash(data: bytes, *, content_type: str, bounds: Bounds) -> Sound:
    """Die as C code dies on a bad pointer."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return decode(data, content_type=content_type, bounds=bounds)


def hog(data: bytes, *, content_type: str, bounds: Bounds) -> NoReturn:
    """Take memory for ever."""
    held = []
    while True:
        held.append(bytearray(50_000_000))


def stumble(data: bytes, *, content_type: str, bounds: Bounds) -> NoReturn:
    """Fail in a way nobody foresaw."""
    raise KeyError("unforeseen")


@pytest.mark.parametrize(
    ("decoder", "reason"),
    [
        (hang, "too_slow"),
        (spin, "too_slow"),
        (crash, "decoder_died"),
        (hog, "too_big"),
        (stumble, "decoder_died"),
    ],
)
def test_a_decoder_that_fails_ends_as_undecodable(decoder: type, reason: str) -> None:
    bounds = QUICK if reason == "too_slow" else None
    with pytest.raises(Undecodable) as error:
        decode_apart(b"x", content_type="audio/wav", bounds=bounds, decoder=decoder)
    assert error.value.reason == reason


def test_only_the_one_decoder_is_left_behind_and_can_be_ended() -> None:
    end_decoder()
    before = _held()
    for decoder in (decode, crash, hang, decode):
        try:
            decode_apart(wav(SPEECH), content_type="audio/wav", bounds=QUICK, decoder=decoder)
        except Undecodable:
            continue
    assert _held()[1] == before[1] + 1
    end_decoder()
    assert _held() == before


def test_one_process_decodes_many_files_until_it_meets_a_bad_one() -> None:
    end_decoder()
    for _ in range(3):
        decode_apart(wav(SPEECH), content_type="audio/wav")
    first = _children()
    assert len(first) == 1
    with pytest.raises(Undecodable):
        decode_apart(wav(SPEECH)[:44], content_type="audio/wav")
    decode_apart(wav(SPEECH), content_type="audio/wav")
    assert _children() != first


def test_a_decoder_that_broke_on_another_files_account_is_tried_again() -> None:
    decode_apart(wav(SPEECH), content_type="audio/wav")
    os.kill(int(_children()[0]), signal.SIGKILL)
    sound = decode_apart(wav(SPEECH), content_type="audio/wav")
    assert sound.duration_s == pytest.approx(2.0)


def test_a_fork_of_the_worker_has_a_decoder_of_its_own() -> None:
    decode_apart(wav(SPEECH), content_type="audio/wav")
    ours = _children()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            decode_apart(wav(SPEECH), content_type="audio/wav")
            status = 0 if len(_children()) == 1 else 2
            end_decoder()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert decode_apart(wav(SPEECH), content_type="audio/wav").duration_s == pytest.approx(2.0)
    assert _children() == ours


def test_the_decoder_holds_none_of_the_workers_connections() -> None:
    end_decoder()
    ours, theirs = socket.socketpair()
    with ours:
        decode_apart(wav(SPEECH), content_type="audio/wav")
        theirs.close()
        ours.settimeout(10)
        assert ours.recv(1) == b""


def _held() -> tuple[int, int]:
    """Return how many descriptors and children this process has."""
    return len(list(Path("/proc/self/fd").iterdir())), len(_children())


def _children() -> list[str]:
    """Return this process's children that the test did not find here: its decoders."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in found if pid not in _SERVICES]


@pytest.fixture(autouse=True)
def _services() -> Iterator[None]:
    """Tell the servers that the session has started from the decoders of a test."""
    end_decoder()
    _SERVICES.update(_children())
    yield
    _SERVICES.clear()


def test_the_workers_own_limits_stay_as_they_were() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    decode_apart(wav(SPEECH), content_type="audio/wav")
    assert resource.getrlimit(resource.RLIMIT_AS) == before
