"""Synthetic speakers: espeak-ng from a wheel of the development lock, which is never shipped.

Loaded only when a rehearsal asks for more clips than it was given recordings.
"""

import ctypes
import importlib
import io
import threading
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import numpy as np
import soundfile

from workers.rehearsal.sources import FEMALE, MALE

Pcm = np.ndarray[Any, np.dtype[np.int16]]
Sound = np.ndarray[Any, np.dtype[np.float64]]

# Enumerations of espeak-ng's speak_lib.h.
_SYNCHRONOUS, _UTF8, _POS_CHARACTER = 2, 1, 1
_RATE, _VOLUME, _PITCH = 1, 2, 3
# Of 100: at its own default the louder variants clip.
_SOFT = 40
# The synthesiser falls silent at once between sounds, which would be a dropout; in a room its sound
# dies away: by 60 dB in so many seconds, so much softer than what comes straight.
_DIES_S, _TAIL = 0.25, 0.2
_OK = 0
_VARIANTS: Final = {
    FEMALE: ("f1", "f2", "f3", "f4", "f5", "belinda", "steph", "grandma"),
    MALE: ("m1", "m2", "m3", "m4", "m5", "m7", "adam", "david", "michael", "paul", "quincy"),
}
_ACCENTS: Final = {
    "en": ("en-us", "en-us-nyc", "en-gb-scotland", "en-029", "en-gb-x-rp"),
    "es": ("es", "es-419"),
    "fr": ("fr", "fr-be", "fr-ch"),
    "de": ("de",),
}
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class NoVoices(Exception):
    """espeak-ng is not installed, or does not work here."""


@dataclass(frozen=True)
class Voice:
    """One synthetic speaker: an accent with a variant, words a minute, pitch 0 to 99."""

    name: str
    language: str
    gender: str
    rate: int
    pitch: int


def pick_voice(rng: Random, number: int) -> Voice:
    """Return the voice of the synthetic speaker with this number, women and men in turn."""
    gender = (FEMALE, MALE)[number % 2]
    # Every third speaker reads another language than the campaign's own.
    language = rng.choice(("es", "fr", "de")) if number % 3 == 2 else "en"
    accent, variant = rng.choice(_ACCENTS[language]), rng.choice(_VARIANTS[gender])
    return Voice(
        name=f"{accent}+{variant}",
        language=language,
        gender=gender,
        rate=rng.randint(130, 185),
        pitch=rng.randint(35, 70),
    )


class Synthesiser:
    """espeak-ng in this process; the library speaks one text at a time."""

    def __init__(self) -> None:
        """Load and start the library; raises NoVoices."""
        self._lock = threading.Lock()
        self._heard: list[bytes] = []
        try:
            loader = importlib.import_module("espeakng_loader")
            self._lib: Any = ctypes.CDLL(str(loader.get_library_path()))
        except (ImportError, OSError) as error:
            raise NoVoices("espeak-ng is not installed: run `make setup`") from error
        data = str(loader.get_data_path()).encode()
        self.sample_rate = int(self._lib.espeak_Initialize(_SYNCHRONOUS, 0, data, 0))
        if self.sample_rate <= 0:
            raise NoVoices("espeak-ng did not start")
        # Kept: the library calls it long after this method has returned.
        self._callback = _Callback(self._hear)
        self._lib.espeak_SetSynthCallback(self._callback)

    def _hear(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, 2 * count))
        return 0

    def speak(self, text: str, voice: Voice) -> Pcm:
        """Return the text spoken, as 16-bit samples at `sample_rate`; raises NoVoices."""
        content = text.encode() + b"\0"
        with self._lock:
            self._heard.clear()
            lib = self._lib
            if lib.espeak_SetVoiceByName(voice.name.encode()) != _OK:
                raise NoVoices(f"espeak-ng has no voice {voice.name}")
            lib.espeak_SetParameter(_RATE, voice.rate, 0)
            lib.espeak_SetParameter(_VOLUME, _SOFT, 0)
            lib.espeak_SetParameter(_PITCH, voice.pitch, 0)
            failed = lib.espeak_Synth(
                content, ctypes.c_size_t(len(content)), 0, _POS_CHARACTER, 0, _UTF8, None, None
            )
            if failed != _OK or lib.espeak_Synchronize() != _OK:
                raise NoVoices("espeak-ng did not speak")
            return np.frombuffer(b"".join(self._heard), dtype=np.int16).copy()


def encode(pcm: Pcm, rate: int, content_type: str, rng: Random) -> bytes:
    """Return samples as a FLAC or WAV file, with the silence and the noise of a quiet room.

    A phone's take begins and ends with a moment of room: 0.2 to 0.5 s on each side.
    """
    noise = np.random.default_rng(rng.getrandbits(32))
    edges = [np.zeros(int(rng.uniform(0.2, 0.5) * rate)) for _ in range(2)]
    sound = np.concatenate([edges[0], pcm.astype(np.float64) / 32768, edges[1]])
    peak = max(float(np.abs(sound).max()), 1e-6)
    sound = _in_room(sound * rng.uniform(0.3, 0.6) / peak, rate, noise)
    sound = sound + 5e-4 * noise.standard_normal(len(sound))
    file = io.BytesIO()
    container = {"audio/flac": "FLAC", "audio/wav": "WAV"}[content_type]
    soundfile.write(file, sound, rate, format=container, subtype="PCM_16")
    return file.getvalue()


def _in_room(sound: Sound, rate: int, noise: np.random.Generator) -> Sound:
    """Return the sound (samples,) with the tail that a small furnished room adds to it."""
    at = np.arange(int(_DIES_S * rate)) / rate
    tail = noise.standard_normal(len(at)) * 10 ** (-3 * at / _DIES_S)
    tail *= _TAIL / np.sqrt(np.sum(tail**2))
    size = len(sound) + len(tail)
    added = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)
    return sound + added[: len(sound)]
