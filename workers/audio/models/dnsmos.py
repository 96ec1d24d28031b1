"""DNSMOS: how clear speech sounds to people, told without the clean original, 1 (bad) to 5.

P.835 (Reddy, Gopal, Cutler 2022) scores signal, background and the whole; P.808 (2021) the whole.
Speech under 9 s is repeated until the window is full, as the published code does; of longer sound
one window in 9 s is scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from workers.audio.models.files import DNSMOS_P808, DNSMOS_P835, find_file
from workers.audio.models.mel import Floats, mel_filters, power_frames

_WINDOW, _HOP = 144_160, 144_000  # 9.01 s and 9 s at 16 kHz
_FFT, _FFT_HOP, _BANDS = 321, 160, 120
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
        self._p835, self._p808 = _session(p835), _session(p808)

    def score(self, x: Floats) -> Quality:
        """Return the scores of `x`, 16 kHz mono, at the level it has (see `levelled`).

        Raises ValueError for no samples.
        """
        if not len(x):
            raise ValueError("there is no sound to score")
        while len(x) < _WINDOW:
            x = np.concatenate([x, x])
        raw, mos = [], []
        for start in range(0, len(x) - _WINDOW + 1, _HOP):
            window = np.ascontiguousarray(x[start : start + _WINDOW], dtype=np.float32)
            raw.append(self._p835.run(None, {"input_1": window[None]})[0][0])
            mos.append(float(self._p808.run(None, {"input_1": _log_mel(window)[None]})[0][0, 0]))
        sig, bak, ovrl = np.array(raw, dtype=np.float64).T
        return Quality(
            sig=float(np.polyval(_SIG, sig).mean()),
            bak=float(np.polyval(_BAK, bak).mean()),
            ovrl=float(np.polyval(_OVRL, ovrl).mean()),
            p808=float(np.mean(mos)),
        )


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


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Repeated quiet sound sinks to numbers so small that the processor counts them in software.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
