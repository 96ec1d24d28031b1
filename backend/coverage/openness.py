"""Pure: how much of a cell is still open, in which words, and how a lease is spread over cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

# What one speaker is asked for in one sitting.
SITTING_CLIPS: Final = 20
# Until clips have come that say how long one is.
USUAL_CLIP_MS: Final = 5000
# A cell with at most this part of its target open is low.
_LOW: Final = 0.2


class Status(StrEnum):
    """What a person of a cell is told before recording."""

    OPEN = "open"
    LOW = "low"
    FULL = "full"
    WAITLIST = "waitlist"


@dataclass(frozen=True)
class Standing:
    """One cell in the campaign's unit; `target` is None where nothing was asked for."""

    key: str
    target: int | None
    accepted: float
    pending: float
    held: float
    speakers: int

    @property
    def missing(self) -> float:
        """Return what is not accepted yet."""
        return max(0.0, (self.target or 0) - self.accepted)

    @property
    def open(self) -> float:
        """Return what nobody has recorded or was promised."""
        return max(0.0, self.missing - self.pending - self.held)


def open_clips(standing: Standing, *, unit: str, clip_ms: int) -> int:
    """Return how many more clips a cell can take, of the usual length, by sittings for speakers."""
    if unit == "seconds":
        return ceil(standing.open * 1000 / clip_ms)
    if unit == "speakers":
        return int(standing.open) * SITTING_CLIPS
    return int(standing.open)


def held_speakers(clips: int) -> int:
    """Return how many speakers' sittings so many promised clips are."""
    return ceil(clips / SITTING_CLIPS)


def status_of(standing: Standing | None) -> Status:
    """Return what a person of this cell is told, in a campaign that has targets.

    Full: enough is accepted. Waitlist: what is on its way would be enough, or nothing was asked of
    this cell (those who did not say are counted in no target); a place may come free.
    """
    if standing is None or standing.target is None:
        return Status.WAITLIST
    if standing.open > 0:
        return Status.LOW if standing.open <= standing.target * _LOW else Status.OPEN
    return Status.WAITLIST if standing.missing > 0 else Status.FULL


def spread(amount: int, places: Mapping[str, int]) -> dict[str, int]:
    """Spread an amount over places in proportion to their size, none beyond it.

    Largest remainders (Hamilton's method), ties by name; the result adds up to the amount, or to
    all the places when they are fewer.
    """
    total = sum(places.values())
    amount = min(amount, total)
    if amount <= 0:
        return {}
    whole = {name: amount * size // total for name, size in places.items()}
    rest = amount - sum(whole.values())
    by_remainder = sorted(places, key=lambda name: (-(amount * places[name] % total), name))
    for name in by_remainder[:rest]:
        whole[name] += 1
    return {name: share for name, share in sorted(whole.items()) if share}
