"""Simulated sittings in assignable conditions: who chooses the phone and the surroundings?

The scenario of the project's reference on balancing (A3.5): 3 devices x 4 environments wanted
alike, 600 speakers x 4 blocks; everybody has the first device and the first environment, the other
devices are at hand for 60 % and 35 %, each other environment for 70 %.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from backend.coverage.conditions import smallest_first

Condition = tuple[int, int]
Chooser = Callable[[dict[Condition, float], list[Condition], np.random.Generator], Condition]
CONDITIONS: list[Condition] = list(product(range(3), range(4)))
_SPEAKERS, _BLOCKS = 600, 4
# What people take who may choose.
_DEVICE_LIKED, _PLACE_LIKED = (0.8, 0.15, 0.05), (0.75, 0.15, 0.07, 0.03)


def gap_and_useful(choose: Chooser, seed: int) -> tuple[float, float]:
    """Return the largest part that a condition lacks, and the part of the blocks that count."""
    random = np.random.default_rng(seed)
    counts: dict[Condition, float] = dict.fromkeys(CONDITIONS, 0.0)
    for _ in range(_SPEAKERS):
        devices = [0, *(n for n, chance in ((1, 0.6), (2, 0.35)) if random.random() < chance)]
        places = [0, *(n for n in (1, 2, 3) if random.random() < 0.7)]
        for _ in range(_BLOCKS):
            counts[choose(counts, list(product(devices, places)), random)] += 1
    wanted = _SPEAKERS * _BLOCKS / len(CONDITIONS)
    useful = sum(min(count, wanted) for count in counts.values())
    return 1 - min(counts.values()) / wanted, useful / (wanted * len(CONDITIONS))


def _one_of(choices: Sequence[Condition], random: np.random.Generator) -> Condition:
    return choices[int(random.integers(len(choices)))]


def as_liked(
    counts: dict[Condition, float], can: list[Condition], random: np.random.Generator
) -> Condition:
    """Let the speaker choose."""
    liked = np.array([_DEVICE_LIKED[device] * _PLACE_LIKED[place] for device, place in can])
    return can[int(random.choice(len(can), p=liked / liked.sum()))]


def at_random(
    counts: dict[Condition, float], can: list[Condition], random: np.random.Generator
) -> Condition:
    """Draw."""
    return _one_of(can, random)


def as_the_platform(
    counts: dict[Condition, float], can: list[Condition], random: np.random.Generator
) -> Condition:
    """Ask the platform's own rule."""
    return smallest_first(counts, can, draw=lambda ties: _one_of(ties, random))
