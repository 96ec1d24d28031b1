"""Sounds for tests: speech made by seed, files in every format, real clips where there are."""

import csv
import io
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

Floats = npt.NDArray[np.float32]

# Formants in hertz, each at least 40 wide.
_VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (440, 1020, 2240),
)
# Of the peak: loud enough that a pause between syllables is no dropout.
_FLOOR = 0.003


def speech_like(
    seconds: float = 3.0, *, rate: int = 16_000, seed: int = 0, peak: float = 0.6
) -> Floats:
    """Return sound that the checks and the voice detector take for speech: voiced syllables that
    glide from vowel to vowel, hissing sounds, pauses, a floor.
    """
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    end = n - int(0.25 * rate)
    sound = np.zeros(n)
    pitch = rng.uniform(95, 140)
    first = at = int(0.15 * rate)
    while at < end - int(0.05 * rate):
        length = int(rng.uniform(0.14, 0.26) * rate)
        loudness = 1.0 if at == first else rng.choice([0.25, 0.45, 0.7, 1], p=[0.2, 0.3, 0.3, 0.2])
        _add(sound, at, end, loudness * _syllable(length, rate, pitch, rng))
        at += int(length * 0.85)
        if at < 0.5 * rate or rng.random() < 0.45:
            hiss = rng.uniform(0.02, 0.08) * _hiss(int(rng.uniform(0.06, 0.12) * rate), rate, rng)
            _add(sound, at, end, hiss)
            at += int(len(hiss) * 0.7)
        at += int(rng.choice([0.0, 0.02, 0.06, 0.25], p=[0.5, 0.2, 0.15, 0.15]) * rate)
    sound *= peak / max(1e-9, np.abs(sound).max())
    floor = _FLOOR * peak * np.sqrt(rate / 16_000)
    return np.asarray(sound + floor * rng.standard_normal(n), dtype=np.float32)


def _add(sound: npt.NDArray[np.float64], at: int, end: int, part: npt.NDArray[np.float64]) -> None:
    room = max(0, min(len(part), end - at))
    sound[at : at + room] += part[:room]


def _syllable(
    length: int, rate: int, pitch: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    hertz = pitch * rng.uniform(0.85, 1.2) * np.linspace(1.08, 0.9, length)
    phase = np.cumsum(hertz) / rate
    source = np.diff(np.floor(phase), prepend=0.0) + 0.01 * rng.standard_normal(length)
    first, second = (_vowel(source, rate, int(rng.integers(len(_VOWELS)))) for _ in range(2))
    glide = np.linspace(0, 1, length)
    voiced = first * (1 - glide) + second * glide
    return np.asarray(voiced * np.hanning(length) ** 0.7 / (np.abs(voiced).max() + 1e-9))


def _vowel(source: npt.NDArray[np.float64], rate: int, vowel: int) -> npt.NDArray[np.float64]:
    hertz = np.fft.rfftfreq(2 * len(source), 1 / rate)
    # What a mouth lets out falls towards the treble, and nothing of it is an offset.
    tract = (hertz / 80) ** 2 / (1 + (hertz / 80) ** 2) / (1 + hertz / 500)
    for number, centre in enumerate(_VOWELS[vowel]):
        width = 40.0 + 30 * number
        tract = tract * centre**2 / (centre**2 - hertz**2 + 2j * width * hertz)
    return np.fft.irfft(np.fft.rfft(source, 2 * len(source)) * tract)[: len(source)]


def _hiss(length: int, rate: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum[np.fft.rfftfreq(length, 1 / rate) < 3500] = 0
    sharp = np.fft.irfft(spectrum, length)
    return np.asarray(sharp * np.hanning(length) / (np.abs(sharp).max() + 1e-9))


def noise(seconds: float, *, level_dbfs: float, rate: int = 16_000, seed: int = 0) -> Floats:
    """Return white noise whose root mean square has the level."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return (samples * 10 ** (level_dbfs / 20)).astype(np.float32)


def silence(seconds: float = 3.0, *, rate: int = 16_000) -> Floats:
    """Return digital zeros."""
    return np.zeros(round(seconds * rate), np.float32)


def tone(seconds: float = 3.0, *, hertz: float = 440.0, rate: int = 16_000) -> Floats:
    """Return a sine at half scale."""
    at = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def clipped(x: Floats, gain: float = 8.0) -> Floats:
    """Return sound driven over full scale and cut off there."""
    loud: Floats = np.clip(x / max(1e-9, float(np.abs(x).max())) * gain, -1, 1)
    return loud.astype(np.float32)


def flac(x: Floats, rate: int = 16_000) -> bytes:
    """Return FLAC, 16 bit; `x` is (samples,) or (samples, channels)."""
    return _with_soundfile(x, rate, "FLAC", "PCM_16")


def wav(x: Floats, rate: int = 16_000, subtype: str = "PCM_16") -> bytes:
    """Return RIFF WAVE."""
    return _with_soundfile(x, rate, "WAV", subtype)


def ogg(x: Floats, rate: int = 16_000) -> bytes:
    """Return Ogg Opus."""
    return _with_soundfile(x, rate, "OGG", "OPUS")


def _with_soundfile(x: Floats, rate: int, form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, x, rate, format=form, subtype=subtype)
    return file.getvalue()


def webm(x: Floats, rate: int = 16_000, *, bits: int = 32_000, live: bool = True) -> bytes:
    """Return WebM/Opus at 48 kHz, as a browser muxes it: without a duration unless not `live`."""
    return _with_av(x, rate, "webm", "libopus", 48_000, bits, {"live": "1"} if live else {})


def mp4(
    x: Floats, rate: int = 16_000, *, bits: int = 64_000, fragments: bool = True, to: int = 44_100
) -> bytes:
    """Return MP4/AAC at a rate of `to`, fragmented as recorders do, or whole, its index last."""
    options = {"movflags": "frag_keyframe+empty_moov"} if fragments else {}
    return _with_av(x, rate, "mp4", "aac", to, bits, options)


def _with_av(
    x: Floats, rate: int, form: str, codec: str, to: int, bits: int, options: dict[str, str]
) -> bytes:
    channels = np.atleast_2d(x.T)
    layout = "mono" if len(channels) == 1 else "stereo"
    file = io.BytesIO()
    with av.open(file, "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=to, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(np.clip(channels, -1, 1), dtype=np.float32),
            format="fltp",
            layout=layout,
        )
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        resampler = av.AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=to,
            frame_size=stream.codec_context.frame_size,
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return file.getvalue()


@dataclass(frozen=True)
class RealClip:
    """A recording of a real person that lies beside the repository."""

    path: Path
    kind: str
    text: str
    seconds: float

    @property
    def content_type(self) -> str:
        """Return the declared type that fits the file's name."""
        return f"audio/{self.path.suffix.removeprefix('.')}"


def real_clips() -> list[RealClip]:
    """Return the clips of FIELDVOICE_SPEECH or ../shared/speech, none where there is no such place.

    A clip without text answers a question; a spoken digit is a hot word.
    """
    folder = Path(
        os.environ.get("FIELDVOICE_SPEECH")
        or Path(__file__).resolve().parents[2] / "shared" / "speech"
    )
    table = folder / "clips.csv"
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [
            RealClip(
                path=folder / row["file"],
                kind="hotword" if row["set"] == "fsdd" else "read" if row["text"] else "question",
                text=row["text"],
                seconds=float(row["duration_s"]),
            )
            for row in csv.DictReader(lines)
        ]
