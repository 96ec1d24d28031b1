"""Where somebody speaks: the Silero voice detector (MIT), a whole clip in one call.

Only the network's file is read from the wheel `silero-vad`; its package would want torch. The
network hears rows of 64 samples that it has heard already and 512 new ones.
"""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
import onnxruntime

from workers.audio.sound import Floats
from workers.audio.wheel_files import wheel_file

#: Samples at 16 kHz that one probability stands for, 32 ms.
BLOCK = 512
_CONTEXT = 64
_SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"


def speech_probabilities(mono_16_khz: Floats) -> Floats:
    """Return the probability of speech, 0 to 1, for each 512 samples of `mono_16_khz`, shape
    (ceil(samples / 512),).

    The sound is free of offset; its last block is filled up with zeros. Raises ModelMissing where
    the network is not installed.
    """
    count = -(-len(mono_16_khz) // BLOCK)
    rows = np.zeros((count, _CONTEXT + BLOCK), np.float32)
    whole = len(mono_16_khz) // BLOCK
    rows[:whole, _CONTEXT:] = mono_16_khz[: whole * BLOCK].reshape(whole, BLOCK)
    if whole < count:
        rest = mono_16_khz[whole * BLOCK :]
        rows[whole, _CONTEXT : _CONTEXT + len(rest)] = rest
    rows[1:, :_CONTEXT] = rows[:-1, -_CONTEXT:]
    state = np.zeros((1, 1, 128), np.float32)
    answer = _session(os.getpid()).run(["speech_probs"], {"input": rows, "h": state, "c": state})
    probabilities: Floats = answer[0].ravel()
    return probabilities


@lru_cache(maxsize=1)
def _session(_process: int) -> onnxruntime.InferenceSession:
    """Return this process's session: one that was made before a fork belongs to the parent."""
    options = onnxruntime.SessionOptions()
    # The worker runs one process per core.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = wheel_file("silero_vad", "data/silero_vad_16k_sequence.onnx", sha256=_SHA256)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
