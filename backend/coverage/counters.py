"""Move the counters: one function, called inside the transaction of the event that causes it.

One order of locks, so that nobody waits in a ring: the rows of speakers by (cell, speaker), all of
them before any cell's row, then the cells by their keys.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.coverage.models import Cell, CellSpeaker


class Bucket(StrEnum):
    """What a clip counts as; a clip counts in one bucket or in none."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Share:
    """What one clip adds to its cell."""

    bucket: Bucket | None
    milliseconds: int


@dataclass(frozen=True)
class Held:
    """What is promised to phones, or a change of it."""

    clips: int = 0
    milliseconds: int = 0


NOTHING_HELD = Held()
SHARE_COLUMNS: Final = tuple(f"{bucket}_{unit}" for bucket in Bucket for unit in ("clips", "ms"))


# A campaign, the key of a cell of it, a speaker who has a share there.
Place = tuple[UUID, str, UUID]


def _changes(before: Share, after: Share) -> dict[str, int]:
    """Return the column changes that turn one share into the other; empty when nothing moves."""
    changes: dict[str, int] = {}
    for share, sign in ((before, -1), (after, 1)):
        if share.bucket is not None:
            for column, amount in (("clips", 1), ("ms", share.milliseconds)):
                name = f"{share.bucket}_{column}"
                changes[name] = changes.get(name, 0) + sign * amount
    return {name: amount for name, amount in changes.items() if amount}


def move_counters(
    *,
    campaign_id: UUID,
    key: str,
    speaker_id: UUID,
    before: Share,
    after: Share,
    held: Held = NOTHING_HELD,
) -> None:
    """Move one clip's share within its cell, in the caller's transaction.

    `held`: what the clip takes off the cell's promises, which it fulfils (negative).

    Rows are added to with `column = column + n` only: on PostgreSQL a read and a write would lose
    updates. Holding the speaker's row makes the counts of speakers exact.
    """
    changes = _changes(before, after)
    if changes:
        _move(campaign_id, speaker_id, {key: changes}, held)


def lock_counters(*, places: Iterable[Place]) -> None:
    """Lock the speakers' rows, by (campaign, cell key, speaker), for a transaction of many moves.

    One move takes its speaker's row and then the cell's; a second one after it in the same
    transaction would take a speaker's row after a cell's, and could deadlock with a single move of
    that speaker. With all speakers' rows taken first it keeps to the order.
    """
    wanted = set(places)
    if len(wanted) < 2:
        return
    pairs = make_rows(places=wanted)
    which = Q(pk__in=[])
    for cell_id, speaker_id in pairs:
        which |= Q(cell_id=cell_id, speaker_id=speaker_id)
    rows = CellSpeaker.objects.select_for_update().filter(which)
    list(rows.order_by("cell_id", "speaker_id").values_list("pk"))


def make_rows(*, places: Iterable[Place]) -> dict[tuple[int, UUID], Place]:
    """Make what is missing of the rows of these places, cells first; none of them is locked.

    Returns the places by (cell id, speaker), in the order in which their rows are to be locked.
    """
    wanted = sorted(places)
    cells = {(campaign_id, key): 0 for campaign_id, key, _ in wanted}
    for campaign_id, key in cells:
        cells[campaign_id, key] = cell_id_of(campaign_id, key)
    pairs = {(cells[place[:2]], place[2]): place for place in wanted}
    _make_speakers(sorted(pairs))
    return {pair: pairs[pair] for pair in sorted(pairs)}


def move_between_cells(
    *, campaign_id: UUID, speaker_id: UUID, shares: Mapping[tuple[str, str], Iterable[Share]]
) -> None:
    """Take a speaker's shares out of the cells they count in, and add them to others.

    `shares`: by the keys of the two cells, (from, to). In the caller's transaction, which holds
    the clips.
    """
    nothing = Share(None, 0)
    places: dict[str, dict[str, int]] = {}
    for (key, to), moved in shares.items():
        for share in moved:
            _sum(places.setdefault(key, {}), _changes(share, nothing))
            _sum(places.setdefault(to, {}), _changes(nothing, share))
    _move(campaign_id, speaker_id, places, NOTHING_HELD)


def _sum(total: dict[str, int], changes: dict[str, int]) -> None:
    for name, amount in changes.items():
        total[name] = total.get(name, 0) + amount


