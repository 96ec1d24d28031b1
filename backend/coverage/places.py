"""The cells that a person can be recorded in, locked, with what they stand at and have given.

A person's own cell; where the plan asks for surroundings or kinds of phone, one for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import choice
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Collate

from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.coverage.conditions import smallest_first
from backend.coverage.counters import NOTHING_HELD
from backend.coverage.models import Cell, CellSpeaker, Hold, HoldKind
from backend.coverage.quota import (
    SITTING_CLIPS,
    WANTED,
    Reason,
    Sitting,
    Standing,
    Status,
    clips_in,
    is_scarce,
    judge_cell,
    sitting_for,
    sitting_size,
)
from backend.coverage.standing import dropped_of, standing_of, usual_clip_ms
from backend.speakers.cells import (
    DEVICE_CLASS,
    SESSION_DIMENSIONS,
    UNKNOWN,
    device_class,
    has_session_dimensions,
    levels_of,
    person_key,
)

# Which levels of a sitting's dimensions are possible; one that is not named may have any.
Possible = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Place:
    """One cell that a person could be recorded in, and what they gave to it (None: nothing)."""

    cell: Cell
    standing: Standing
    sitting: Sitting
    had: float | None
    status: Status
    reason: Reason


@dataclass(frozen=True)
class Places:
    """All of a person's cells, in the campaign's unit; of how many kinds of people it asks any."""

    key: str
    unit: str
    clip_ms: int
    has_targets: bool
    kinds: int
    places: list[Place]

    def best(self) -> tuple[Status, Reason, Place | None]:
        """Return what the person is told, and where they are recorded if they are wanted.

        Of the cells that want them the one with the smallest part of its target, ties at random.
        """
        if not self.has_targets:
            return Status.OPEN, Reason.WANTED, None
        wanted = {place.standing.key: place for place in self.places if place.status in WANTED}
        if wanted:
            key = smallest_first(
                {name: place.standing.fill for name, place in wanted.items()},
                list(wanted),
                wanted={name: place.standing.target or 1 for name, place in wanted.items()},
                draw=choice,
            )
            return wanted[key].status, wanted[key].reason, wanted[key]
        for status in (Status.WAITLIST, Status.FULL):
            for place in self.places:
                if place.status == status:
                    return status, place.reason, None
        status, reason = judge_cell(None, key=_declared(self.key), sitting=Sitting(0, 0))
        return status, reason, None

    def clips(self, place: Place | None, *, people: int, pool: int) -> int:
        """Return how many clips a sitting in this place has.

        `people`: how many of this kind were ever met, of the `pool` of all.
        """
        if place is None:
            return SITTING_CLIPS
        size = sitting_size(
            place.standing,
            sitting=place.sitting,
            scarce=is_scarce(people, pool, self.kinds),
            had=place.had,
        )
        return max(1, clips_in(size, unit=self.unit, clip_ms=self.clip_ms))


def _declared(key: str) -> str:
    """Return the part of a key that is the person's to say."""
    own = [
        f"{name}={level}"
        for name, level in levels_of(key).items()
        if name not in SESSION_DIMENSIONS
    ]
    return "|".join(own)


def lock_places(
    *,
    campaign: Campaign,
    key: str,
    keys: Sequence[str],
    speaker_id: UUID | None,
    besides: Sequence[Hold],
    now: datetime,
) -> Places:
    """Lock the cells of a person, by key, and read how they stand; in the caller's transaction.

    `keys`: of the cells (keys_of_person). `besides`: holds that are this person's own, and so are
    not in their way. Only rows of these cells and sums over the campaign's cells are read, however
    many clips there are.
    """
    cells = lock_cells(Cell.objects.filter(campaign=campaign, key__in=keys))
    return _read(campaign, key, cells, speaker_id, besides, now)


def lock_cells(cells: QuerySet[Cell]) -> list[Cell]:
    """Lock cells in the order in which all who move counters do: by the bytes of their keys.

    What a database sorts by is its locale's business. Holds and speakers' rows refer to cells,
    and need not wait for us.
    """
    order = Collate("key", "C") if connection.vendor == "postgresql" else F("key")
    return list(cells.order_by(order).select_for_update(no_key=True))


