"""What the phone's own encoder writes is read by every decoder, to the sample."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.sounds import flac, real_clips, speech_like
from workers.audio.decode import decode

NODE = Path(sys.executable).with_name("node")
ENCODER = Path(__file__).with_name("encode_flac.mjs")
RATES = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)
Samples = npt.NDArray[np.int16]


def fuzz(seed: int, length: int) -> Iterator[Samples]:
    """Yield what a microphone may give and what only a mean test gives."""
    rng = np.random.default_rng(seed)
    n = np.arange(length)

    def loud(x: "npt.NDArray[np.floating[Any]]") -> Samples:
        return np.clip(np.round(x), -32768, 32767).astype(np.int16)

    yield loud(rng.standard_normal(length) * 32768)
    yield loud(rng.standard_normal(length) * rng.uniform(0, 4))
    yield loud(np.where(n // rng.integers(1, 300) % 2, 32767.0, -32768.0))
    yield loud(np.where(n % 2, 32767.0, -32768.0))
    yield loud(np.full(length, float(rng.integers(-32768, 32768))))
    yield loud(n * rng.uniform(-40, 40) % 65536 - 32768)
    yield loud(np.where(rng.random(length) < 0.002, rng.uniform(-32768, 32768), 0.0))
    yield loud(32767 * np.sin(n * rng.uniform(0.0001, 3)))
    yield loud(rng.standard_normal(length) * 3000) << np.int16(rng.integers(1, 4))
    half = np.zeros(length)
    half[length // 2 :] = 30000 * np.sin(n[length // 2 :] / 7)
    yield loud(half)
    yield loud(32767 * speech_like(max(0.5, length / 16_000), seed=seed)[:length].astype(float))


@pytest.fixture(scope="module")
def sounds() -> dict[str, Samples]:
    """Sounds by a name that says their rate; lengths about the borders of frames."""
    numbers = count()
    made: dict[str, Samples] = {}
    for seed, rate in enumerate(RATES):
        size = 1024 if rate < 32_000 else 4096
        for length in (1, 5, 63, 65, size - 1, size, size + 1, 3 * size + 777):
            for sound in fuzz(seed, length):
                made[f"{next(numbers)}-{rate}"] = sound
    # Frame numbers of two bytes and of three.
    made[f"{next(numbers)}-8000"] = np.tile(np.arange(-512, 512, dtype=np.int16), 2100)
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, sounds: dict[str, Samples]) -> Path:
    directory = tmp_path_factory.mktemp("flac")
    for name, sound in sounds.items():
        sound.tofile(directory / f"{name}.s16")
    encode(directory)
    return directory


def encode(directory: Path) -> None:
    subprocess.run([NODE, ENCODER, directory], check=True)


def test_libsndfile_reads_every_sound_to_the_sample(
    files: Path, sounds: dict[str, Samples]
) -> None:
    for name, sound in sounds.items():
        read, rate = soundfile.read(files / f"{name}.flac", dtype="int16")
        assert rate == int(name.split("-")[1])
        np.testing.assert_array_equal(read, sound, err_msg=name)


def test_ffmpeg_reads_a_sound_of_every_rate_to_the_sample(
    files: Path, sounds: dict[str, Samples]
) -> None:
    for name, sound in list(sounds.items())[::7]:
        with av.open(str(files / f"{name}.flac")) as container:
            frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        np.testing.assert_array_equal(np.concatenate(frames), sound, err_msg=name)


def test_the_checks_read_it_as_sound_without_loss(files: Path, sounds: dict[str, Samples]) -> None:
    name, sound = next((name, sound) for name, sound in sounds.items() if len(sound) > 10_000)
    heard = decode((files / f"{name}.flac").read_bytes(), content_type="audio/flac")
    assert not heard.lossy
    assert heard.claimed_s == pytest.approx(len(sound) / heard.rate)
    np.testing.assert_allclose(heard.channels[0], sound / 32768, atol=1e-6)


def test_the_flac_program_finds_no_fault_and_decodes_every_sound(
    files: Path, sounds: dict[str, Samples], tmp_path: Path
) -> None:
    program = shutil.which("flac")
    if program is None:
        pytest.skip("flac is missing: install the package flac")
    paths = [str(files / f"{name}.flac") for name in sounds]
    subprocess.run([program, "--silent", "--test", *paths], check=True, stderr=subprocess.DEVNULL)
    out = f"--output-prefix={tmp_path}/"
    decoding = [program, "--silent", "--decode", out, *paths]
    subprocess.run(decoding, check=True, stderr=subprocess.DEVNULL)
    for name, sound in sounds.items():
        read, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="int16")
        np.testing.assert_array_equal(read, sound, err_msg=name)


def test_real_speech_is_as_small_as_libflac_makes_it(tmp_path: Path) -> None:
    clips = real_clips()[::9]
    if not clips:
        pytest.skip("no speech recordings beside the repository")
    originals: dict[str, bytes] = {}
    for number, clip in enumerate(clips):
        sound, rate = soundfile.read(clip.path, dtype="int16")
        originals[f"{number}-{rate}"] = flac(sound, rate)
        sound.tofile(tmp_path / f"{number}-{rate}.s16")
    encode(tmp_path)
    ours = sum((tmp_path / f"{name}.flac").stat().st_size for name in originals)
    assert ours < 1.01 * sum(map(len, originals.values()))