def _move(
    campaign_id: UUID, speaker_id: UUID, places: Mapping[str, dict[str, int]], held: Held
) -> None:
    moved: dict[str, dict[str, int]] = {}
    for key, sums in sorted(places.items()):
        changes = {name: amount for name, amount in sums.items() if amount}
        if changes:
            moved[key] = changes
    lock_counters(places=[(campaign_id, key, speaker_id) for key in moved])
    speakers = {
        key: add_to_speaker(
            campaign_id=campaign_id, key=key, speaker_id=speaker_id, changes=changes
        )
        for key, changes in moved.items()
    }
    for key, changes in moved.items():
        of_cell = changes | speakers[key] | _held_changes(held)
        add_to_cell(campaign_id=campaign_id, key=key, changes=of_cell)


def add_to_speaker(
    *, campaign_id: UUID, key: str, speaker_id: UUID, changes: Mapping[str, int]
) -> dict[str, int]:
    """Add to a speaker's share of a cell, and lock it; both rows are made if they are new.

    Returns what the cell's counts of speakers change by, which the caller adds to the cell.
    """
    cell = (
        "cell_id = (SELECT id FROM coverage_cell WHERE campaign_id = %s AND key = %s)"
        " AND speaker_id = %s"
    )
    which = [prepared(campaign_id), key, prepared(speaker_id)]
    answer = "RETURNING pending_clips, accepted_clips"
    after = _add("coverage_cellspeaker", changes, cell, which, answer)
    if after is None:
        _make_speakers([(cell_id_of(campaign_id, key), speaker_id)])
        after = _add("coverage_cellspeaker", changes, cell, which, answer)
    if after is None:
        raise LookupError(f"there is no row of speaker {speaker_id} in {key}")
    pending, accepted = after
    before = pending - changes.get("pending_clips", 0), accepted - changes.get("accepted_clips", 0)
    gained = {
        "accepted_speakers": int(accepted > 0) - int(before[1] > 0),
        "waiting_speakers": int(_waits(pending, accepted)) - int(_waits(*before)),
    }
    return {name: amount for name, amount in gained.items() if amount}


def _waits(pending: int, accepted: int) -> bool:
    return pending > 0 and accepted <= 0


def add_to_cell(*, campaign_id: UUID, key: str, changes: Mapping[str, int]) -> None:
    """Add to the columns of a cell that is there, and lock it; raises LookupError if it is not."""
    which = [prepared(campaign_id), key]
    answer = _add("coverage_cell", changes, "campaign_id = %s AND key = %s", which, "RETURNING id")
    if answer is None:
        raise LookupError(f"there is no cell {key}")


def move_held(*, cell_id: int, held: Held) -> None:
    """Add to what a cell has promised to phones, in the transaction of the hold's own change."""
    changes = _held_changes(held)
    if changes and _add("coverage_cell", changes, "id = %s", [cell_id], "RETURNING id") is None:
        raise LookupError(f"there is no cell {cell_id}")


def _held_changes(held: Held) -> dict[str, int]:
    changes = {"held_clips": held.clips, "held_ms": held.milliseconds}
    return {name: amount for name, amount in changes.items() if amount}


def _add(
    table: str, changes: Mapping[str, int], where: str, which: list[Any], answer: str
) -> tuple[int, ...] | None:
    """Add to the columns of one row; returns what is asked of it then, None if it is not there.

    Plain SQL: every move of every clip comes through here twice, and building the same two
    statements from F expressions was a sixth of a confirmation's cost. All names are ours.
    """
    sums = ", ".join(f"{name} = {name} + %s" for name in changes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sums} WHERE {where} {answer}",  # noqa: S608 - see above
            [*changes.values(), *which],
        )
        rows: list[tuple[int, ...]] = cursor.fetchall()
    return rows[0] if rows else None


def prepared(value: UUID) -> UUID | str:
    """Return an id as this database takes it in plain SQL."""
    return value if connection.features.has_native_uuid_field else value.hex


def _make_speakers(pairs: list[tuple[int, UUID]]) -> None:
    rows = [CellSpeaker(cell_id=cell_id, speaker_id=speaker_id) for cell_id, speaker_id in pairs]
    CellSpeaker.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def cell_id_of(campaign_id: UUID, key: str) -> int:
    """Return the id of a cell's row, which is made when the cell is first met."""
    ids = Cell.objects.values_list("pk", flat=True)
    try:
        return ids.get(campaign_id=campaign_id, key=key)
    except Cell.DoesNotExist:
        Cell.objects.bulk_create([Cell(campaign_id=campaign_id, key=key)], ignore_conflicts=True)
        return ids.get(campaign_id=campaign_id, key=key)
