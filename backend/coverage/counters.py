"""Move the counters: one function, called inside the transaction of the event that causes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from backend.coverage.models import Cell, CellSpeaker

# A cell's row never changes its campaign or key, so its id can be kept for as long as we run.
_cell_ids: dict[tuple[UUID, str], int] = {}
_CELLS_REMEMBERED = 10_000


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
_OF_THE_CELL = ("held_clips", "held_ms")


def _changes(before: Share, after: Share) -> dict[str, int]:
    """Return the column changes that turn one share into the other; empty when nothing moves."""
    changes: dict[str, int] = {}
    for share, sign in ((before, -1), (after, 1)):
        if share.bucket is not None:
            for column, amount in (("clips", 1), ("ms", share.milliseconds)):
                name = f"{share.bucket}_{column}"
                changes[name] = changes.get(name, 0) + sign * amount
    return {name: amount for name, amount in changes.items() if amount}


def _add(rows: type[Cell] | type[CellSpeaker], changes: dict[str, int], **which: Any) -> int:
    """Add to the columns of one row; returns how many rows were there (0 or 1).

    Plain SQL: every move of every clip comes through here twice, and building the same two
    statements from F expressions was a sixth of a confirmation's cost. Names are columns of ours.
    """
    fields = {field.attname: field for field in rows._meta.concrete_fields}
    sums = ", ".join(f"{name} = {name} + %s" for name in changes)
    where = " AND ".join(f"{fields[name].column} = %s" for name in which)
    values = [fields[name].get_db_prep_value(value, connection) for name, value in which.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {rows._meta.db_table} SET {sums} WHERE {where}",  # noqa: S608 - see above
            [*changes.values(), *values],
        )
        return int(cursor.rowcount)


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
    updates. The speaker's row is taken before the cell's, always, so that two moves cannot
    deadlock; holding it makes the count of speakers exact.
    """
    changes = _changes(before, after)
    if changes:
        _move(campaign_id, speaker_id, {key: changes}, held)


def lock_counters(*, places: Iterable[tuple[UUID, str, UUID]]) -> None:
    """Lock the speakers' rows, by (campaign, cell key, speaker), for a transaction of many moves.

    One move takes its speaker's row and then the cell's; a second one after it in the same
    transaction would take a speaker's row after a cell's, and could deadlock with a single move of
    that speaker. With all speakers' rows taken first it keeps to the order.
    """
    wanted = sorted(set(places))
    if len(wanted) < 2:
        return
    pairs = [(cell_id_of(campaign_id, key), speaker) for campaign_id, key, speaker in wanted]
    CellSpeaker.objects.bulk_create(
        [CellSpeaker(cell_id=cell_id, speaker_id=speaker_id) for cell_id, speaker_id in pairs],
        ignore_conflicts=True,
    )
    which = Q(pk__in=[])
    for cell_id, speaker_id in pairs:
        which |= Q(cell_id=cell_id, speaker_id=speaker_id)
    rows = CellSpeaker.objects.select_for_update(of=("self",)).filter(which)
    list(rows.order_by("cell__key", "speaker_id").values_list("pk"))


def move_between_cells(
    *, campaign_id: UUID, speaker_id: UUID, shares: Mapping[str, Iterable[Share]], to: str
) -> None:
    """Take a speaker's shares out of the cells they count in, and add them to another.

    `shares`: by the key of the cell. In the caller's transaction, which holds the clips.
    """
    nothing = Share(None, 0)
    places: dict[str, dict[str, int]] = {}
    for key, moved in shares.items():
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
    cells = [
        (cell_id_of(campaign_id, key), changes | _held_changes(held))
        for key, changes in sorted(places.items())
        if changes
    ]
    # All the speaker's rows first: see move_counters for the order.
    for cell_id, changes in cells:
        gained = _speaker_gained(cell_id, speaker_id, changes)
        if gained:
            changes["accepted_speakers"] = gained
    for cell_id, changes in cells:
        _add(Cell, changes, id=cell_id)


def _speaker_gained(cell_id: int, speaker_id: UUID, changes: dict[str, int]) -> int:
    """Add to a speaker's share of a cell; returns whether the cell gained or lost the speaker."""
    mine = {name: amount for name, amount in changes.items() if name not in _OF_THE_CELL}
    if not _add(CellSpeaker, mine, cell_id=cell_id, speaker_id=speaker_id):
        CellSpeaker.objects.bulk_create(
            [CellSpeaker(cell_id=cell_id, speaker_id=speaker_id)], ignore_conflicts=True
        )
        _add(CellSpeaker, mine, cell_id=cell_id, speaker_id=speaker_id)
    gained = mine.get("accepted_clips", 0)
    if not gained:
        return 0
    rows = CellSpeaker.objects.filter(cell_id=cell_id, speaker_id=speaker_id)
    now_accepted = rows.values_list("accepted_clips", flat=True).get()
    return int(now_accepted > 0) - int(now_accepted - gained > 0)


def move_held(*, cell_id: int, held: Held) -> None:
    """Add to what a cell has promised to phones, in the transaction of the hold's own change."""
    changes = _held_changes(held)
    if changes:
        _add(Cell, changes, id=cell_id)


def _held_changes(held: Held) -> dict[str, int]:
    changes = {"held_clips": held.clips, "held_ms": held.milliseconds}
    return {name: amount for name, amount in changes.items() if amount}


def cell_id_of(campaign_id: UUID, key: str) -> int:
    """Return the id of a cell's row, which is made when the cell is first met."""
    known = _cell_ids.get((campaign_id, key))
    if known is not None:
        return known
    ids = Cell.objects.values_list("pk", flat=True)
    try:
        cell_id = ids.get(campaign_id=campaign_id, key=key)
    except Cell.DoesNotExist:
        Cell.objects.bulk_create([Cell(campaign_id=campaign_id, key=key)], ignore_conflicts=True)
        cell_id = ids.get(campaign_id=campaign_id, key=key)
    # Remembered only once it is certain that the row stays: this transaction may have made it.
    transaction.on_commit(lambda: _remember(campaign_id, key, cell_id))
    return cell_id


def _remember(campaign_id: UUID, key: str, cell_id: int) -> None:
    if len(_cell_ids) >= _CELLS_REMEMBERED:
        _cell_ids.clear()
    _cell_ids[campaign_id, key] = cell_id
