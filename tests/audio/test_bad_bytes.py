"""Any bytes at all: mutated files end as measures or as a reasoned refusal, never as an error."""

import math
import random
import struct

import pytest

from tests.sounds import flac, mp4, ogg, speech_like, wav, webm
from workers.audio.decode import decode
from workers.audio.examine import examine
from workers.audio.sound import Bounds

SPEECH = speech_like(1.0)
FILES = [
    (flac(SPEECH), "audio/flac"),
    (wav(SPEECH), "audio/wav"),
    (wav(SPEECH, subtype="FLOAT"), "audio/wav"),
    (webm(SPEECH), "audio/webm"),
    (webm(SPEECH, live=False), "audio/webm"),
    (mp4(SPEECH), "audio/mp4"),
    (mp4(SPEECH, fragments=False), "audio/mp4"),
    (ogg(SPEECH), "audio/ogg"),
]
LENGTHS = [0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000]


def mutated(rng: random.Random) -> tuple[bytes, str]:
    """Return one of the files, damaged: bytes changed, cut, heads swapped, lengths forged."""
    original, content_type = rng.choice(FILES)
    data = bytearray(original)
    how = rng.choice(["bytes", "head", "cut", "swap", "length", "zeros", "insert"])
    if how == "bytes":
        for _ in range(rng.choice([1, 10, 200])):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif how == "head":
        for _ in range(rng.choice([1, 4])):
            data[rng.randrange(4, 200)] = rng.randrange(256)
    elif how == "cut":
        del data[rng.randrange(len(data)) :]
    elif how == "swap":
        at = rng.randrange(4, 300)
        data[at:] = rng.choice(FILES)[0][at:]
    elif how == "length":
        struct.pack_into(
            "<I" if rng.random() < 0.5 else ">I", data, rng.randrange(4, 400), rng.choice(LENGTHS)
        )
    elif how == "zeros":
        at = rng.randrange(len(data))
        data[at : at + 500] = bytes(len(data[at : at + 500]))
    else:
        at = rng.randrange(len(data))
        data[at:at] = rng.randbytes(rng.randrange(1, 2000))
    return bytes(data), content_type


@pytest.mark.parametrize("seed", range(20))
def test_mutated_files_end_in_measures_or_a_reason(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        data, content_type = mutated(rng)
        seen = examine(
            data, content_type=content_type, bounds=Bounds(max_seconds=20), decoder=decode
        )
        assert all(math.isfinite(value) for value in seen.measures.values())
        if seen.measures["decodable"]:
            assert seen.derived is not None
            assert seen.derived.samples > 0
        else:
            assert set(seen.facts) == {"fault", "detail"}
            assert seen.derived is None


def test_mutated_files_end_the_same_way_in_a_process_apart() -> None:
    rng = random.Random("apart")
    for _ in range(20):
        data, content_type = mutated(rng)
        here = examine(data, content_type=content_type, decoder=decode)
        assert examine(data, content_type=content_type) == here
