"""Pure: how much of a cell is open, what a person of it is told, how long their sitting is.

The rules of `docs/coverage.md`; `benchmarks/coverage_policy.py` plays a campaign by these very
functions. Amounts are in the campaign's unit: clips, seconds or speakers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

from backend.speakers.cells import counts_to_target

# What one speaker is asked for in one sitting where the plan says nothing of it.
SITTING_CLIPS: Final = 20
# Until clips have come that say how long one is.
USUAL_CLIP_MS: Final = 5000
# Until verdicts have come: as if of ten clips eight and a half had passed.
_PRIOR_OK: Final = 8.5
_PRIOR_CLIPS: Final = 10
# A cell with at most this part of its target open is low.
_LOW: Final = 0.2
# Where its share of the people met is below this part of an equal share, a cell is scarce.
_SCARCE: Final = 0.5
# So many people must have been met before a share of them says anything.
_MET_AT_LEAST: Final = 30


class Status(StrEnum):
    """What a person of a cell is told before recording."""

    OPEN = "open"
    LOW = "low"
    FULL = "full"
    WAITLIST = "waitlist"


class Reason(StrEnum):
    """Why a person is told so; kept with every screening."""

    WANTED = "wanted"
    PROMISED = "promised"
    CELL_FULL = "cell_full"
    ON_ITS_WAY = "on_its_way"
    NOT_ASKED_FOR = "not_asked_for"
    UNDECLARED = "undeclared"
    SPEAKER_HAS_ENOUGH = "speaker_has_enough"
    UNASKED = "unasked"


WANTED: Final = frozenset({Status.OPEN, Status.LOW})


def p_accept(ok: int, judged: int) -> float:
    """Return the chance that a clip of a cell passes: (ok + 8.5) / (judged + 10).

    The mean of a Beta(8.5, 1.5) after `judged` verdicts of which `ok` passed it.
    """
    return (ok + _PRIOR_OK) / (judged + _PRIOR_CLIPS)


@dataclass(frozen=True)
class Standing:
    """One cell; `target` is None where nothing was asked for.

    `pending`: recorded and not judged, `held`: promised and not recorded. `p_accept`: the part of
    these that will count. `speakers` are those with something accepted, `speakers_coming` those
    with only pending clips or a promise; they are read only where `min_speakers` asks for them.
    """

    key: str
    target: int | None
    accepted: float
    pending: float
    held: float
    speakers: int
    p_accept: float = 1.0
    speakers_coming: int = 0
    min_speakers: int = 0
    max_per_speaker: float | None = None

    @property
    def missing(self) -> float:
        """Return what is not accepted yet."""
        return max(0.0, (self.target or 0) - self.accepted)

    @property
    def fill(self) -> float:
        """Return the effective fill: what counts, and what is expected to of all that is coming."""
        return self.accepted + self.p_accept * (self.pending + self.held)

    @property
    def deficit(self) -> float:
        """Return what the target lacks though all that is coming came."""
        return max(0.0, (self.target or 0) - self.fill)

    @property
    def speakers_needed(self) -> int:
        """Return how many people more must be found, whatever each of them records."""
        return max(0, self.min_speakers - self.speakers - self.speakers_coming)


@dataclass(frozen=True)
class Sitting:
    """How much one sitting records, in the unit: usually, and at the most in a scarce cell."""

    usual: float
    longest: float

    @property
    def least(self) -> float:
        """Return what a person who sits down is asked for at the least."""
        return self.usual / 10

    @property
    def trifle(self) -> float:
        """Return the deficit for which nobody is asked, as long as more is on its way."""
        return self.usual / 25


def sitting_of(max_per_speaker: float | None, usual: float) -> Sitting:
    """Return a sitting of two thirds of what one speaker may give, or the usual one."""
    longest = max_per_speaker if max_per_speaker is not None else usual * 3 / 2
    return Sitting(usual=longest * 2 / 3, longest=longest)


def sitting_for(standing: Standing, *, unit: str, clip_ms: int) -> Sitting:
    """Return the sittings of a cell; of speakers one is a speaker, whatever one may give."""
    usual = amount_of(SITTING_CLIPS, unit=unit, clip_ms=clip_ms)
    return sitting_of(None if unit == "speakers" else standing.max_per_speaker, usual)


def is_scarce(people: int, pool: int, cells: int) -> bool:
    """Say whether people of a cell are so rare among all who were met that a sitting is longer."""
    return pool >= _MET_AT_LEAST and cells > 0 and people * cells < _SCARCE * pool


def judge_cell(
    standing: Standing | None, *, key: str, sitting: Sitting, had: float | None = None
) -> tuple[Status, Reason]:
    """Return what a person of this cell is told, in a campaign that has targets, and why.

    `had`: what is accepted or pending of this speaker already, None of somebody who is new here.
    Full: enough is accepted. Waitlist: what is on its way would be enough, or nothing was asked of
    this cell (those who did not say are counted in no target); a place may come free.
    """
    if standing is None or standing.target is None:
        asked = counts_to_target(key)
        return Status.WAITLIST, Reason.NOT_ASKED_FOR if asked else Reason.UNDECLARED
    most = standing.max_per_speaker
    if most is not None and had is not None and had >= most:
        return Status.FULL, Reason.SPEAKER_HAS_ENOUGH
    coming = standing.pending + standing.held
    if standing.deficit > (sitting.trifle if coming else 0.0):
        low = standing.deficit <= standing.target * _LOW
        return Status.LOW if low else Status.OPEN, Reason.WANTED
    if had is None and standing.speakers_needed:
        return Status.LOW, Reason.WANTED
    if standing.missing > 0:
        return Status.WAITLIST, Reason.ON_ITS_WAY
    return Status.FULL, Reason.CELL_FULL


def sitting_size(
    standing: Standing, *, sitting: Sitting, scarce: bool, had: float | None = None
) -> float:
    """Return how much a person who is wanted is asked for, in the unit.

    min(deficit / p_accept, the usual sitting), or up to the longest one where such people are
    scarce; no less than the least, no more than one speaker may give, and something is left for
    the speakers whom the cell needs besides.
    """
    room = standing.deficit / standing.p_accept
    most = sitting.longest if scarce else sitting.usual
    if standing.speakers_needed > 1:
        most = min(most, room / standing.speakers_needed)
    size = max(min(room, most), sitting.least)
    if standing.max_per_speaker is not None:
        size = min(size, standing.max_per_speaker - (had or 0.0))
    return max(0.0, size)


def clips_in(amount: float, *, unit: str, clip_ms: int) -> int:
    """Return an amount of the unit in clips of the usual length; a speaker is a sitting."""
    if unit == "seconds":
        return ceil(amount * 1000 / clip_ms)
    if unit == "speakers":
        return ceil(amount * SITTING_CLIPS)
    return ceil(amount)


def amount_of(clips: int, *, unit: str, clip_ms: int) -> float:
    """Return so many clips in the unit; of speakers, the sittings they are."""
    if unit == "seconds":
        return clips * clip_ms / 1000
    if unit == "speakers":
        return float(held_speakers(clips))
    return float(clips)


def held_speakers(clips: int) -> int:
    """Return how many speakers' sittings so many promised clips are."""
    return ceil(clips / SITTING_CLIPS)


