"""Files damaged by seed: what bad links, broken recorders and ill will make of good recordings."""

import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from tests.sounds import flac, mp4, ogg, speech_like, wav, webm

_RATE: Final = 48_000


@dataclass(frozen=True)
class Mutant:
    """Damaged bytes, the type that was declared for them, and what was done."""

    data: bytes
    content_type: str
    damage: str


@dataclass(frozen=True)
class _Original:
    data: bytes
    content_type: str


@cache
def originals() -> tuple[_Original, ...]:
    """Return good files of every container, codec and layout that is taken, phones' own too."""
    speech = speech_like(1.0)
    wide = speech_like(1.2, rate=_RATE, seed=1)
    stereo = np.stack([wide, wide / 3], axis=1)
    made = [
        *((flac(x, rate), "audio/flac") for x, rate in ((speech, 16_000), (stereo, _RATE))),
        (wav(speech), "audio/wav"),
        *((wav(wide, _RATE, subtype=kind), "audio/wav") for kind in ("FLOAT", "PCM_24", "ULAW")),
        (wav(stereo, _RATE), "audio/wav"),
        (webm(speech), "audio/webm"),
        (webm(stereo, _RATE, live=False), "audio/webm"),
        (mp4(speech), "audio/mp4"),
        (mp4(stereo, _RATE, fragments=False), "audio/mp4"),
        (ogg(speech), "audio/ogg"),
    ]
    # Where there are any: files as encoders of phones make them, of real speech.
    folder = os.environ.get("FIELDVOICE_SPEECH") or Path(__file__).parents[2] / "shared" / "speech"
    phones = [
        _Original(path.read_bytes(), f"audio/{path.suffix.removeprefix('.')}")
        for path in sorted(Path(folder).glob("encodes/*.*"))
    ]
    return (*(_Original(data, kind) for data, kind in made), *phones)


def mutant(seed: str) -> Mutant:
    """Return one damaged file; the same seed gives the same one again."""
    rng = random.Random(seed)
    original = rng.choice(originals())
    data = bytearray(original.data)
    names = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        damage = rng.choice(_DAMAGES)
        damage(data, rng)
        names.append(damage.__name__.removeprefix("_"))
    return Mutant(bytes(data), original.content_type, "+".join(names))


def _place(data: bytearray, rng: random.Random, room: int = 1) -> int:
    """Return where to strike: half of the time in the heads, which steer the decoders."""
    last = max(0, len(data) - room)
    return rng.randint(0, min(last, 500)) if rng.random() < 0.5 else rng.randint(0, last)


def _bits_flipped(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 3, 30))):
        if data:
            data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _bytes_changed(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 10, 200))):
        if data:
            data[_place(data, rng)] = rng.randrange(256)


def _end_cut(data: bytearray, rng: random.Random) -> None:
    del data[_place(data, rng) :]


def _start_cut(data: bytearray, rng: random.Random) -> None:
    del data[: rng.randint(1, max(1, min(600, len(data))))]


def _middle_cut(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 4, 100, 3000))]


def _part_repeated(data: bytearray, rng: random.Random) -> None:
    at, size = _place(data, rng), rng.choice((4, 64, 1000, 20_000))
    data[at:at] = data[at : at + size] * rng.choice((1, 2, 40))


