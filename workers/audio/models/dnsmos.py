"""DNSMOS: how clear speech sounds to people, told without the clean original, 1 (bad) to 5.

P.835 (Reddy, Gopal, Cutler 2022) scores signal, background and the whole; P.808 (2021) the whole.
Of longer sound one window in 9 s is scored. P.835 is nearly all of the cost, and hears less than
the published code gives it: sound under 9 s once, where the code repeats it until the window is
full (12 clips of 5 to 15 s, some with noise or in a room: within 0.1, mean difference 0.01); and of
a full window the first 8 s (16 clips in seven conditions: mean difference 0.03; the same window a
second later differs by 0.07).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workers.audio.models.files import DNSMOS_P808, DNSMOS_P835, find_file
from workers.audio.models.mel import Floats, mel_filters, power_frames
from workers.audio.models.onnx_file import read_constants, with_constants
from workers.audio.onnx_session import open_session

_WINDOW, _HOP = 144_160, 144_000  # 9.01 s and 9 s at 16 kHz
_HEARD = 128_000
_STEP = 160
_SHORTEST = 32_000
_FFT, _FFT_HOP, _BANDS = 321, 160, 120
_DEAF, _AFTER_DEAF, _DEAF_CHANNELS = "conv2d_1", "conv2d_2", 16
_END = 2**63 - 1
# From the networks' raw answers to the raters' scale, highest power first.
_SIG = (-0.08397278, 1.22083953, 0.0052439)
_BAK = (-0.13166888, 1.60915514, -0.39604546)
_OVRL = (-0.06766283, 1.11546468, 0.04602535)
_ACTIVE_DBOV = -26.0
_SILENT_POWER = 1e-10


@dataclass(frozen=True)
class Quality:
    """Mean opinion scores: of the speech, of the background, of both, and P.808's of both."""

    sig: float
    bak: float
    ovrl: float
    p808: float


class Dnsmos:
    """Both networks, loaded, on one thread."""

    def __init__(self, p835: Path, p808: Path) -> None:
        self._p835 = _session(_lightened(p835.read_bytes()))
        self._p808 = _session(p808.read_bytes())

    def score(self, x: Floats) -> Quality:
        """Return the scores of `x`, 16 kHz mono, at the level it has (see `levelled`).

        Raises ValueError for no samples.
        """
        if not len(x):
            raise ValueError("there is no sound to score")
        heard_as, mos = [], []
        heard = _repeated(x, _SHORTEST)
        for start in range(0, max(1, len(heard) - _WINDOW + 1), _HOP):
            window = heard[start : start + _WINDOW]
            heard_as.append(self.opinions(window[:_HEARD]))
            full = _repeated(window, _WINDOW)[:_WINDOW].astype(np.float32)
            mos.append(float(self._p808.run(None, {"input_1": _log_mel(full)[None]})[0][0, 0]))
        sig, bak, ovrl = np.mean(heard_as, axis=0)
        return Quality(float(sig), float(bak), float(ovrl), p808=float(np.mean(mos)))

    def opinions(self, window: Floats) -> tuple[float, float, float]:
        """Return P.835's scores of 2 to 9.01 s of sound: signal, background, the whole."""
        whole = np.ascontiguousarray(window[: len(window) // _STEP * _STEP], dtype=np.float32)
        raw = self._p835.run(None, {"input_1": whole[None]})[0][0].astype(np.float64)
        scales = zip((_SIG, _BAK, _OVRL), raw, strict=True)
        sig, bak, ovrl = (float(np.polyval(scale, value)) for scale, value in scales)
        return sig, bak, ovrl


def load_dnsmos(folder: Path | None) -> Dnsmos | None:
    """Return the model, None where one of its files is missing; raises ModelInvalid."""
    p835, p808 = find_file(DNSMOS_P835, folder), find_file(DNSMOS_P808, folder)
    return None if p835 is None or p808 is None else Dnsmos(p835, p808)


def levelled(x: Floats, speech: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
    """Return `x` with its speech at -26 dBov: the networks take a quiet clip for a bad one.

    `speech`: one boolean per sample. Sound that is all but silent comes back as it is.
    """
    heard = x[speech] if speech.any() else x
    power = float(np.mean(np.square(heard, dtype=np.float64))) if len(heard) else 0.0
    if power < _SILENT_POWER:
        return x
    return x * np.float32(10 ** (_ACTIVE_DBOV / 20) / np.sqrt(power))


def _log_mel(window: Floats) -> Floats:
    """Return the (900, 120) picture that P.808 looks at: dB below the loudest point, scaled."""
    power = power_frames(np.pad(window[:-160], 160), size=_FFT, hop=_FFT_HOP)
    mel = power @ mel_filters(rate=16_000, size=_FFT, bands=_BANDS).T
    level = 10 * np.log10(np.maximum(mel, 1e-10))
    picture: Floats = (np.maximum(level - level.max(), -80) + 40) / 40
    return picture.astype(np.float32, copy=False)


def _repeated(x: Floats, least: int) -> Floats:
    while len(x) < least:
        x = np.concatenate([x, x])
    return x


def _lightened(model: bytes) -> bytes:
    """Return P.835 for sound of any length, without channels that are never heard.

    23 of the second layer's 64 channels are 0 whatever sound they are given: all are among those
    with the least weights. 16 are left out, since processors work in blocks of 16; of the first
    layer none. The scores stay the same, a fifth of the work is saved.
    """
    constants = read_constants(model)
    size = np.abs(constants[f"{_DEAF}/kernel:0"]).sum(axis=(1, 2, 3))
    kept = np.sort(np.argsort(size)[_DEAF_CHANNELS:])
    changed = {
        f"{_DEAF}/kernel:0": constants[f"{_DEAF}/kernel:0"][kept],
        f"{_DEAF}/bias:0": constants[f"{_DEAF}/bias:0"][kept],
        f"{_AFTER_DEAF}/kernel:0": constants[f"{_AFTER_DEAF}/kernel:0"][:, kept],
        # The sound is cut into steps twice, once from its beginning and once a step later.
        "input_1:01_cropping_end": np.array([_END, -_STEP]),
        "shape_tensor": np.array([1, -1, _STEP]),
        "shape_tensor1": np.array([1, -1, _STEP]),
    }
    return with_constants(model, changed, free_input="input_1")


def _session(model: bytes) -> Any:
    # Repeated quiet sound sinks to numbers so small that the processor counts them in software.
    return open_session(model, {"session.set_denormal_as_zero": "1"})
