"""Pure: which prompts a stratum's list holds, and which of them a speaker is asked next.

A list is made by a job for a stratum (the cell of a person) and used until it is worn. What it is
made of: how often each prompt was read there against how often it is wanted there, how seldom it
was read at all, and what sounds it adds (backend.coverage.phonetic_gain). Who asks takes from the
list's top and, within that window, what their own mouth has said least.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import ceil, inf
from typing import Final, TypeVar

import numpy as np

from backend.coverage.phonetic_gain import Corpus, best_first
from backend.coverage.sounds import Floats, Mask, SoundTable, make_table

#: So many prompts a list holds besides the mandatory ones, and besides those of the test speakers.
LISTED: Final = 500
RESERVED_LISTED: Final = 100
#: So many mandatory prompts are asked of everybody; a campaign with more has no mandatory block.
MANDATORY_LISTED: Final = 200
#: A list that holds all there is is made anew after so many of its prompts were handed out.
HANDED_OUT: Final = 1000
#: What being wanted in the stratum is worth beside the gain in sounds, which is in [0, 1]: a prompt
#: that is still wanted there goes before every one that is not.
WORTH_OF_NEED: Final = 2.0
#: What being unread anywhere is worth: less than a good gain, so that lists of strata differ.
WORTH_OF_FEWNESS: Final = 0.25
#: What a speaker's own gain is worth beside the list's order.
WORTH_OF_SPEAKER: Final = 0.25
#: Free speech says what nobody knows before: it gets at least so much of every list.
FREE_SPEECH_SHARE: Final = 0.05
#: Prompts of this block are what a hot word is confused with, and come right after it.
CONFUSABLES: Final = "confusables"
_USUAL_SECONDS: Final = 4.0
_SITTING: Final = 20
#: After so many choices what a speaker will have said is weighed anew: each time costs as much as
#: reading a prompt from the database.
_WEIGHED_AT_ONCE: Final = 5

Item = TypeVar("Item")


class Phase(IntEnum):
    """In which order a speaker meets prompts: the hot word, what sounds like it, everything."""

    HOTWORD = 0
    CONFUSABLES = 1
    REST = 2


def phase_of(kind: str, block: str) -> Phase:
    """Return when a prompt's turn is."""
    if kind == "hotword":
        return Phase.HOTWORD
    return Phase.CONFUSABLES if block == CONFUSABLES else Phase.REST


def readings_wanted(target: float | None, unit: str, prompts: int) -> int:
    """Return how often each prompt is to be read in a stratum to reach its target, at least once.

    `target` in the plan's unit (None: no target); a speaker is a sitting of 20 clips, a clip 4 s.
    """
    if not target or prompts <= 0:
        return 1
    clips = {"seconds": target / _USUAL_SECONDS, "speakers": target * _SITTING}.get(unit, target)
    return max(1, ceil(clips / prompts))


@dataclass(frozen=True)
class Listed:
    """One prompt of a list: its index, its gain in [0, 1], how often it may be handed out."""

    prompt: int
    gain: float
    places: int


def make_list(
    table: SoundTable,
    *,
    allowed: Mask,
    free: Mask,
    here: Floats,
    anywhere: Floats,
    wanted: int,
    size: int = LISTED,
) -> list[Listed]:
    """Return up to `size` of the allowed prompts of one stratum, best first.

    `here`, `anywhere` (n): how often each prompt was read in the stratum, and in all of them, what
    was handed out and not read yet included. `free`: prompts that are answered in one's own words,
    which have no sounds of their own; they are spread evenly over the list.
    """
    need = np.clip(wanted - here, 0, None) / wanted
    bonus = WORTH_OF_NEED * need + WORTH_OF_FEWNESS / (1 + anywhere)
    number = min(size, int(allowed.sum()))
    spontaneous = _by_bonus(bonus, allowed & free)
    for_free = min(len(spontaneous), _share_of_free(spontaneous, allowed, number))
    read: list[tuple[int, float]] = []
    corpus = Corpus(table, here)
    for prompt, gain in best_first(corpus, np.where(allowed & ~free, bonus, -inf)):
        if len(read) >= number - for_free:
            break
        read.append((prompt, gain))
    ordered = spread_evenly(read, [(prompt, 0.0) for prompt in spontaneous[: number - len(read)]])
    places = np.maximum(wanted - here, 1)
    if number and int(allowed.sum()) <= size:
        places *= ceil(HANDED_OUT / max(float(places[allowed].sum()), 1.0))
    return [Listed(prompt, gain, int(places[prompt])) for prompt, gain in ordered]


def _by_bonus(bonus: Floats, which: Mask) -> list[int]:
    indexes = np.flatnonzero(which)
    return [int(one) for one in indexes[np.argsort(-bonus[indexes], kind="stable")]]


def _share_of_free(spontaneous: Sequence[int], allowed: Mask, number: int) -> int:
    if not spontaneous:
        return 0
    share = max(FREE_SPEECH_SHARE, len(spontaneous) / int(allowed.sum()))
    return max(1, round(number * share))


def spread_evenly(many: Sequence[Item], few: Sequence[Item]) -> list[Item]:
    """Return both in one list, each in its order, the shorter one's at even distances."""
    total = len(many) + len(few)
    spread: list[Item] = []
    taken = 0
    for place in range(total):
        due = (place + 1) * len(few) // total
        if due > taken or place - taken >= len(many):
            spread.append(few[taken])
            taken += 1
        else:
            spread.append(many[place - taken])
    return spread


@dataclass(frozen=True)
class Candidate:
    """A prompt of a list's top: where it stands (0: first) and its sounds."""

    rank: int
    sounds: str


def choose_next(
    candidates: Sequence[Candidate], *, said: Sequence[str], count: int
) -> list[Candidate]:
    """Return up to `count` candidates, best first, for one who has said these sounds.

    The score of a candidate is its place from the top, in [0, 1], plus WORTH_OF_SPEAKER times the
    square-root gain beside what the speaker has said and is asked now, as a share of the greatest.
    """
    order = sorted(candidates, key=lambda one: one.rank)
    if not order:
        return []
    table = make_table([one.sounds for one in order] + list(said))
    spoken = np.zeros(len(table))
    spoken[len(order) :] = 1
    mouth = table.totals(spoken)
    lengths = np.maximum(table.lengths, 1)
    worth = 1 - np.arange(len(table)) / len(order)
    worth[len(order) :] = -inf
    chosen: list[Candidate] = []
    greatest = 0.0
    while len(chosen) < min(count, len(order)):
        there = mouth[table.units]
        gains = table.sums(np.sqrt(there + table.counts) - np.sqrt(there)) / lengths
        greatest = greatest or float(gains[: len(order)].max()) or 1.0
        scores = worth + WORTH_OF_SPEAKER * gains / greatest
        open_ = np.flatnonzero(np.isfinite(scores))
        for best in open_[np.argsort(-scores[open_], kind="stable")][:_WEIGHED_AT_ONCE]:
            worth[best] = -inf
            chosen.append(order[best])
            units, counts = table.of(int(best))
            mouth[units] += counts
    return chosen[:count]