def _parts_exchanged(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((4, 32, 400))
    one, other = (_place(data, rng, size) for _ in range(2))
    first, second = bytes(data[one : one + size]), bytes(data[other : other + size])
    if len(first) == len(second):
        data[one : one + size], data[other : other + size] = second, first


def _zeros(data: bytearray, rng: random.Random) -> None:
    at, size = _place(data, rng), rng.choice((8, 500, 5000))
    data[at : at + size] = bytes(len(data[at : at + size]))


def _strange_bytes(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = rng.randbytes(rng.randrange(1, 3000))


def _heads_swapped(data: bytearray, rng: random.Random) -> None:
    other = rng.choice(originals()).data
    at = rng.randrange(4, 400)
    if rng.random() < 0.5:
        data[at:] = other[at:]
    else:
        data[:at] = other[:at]


def _number_forged(data: bytearray, rng: random.Random) -> None:
    form = rng.choice(("<I", ">I", ">Q", "<H", ">H"))
    size = struct.calcsize(form)
    most = (1 << 8 * size) - 1
    value = rng.choice((0, 1, most, most >> 1, (most >> 1) + 1, rng.randint(0, most)))
    if len(data) >= size:
        struct.pack_into(form, data, _place(data, rng, size), value)


_TAGS: Final = (
    *b"RIFF WAVE fmt data fact LIST PEAK".split(),
    *b"ftyp moov trak mdia minf stbl stsd stts stsc stsz stco mdat moof traf trun".split(),
    *b"mvhd mdhd mp4a esds edts elst udta meta".split(),
    *b"OggS fLaC OpusHead OpusTags A_OPUS A_VORBIS Opus".split(),
    # Matroska: EBML, Segment, Info, Tracks, Cluster, SimpleBlock, Audio, CodecPrivate.
    *(bytes.fromhex(x) for x in ("1a45dfa3", "18538067", "1549a966", "1654ae6b", "1f43b675")),
    *(bytes.fromhex(x) for x in ("a3", "e1", "63a2")),
)


def _tag_renamed(data: bytearray, rng: random.Random) -> None:
    there = [tag for tag in _TAGS if len(tag) > 1 and tag in data]
    if not there:
        return
    tag = rng.choice(there)
    places = _places(data, tag)
    at = rng.choice(places)
    data[at : at + len(tag)] = rng.choice(_TAGS) if rng.random() < 0.7 else rng.randbytes(len(tag))


def _places(data: bytearray, tag: bytes) -> list[int]:
    places: list[int] = []
    at = data.find(tag)
    while at >= 0 and len(places) < 200:
        places.append(at)
        at = data.find(tag, at + 1)
    return places


# Where a container says how fast, how wide and how long: after which tag, how far, in which form.
_CLAIMS: Final = (
    (b"fmt ", 10, "<H"),  # WAV: channels
    (b"fmt ", 12, "<I"),  # rate
    (b"fmt ", 16, "<I"),  # bytes a second
    (b"fmt ", 20, "<H"),  # bytes a frame
    (b"fmt ", 22, "<H"),  # bits
    (b"data", 4, "<I"),
    (b"fLaC", 8, ">H"),  # FLAC: smallest and largest block
    (b"fLaC", 10, ">H"),
    (b"fLaC", 18, ">Q"),  # rate, channels, bits, samples
    (b"mvhd", 16, ">I"),  # MP4: timescale and duration of the film, of the track
    (b"mvhd", 20, ">I"),
    (b"mdhd", 16, ">I"),
    (b"mdhd", 20, ">I"),
    (b"mp4a", 20, ">H"),  # channels, bits, rate
    (b"mp4a", 22, ">H"),
    (b"mp4a", 28, ">I"),
    (b"stsz", 8, ">I"),  # how large and how many the packets are
    (b"stsz", 12, ">I"),
    (b"stts", 8, ">I"),
    (b"stts", 12, ">I"),
    (b"stco", 8, ">I"),
    (b"stco", 12, ">I"),
    (b"trun", 8, ">I"),
    (b"elst", 12, ">I"),
    (b"OpusHead", 9, "<H"),  # Opus: version and channels, pre-skip, rate
    (b"OpusHead", 10, "<H"),
    (b"OpusHead", 12, "<I"),
    (b"OpusHead", 16, "<H"),
    (b"\xb5", 2, ">Q"),  # Matroska: rate, channels, duration, the unit of time, a block's size
    (b"\x9f", 1, ">H"),
    (b"\x44\x89", 3, ">Q"),
    (b"\x2a\xd7\xb1", 4, ">I"),
    (b"\x1f\x43\xb6\x75", 4, ">Q"),
    (b"OggS", 6, "<Q"),  # Ogg: granule, stream, page, number of segments
    (b"OggS", 14, "<I"),
    (b"OggS", 18, "<I"),
    (b"OggS", 26, "<H"),
)
_HUGE: Final = (0, 1, 2, 9, 255, 8_000, 192_000, 10_000_000, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 62)


def _claim_forged(data: bytearray, rng: random.Random) -> None:
    there = [claim for claim in _CLAIMS if claim[0] in data[:4000]]
    if not there:
        return
    tag, ahead, form = rng.choice(there)
    size = struct.calcsize(form)
    at = rng.choice(_places(data, tag)) + ahead
    if at + size <= len(data):
        struct.pack_into(form, data, at, rng.choice(_HUGE) & (1 << 8 * size) - 1)


def _sums_mended(data: bytearray, rng: random.Random) -> None:
    """Change bytes of an Ogg file and mend its pages' checksums, or nobody would read them."""
    _bytes_changed(data, rng)
    pages = _places(data, b"OggS")
    for at, end in pairwise([*pages, len(data)]):
        if end - at >= 27:
            data[at + 22 : at + 26] = bytes(4)
            struct.pack_into("<I", data, at + 22, _ogg_sum(bytes(data[at:end])))


@cache
def _ogg_table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        register = value << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 1 << 31 else 0)) & 0xFFFFFFFF
        return register

    return tuple(entry(value) for value in range(256))


def _ogg_sum(page: bytes) -> int:
    """Return the checksum of an Ogg page (RFC 3533, 6: CRC-32 of 0x04c11db7, unreflected)."""
    table, register = _ogg_table(), 0
    for byte in page:
        register = (register << 8 & 0xFFFFFFFF) ^ table[register >> 24 ^ byte]
    return register


_DAMAGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _bits_flipped,
    _bytes_changed,
    _end_cut,
    _start_cut,
    _middle_cut,
    _part_repeated,
    _parts_exchanged,
    _zeros,
    _strange_bytes,
    _heads_swapped,
    _number_forged,
    _tag_renamed,
    _claim_forged,
    _claim_forged,
    _sums_mended,
)
