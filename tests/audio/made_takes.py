"""Takes made from whole numbers alone, so that the phone's tests make the very same samples."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt


def made_take(parts: Iterable[Mapping[str, int]]) -> npt.NDArray[np.int16]:
    """Return the samples that tests/vectors/measures.json describes.

    Each part lasts `samples`, and each sample is the sum of a sawtooth of `period` samples between
    -`wave` and `wave`, of noise between -`noise` and `noise` (the upper half of a linear
    congruential generator that runs on from part to part), and of `offset`; held within
    `ceiling`. What a part does not name is 0, its ceiling full scale.
    """
    state = 1
    made: list[int] = []
    for part in parts:
        wave, period = part.get("wave", 0), part.get("period", 1)
        noise, ceiling = part.get("noise", 0), part.get("ceiling", 32767)
        for at in range(part["samples"]):
            state = (state * 1664525 + 1013904223) % 2**32
            saw = 2 * wave * (at % period) // period - wave if wave else 0
            hiss = (state >> 16) * (2 * noise + 1) // 65536 - noise
            value = saw + hiss + part.get("offset", 0)
            made.append(max(-ceiling, min(ceiling, value)))
    return np.array(made, dtype=np.int16)
