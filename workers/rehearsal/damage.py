"""Pure: damage a take by seed, as phones do, and say truthfully what is sent then."""

import io
from random import Random
from typing import Any, Final

import numpy as np
import soundfile

Sound = np.ndarray[Any, np.dtype[np.float64]]
KINDS: Final = ("silence", "clipping", "cut-short", "other-bytes")
_OTHERS: Final = (
    b"\x89PNG\r\n\x1a\n",
    b"PK\x03\x04\x14\x00\x00\x00",
    b"<!doctype html><html><body>502 Bad Gateway</body></html>",
    b"",
)


def damage_take(content: bytes, content_type: str, kind: str, rng: Random) -> bytes:
    """Return the damaged bytes of a take; the kinds are KINDS.

    silence: as long as before, with nothing but a faint hiss. clipping: far beyond full scale.
    cut-short: the first part of the file, as after a crash while it was written. other-bytes: a
    file of another kind of about the same size. Only FLAC and WAV can be made silent or clipped:
    other types are cut instead. Raises KeyError for an unknown kind.
    """
    if content_type not in {"audio/flac", "audio/wav"} and kind in {"silence", "clipping"}:
        kind = "cut-short"
    return {
        "silence": _silence,
        "clipping": _clipping,
        "cut-short": _cut_short,
        "other-bytes": _other_bytes,
    }[kind](content, rng)


def _silence(content: bytes, rng: Random) -> bytes:
    sound, rate, form, subtype = _read(content)
    hiss = np.random.default_rng(rng.getrandbits(32)).standard_normal(size=sound.shape)
    return _written(np.multiply(hiss, 5e-5), rate, form, subtype)


def _clipping(content: bytes, rng: Random) -> bytes:
    sound, rate, form, subtype = _read(content)
    # So much gain that the loudest tenth of the samples lies beyond full scale.
    loud = max(float(np.quantile(np.abs(sound), 0.9)), 1e-4)
    return _written(np.clip(sound * rng.uniform(1.0, 2.0) / loud, -1, 1), rate, form, subtype)


def _read(content: bytes) -> tuple[Sound, int, str, str]:
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        return file.read(), file.samplerate, file.format, file.subtype


def _written(sound: Sound, rate: int, form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format=form, subtype=subtype)
    return file.getvalue()


def _cut_short(content: bytes, rng: Random) -> bytes:
    return content[: max(1, int(len(content) * rng.uniform(0.05, 0.5)))]


def _other_bytes(content: bytes, rng: Random) -> bytes:
    head = rng.choice(_OTHERS)
    return head + rng.randbytes(max(64, len(content) - len(head)))