def read_places(
    *, campaign: Campaign, key: str, possible: Possible, now: datetime, speaker_id: UUID | None
) -> Places:
    """Read how a person's cells stand, without a lock: to say something, not to promise it."""
    keys = keys_of_person(campaign=campaign, key=key, possible=possible)
    cells = list(Cell.objects.filter(campaign=campaign, key__in=keys).order_by("key"))
    return _read(campaign, key, cells, speaker_id, [], now)


def possible_on(device: Device, key: str, possible: Possible) -> Possible:
    """Return what is possible, on this phone where its class matters and no other is said."""
    if not has_session_dimensions(key):
        return possible
    own = device_class(device.user_agent)
    return possible if own == UNKNOWN else {DEVICE_CLASS: [own], **possible}


def keys_of_person(*, campaign: Campaign, key: str, possible: Possible) -> list[str]:
    """Return the keys of the cells that this person could be recorded in."""
    if not has_session_dimensions(key):
        return [key]
    cells = Cell.objects.filter(campaign=campaign, target__isnull=False)
    return [
        one
        for one in cells.values_list("key", flat=True)
        if person_key(one) == key and _can(one, possible)
    ]


def _can(key: str, possible: Possible) -> bool:
    """Say whether a sitting in this cell is possible; what the plan does not ask of it is."""
    levels = levels_of(key)
    return all(levels[name] in given for name, given in possible.items() if name in levels)


def _read(
    campaign: Campaign,
    key: str,
    cells: list[Cell],
    speaker_id: UUID | None,
    besides: Sequence[Hold],
    now: datetime,
) -> Places:
    facts = Cell.objects.filter(campaign=campaign).aggregate(
        clips=Sum(F("accepted_clips") + F("pending_clips")),
        ms=Sum(F("accepted_ms") + F("pending_ms")),
        asked=Count("pk", filter=Q(target__isnull=False)),
    )
    unit = campaign.targets.get("unit", "clips")
    clip_ms = usual_clip_ms(campaign, facts["clips"] or 0, facts["ms"] or 0)
    stale = list(Hold.objects.filter(campaign=campaign, cell__in=cells).stale(now))
    dropped = dropped_of([*stale, *(hold for hold in besides if hold.expires_at > now)])
    given: dict[int, CellSpeaker] = {}
    if speaker_id is not None:
        mine = CellSpeaker.objects.filter(cell__in=cells, speaker_id=speaker_id)
        given = {share.cell_id: share for share in mine}
    places = []
    for cell in cells:
        standing = standing_of(
            cell, unit=unit, clip_ms=clip_ms, dropped=dropped.get(cell.pk, NOTHING_HELD)
        )
        if cell.min_speakers:
            coming = Hold.objects.live(now).filter(cell=cell, kind=HoldKind.HOLD)
            others = coming.exclude(pk__in=[hold.pk for hold in besides]).count()
            standing = replace(standing, speakers_coming=standing.speakers_coming + others)
        places.append(_place(cell, standing, given.get(cell.pk), unit, clip_ms))
    # Of a person who can sit in several cells, each of them stands for as many people.
    kinds = facts["asked"] // max(1, len(places))
    return Places(key, unit, clip_ms, facts["asked"] > 0, kinds, places)


def _place(
    cell: Cell, standing: Standing, share: CellSpeaker | None, unit: str, clip_ms: int
) -> Place:
    had: float | None = None
    clips = share.accepted_clips + share.pending_clips if share is not None else 0
    if share is not None and clips:
        if unit == "seconds":
            had = (share.accepted_ms + share.pending_ms) / 1000
        elif unit == "clips":
            had = clips
        else:
            had = clips / SITTING_CLIPS
            # They are counted already: what they give besides takes nobody's place.
            if share.accepted_clips:
                standing = replace(standing, accepted=standing.accepted - 1)
            else:
                standing = replace(standing, pending=standing.pending - 1)
    sitting = sitting_for(standing, unit=unit, clip_ms=clip_ms)
    status, reason = judge_cell(standing, key=standing.key, sitting=sitting, had=had)
    return Place(cell, standing, sitting, had, status, reason)
