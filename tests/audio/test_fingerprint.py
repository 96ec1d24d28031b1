"""What two recordings of one sound share: bit errors, keys, and the duplicates of a set."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from backend.quality.likeness import ALIKE, LEAST_SHARED, choose
from tests.sounds import Floats, RealClip, mp4, noise, real_clips, silence, speech_like, tone, webm
from workers.audio.decode import decode
from workers.audio.duplicate_set import DuplicateSet
from workers.audio.fingerprint import (
    KEY_BITS,
    MOST_KEYS,
    MOST_PROBES,
    Fingerprint,
    bit_error,
    fingerprint,
    from_bytes,
    to_bytes,
)
from workers.audio.resample import at_16_khz

RATE = 16_000
REAL = [clip for clip in real_clips() if "encodes" not in clip.path.parts]
SENTENCES = [clip for clip in REAL if clip.kind != "hotword"]
DIGITS = [clip for clip in REAL if clip.kind == "hotword"]
beside_speech = pytest.mark.skipif(not REAL, reason="no speech recordings beside the repository")
SYNTHETIC = [speech_like(seconds, seed=seed) for seed, seconds in enumerate((2, 3, 4, 6, 9, 14))]


def heard(data: bytes, content_type: str) -> Floats:
    """Return coded sound as the worker hears it."""
    sound = decode(data, content_type=content_type)
    return at_16_khz(sound.mono(), sound.rate)


def opus(x: Floats, bits: int) -> Floats:
    """Return what Opus leaves of it."""
    return heard(webm(x, bits=bits), "audio/webm")


def aac(x: Floats) -> Floats:
    """Return what AAC leaves of it."""
    return heard(mp4(x, fragments=False), "audio/mp4")


def trimmed(x: Floats) -> Floats:
    """Return it without its first 0.3 s, a quarter as loud."""
    return x[round(0.3 * RATE) :] * np.float32(0.25)


REPEATS: dict[str, Callable[[Floats], Floats]] = {
    "opus at 16 kb/s": lambda x: opus(x, 16_000),
    "opus at 24 kb/s": lambda x: opus(x, 24_000),
    "opus at 48 kb/s": lambda x: opus(x, 48_000),
    "aac at 64 kb/s": aac,
    "trimmed and turned down": trimmed,
    "trimmed, turned down, opus at 16 kb/s": lambda x: opus(trimmed(x), 16_000),
    "noise added": lambda x: x + noise(len(x) / RATE + 1, level_dbfs=-45)[: len(x)],
}


@cache
def sound_of(clip: RealClip) -> Floats:
    """Return a recording as the worker hears it."""
    return heard(clip.path.read_bytes(), clip.content_type)


def shared(stored: Fingerprint, asked: Fingerprint) -> int:
    """Return how many keys a search for `asked` would meet."""
    return len(set(stored.keys) & set(asked.probes))


def add(clips: DuplicateSet, name: str, x: Floats) -> str | None:
    """Add a recording to the set; returns what it repeats."""
    digest = hashlib.sha256(x.tobytes()).hexdigest()
    match = clips.add(name, sha256=digest, pcm_sha256=digest, fingerprint=fingerprint(x))
    return match.original


@pytest.mark.parametrize("repeat", REPEATS.values(), ids=REPEATS.keys())
def test_a_repeat_is_found_by_its_keys_and_known_by_its_words(
    repeat: Callable[[Floats], Floats],
) -> None:
    for x in SYNTHETIC:
        first, again = fingerprint(x), fingerprint(repeat(x))
        assert shared(first, again) >= LEAST_SHARED
        assert bit_error(first.words, again.words) < ALIKE


def test_other_sounds_are_as_unlike_as_chance_makes_them() -> None:
    prints = [fingerprint(x) for x in SYNTHETIC]
    for number, one in enumerate(prints):
        for other in prints[:number]:
            assert bit_error(one.words, other.words) > ALIKE + 0.01
            assert shared(one, other) < LEAST_SHARED


def test_likeness_is_the_same_from_both_sides() -> None:
    one, other = (fingerprint(x).words for x in (SYNTHETIC[2], trimmed(SYNTHETIC[2])))
    assert bit_error(one, other) == bit_error(other, one)


def test_a_clip_of_a_minute_has_no_more_keys_than_one_of_ten_seconds() -> None:
    x = speech_like(60.0, seed=7)
    print_ = fingerprint(x)
    assert len(print_.keys) <= MOST_KEYS
    assert len(print_.probes) <= MOST_PROBES
    assert max(print_.probes) < 1 << KEY_BITS
    assert set(print_.keys) <= set(print_.probes)
    assert shared(print_, fingerprint(opus(x, 16_000))) >= LEAST_SHARED


def test_gain_and_an_offset_change_nothing() -> None:
    x = SYNTHETIC[1]
    for changed in (x * np.float32(0.1), x + np.float32(0.05)):
        assert shared(fingerprint(x), fingerprint(changed)) == len(fingerprint(x).keys)
        assert bit_error(fingerprint(x).words, fingerprint(changed).words) < 0.1


@pytest.mark.parametrize(
    "x",
    [silence(3.0), silence(0.001), np.full(16_000, 0.5, np.float32), silence(0.0)],
    ids=["silence", "a millisecond", "an offset", "nothing"],
)
def test_silence_has_no_keys_and_repeats_nothing(x: Floats) -> None:
    print_ = fingerprint(x)
    assert (print_.keys, print_.probes) == ((), ())
    assert bit_error(print_.words, print_.words) == 1.0
    assert bit_error(print_.words, fingerprint(SYNTHETIC[0]).words) == 1.0


def test_steady_sounds_are_taken_without_complaint() -> None:
    for x in (tone(2.0), tone(2.0, hertz=1000.0), noise(2.0, level_dbfs=-20), tone(0.05)):
        print_ = fingerprint(x)
        assert np.isfinite(bit_error(print_.words, print_.words))


def test_words_survive_their_storage() -> None:
    words = fingerprint(SYNTHETIC[0]).words
    assert len(to_bytes(words)) == 4 * len(words)
    assert (from_bytes(to_bytes(words)) == words).all()
    assert fingerprint(SYNTHETIC[0]).error_to(to_bytes(words)) == bit_error(words, words)


def test_the_earliest_alike_is_the_original_and_the_lowest_error_the_measure() -> None:
    match = choose([("stranger", 0.47), ("first", 0.3), ("closer", 0.1)], exact=False)
    assert (match.original, match.exact, match.bit_error) == ("first", False, 0.1)
    assert match.measures() == {"duplicate_exact": 0.0, "duplicate_ber": 0.1}
    assert match.facts() == {"duplicate_of": "first"}


def test_nothing_to_compare_with_is_no_bit_error() -> None:
    nothing: list[tuple[str, float]] = []
    assert choose(nothing, exact=False).measures() == {"duplicate_exact": 0.0}
    assert choose([("stranger", 0.48)], exact=False).facts() == {}


def test_a_set_names_the_first_of_all_that_a_clip_repeats() -> None:
    clips = DuplicateSet()
    for number, x in enumerate(SYNTHETIC):
        assert add(clips, f"take {number}", x) is None
    for number, x in enumerate(SYNTHETIC):
        assert add(clips, "once more", x) == f"take {number}"
        assert add(clips, "coded", opus(x, 24_000)) == f"take {number}"
        assert add(clips, "cut", trimmed(x)) == f"take {number}"


def test_equal_samples_in_other_bytes_are_exact() -> None:
    clips, print_ = DuplicateSet(), fingerprint(SYNTHETIC[0])
    clips.add("flac", sha256="a" * 64, pcm_sha256="c" * 64, fingerprint=print_)
    match = clips.add("wav", sha256="b" * 64, pcm_sha256="c" * 64, fingerprint=print_)
    assert (match.original, match.exact, match.bit_error) == ("flac", True, 0.0)


@beside_speech
@pytest.mark.parametrize("repeat", REPEATS.values(), ids=REPEATS.keys())
def test_repeats_of_real_sentences_are_found(repeat: Callable[[Floats], Floats]) -> None:
    for clip in SENTENCES[::15]:
        x = sound_of(clip)
        first, again = fingerprint(x), fingerprint(repeat(x))
        assert shared(first, again) >= LEAST_SHARED, clip.path.name
        assert bit_error(first.words, again.words) < ALIKE, clip.path.name


@beside_speech
def test_no_real_recording_repeats_another_though_men_say_the_same_digits_twice() -> None:
    clips = DuplicateSet()
    for clip in [*SENTENCES, *DIGITS]:
        assert add(clips, clip.path.name, sound_of(clip)) is None, clip.path.name


@beside_speech
def test_a_new_take_of_the_same_digits_is_no_repeat_even_without_the_search() -> None:
    takes = {clip.path.stem: fingerprint(sound_of(clip)).words for clip in DIGITS}
    for name, words in takes.items():
        if name.endswith("_0"):
            assert bit_error(words, takes[f"{name[:-1]}3"]) > ALIKE, name


@beside_speech
def test_one_sentence_in_five_containers_is_one_sentence() -> None:
    folder = Path(SENTENCES[0].path).parents[3] / "encodes"
    name = "3005-163389-0001"
    source = next(clip for clip in SENTENCES if name in clip.path.stem)
    clips = DuplicateSet()
    assert add(clips, "source", sound_of(source)) is None
    files = sorted(path for path in folder.iterdir() if name in path.name)
    found = {
        path.name: add(
            clips, path.name, heard(path.read_bytes(), f"audio/{path.suffix.removeprefix('.')}")
        )
        for path in files
    }
    assert found == dict.fromkeys(found, "source")