def open_clips(standing: Standing, *, unit: str, clip_ms: int) -> int:
    """Return how many clips must be promised so that the cell is expected to lack nothing."""
    return clips_in(standing.deficit / standing.p_accept, unit=unit, clip_ms=clip_ms)


def spread(
    amount: int, places: Mapping[str, int], weights: Mapping[str, float] | None = None
) -> dict[str, int]:
    """Spread an amount over places in proportion to their size, none beyond it.

    Largest remainders (Hamilton's method), ties by name; the result adds up to the amount, or to
    all the places when they are fewer. `weights`: in proportion to size x weight instead; what a
    place cannot take goes to the others, while any has a weight.
    """
    given = dict.fromkeys(places, 0)
    left = min(amount, sum(places.values()))
    while left > 0:
        room = {name: size - given[name] for name, size in places.items() if size > given[name]}
        pull = {
            name: size * (1.0 if weights is None else weights.get(name, 0.0))
            for name, size in room.items()
        }
        total = sum(pull.values())
        if total <= 0:
            weights = None
            continue
        ideal = {name: min(room[name], left * part / total) for name, part in pull.items()}
        whole = {name: int(share) for name, share in ideal.items()}
        rest = min(left, round(sum(ideal.values()))) - sum(whole.values())
        by_remainder = sorted(room, key=lambda name: (whole[name] - ideal[name], name))
        for name in by_remainder[:rest]:
            whole[name] += whole[name] < room[name]
        if not any(whole.values()):
            whole[by_remainder[0]] = 1
        for name, share in whole.items():
            given[name] += share
            left -= share
    return {name: share for name, share in sorted(given.items()) if share}
