"""Decoding in a process apart: same answers, and nothing a file does reaches the worker."""

import os
import resource
import signal
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from tests.sounds import speech_like, wav, webm
from workers.audio.apart import decode_apart
from workers.audio.decode import decode
from workers.audio.sound import Bounds, Sound, Undecodable

SPEECH = speech_like(2.0)
QUICK = Bounds(decode_seconds=0.5)


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


def test_no_process_and_no_descriptor_is_left_behind() -> None:
    before = _held()
    for decoder in (decode, crash, hang):
        try:
            decode_apart(wav(SPEECH), content_type="audio/wav", bounds=QUICK, decoder=decoder)
        except Undecodable:
            continue
    assert _held() == before


def _held() -> tuple[int, int]:
    """Return how many descriptors and children this process has."""
    own = Path("/proc/self")
    children = (own / "task" / str(os.getpid()) / "children").read_text().split()
    return len(list((own / "fd").iterdir())), len(children)


def test_the_workers_own_limits_stay_as_they_were() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    decode_apart(wav(SPEECH), content_type="audio/wav")
    assert resource.getrlimit(resource.RLIMIT_AS) == before
