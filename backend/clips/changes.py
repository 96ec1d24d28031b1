"""The feed of a phone: what became of its collector's clips and speakers, none ever left out.

The trap of such a feed is that ids are drawn in one order and committed in another: a reader that
has seen change 7 and asks for what is beyond it never sees change 6, whose transaction was slower.
So a cursor passes an id only when every transaction that could hold a lower one has ended. On
PostgreSQL a statement can ask which transactions are running (`pg_current_snapshot`): all that
could hold an id below the newest of this moment (the `mark`) are older than the first transaction
to come (`xid`). Until they have ended, what was answered is answered again. SQLite commits one
writer after the other, so there ids are in order.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from backend.accounts.models import Device
from backend.campaigns.models import Prompt
from backend.clips.models import Change, Clip
from backend.clips.state import State
from backend.problems import Malformed

PAGE = 100
_BIGGEST = 2**63 - 1


@dataclass(frozen=True)
class Cursor:
    """Up to `floor` nothing can be missing; up to `mark` neither, once no transaction runs that
    is older than `xid`. A `mark` of 0 is none."""

    floor: int = 0
    mark: int = 0
    xid: int = 0

    def __str__(self) -> str:
        return f"{self.floor}.{self.mark}.{self.xid}"


def read_cursor(text: str) -> Cursor:
    """Return the cursor that a phone gives back, the very first for an empty text.

    Raises Malformed for what we never gave out.
    """
    if not text:
        return Cursor()
    numbers = text.split(".")
    if len(numbers) != 3 or not all(part.isascii() and part.isdigit() for part in numbers):
        raise Malformed("This is no cursor of this feed.")
    if any(len(part) > 19 or int(part) > _BIGGEST for part in numbers):
        raise Malformed("This is no cursor of this feed.")
    return Cursor(*(int(part) for part in numbers))


@dataclass(frozen=True)
class Seen:
    """What one statement saw: the changes of its page up to `last`, the `newest` id of all, the
    `oldest` transaction that was running and the `next` one to come."""

    last: int
    full: bool
    newest: int
    oldest: int
    next: int


def advance(cursor: Cursor, seen: Seen) -> tuple[Cursor, bool]:
    """Return the cursor after a page, and whether there is more to be read at once (pure).

    `xid` beyond `next` comes from another database cluster (a restored backup): it says nothing
    here, so the mark is set anew and the page is answered again.
    """
    mark, xid = (cursor.mark, cursor.xid) if cursor.xid <= seen.next else (0, 0)
    if seen.oldest >= seen.next:
        settled = seen.newest
    elif seen.oldest >= xid:
        settled = mark
    else:
        settled = cursor.floor
    floor = max(cursor.floor, min(settled, seen.last))
    if mark <= floor:
        mark, xid = (0, 0) if floor >= seen.last else (seen.newest, seen.next)
    # Without progress the same page would come at once again, and again.
    return Cursor(floor, mark, xid), seen.full and floor > cursor.floor


def read_changes(*, device: Device, cursor: Cursor) -> tuple[list[dict[str, Any]], Cursor, bool]:
    """Return (changes, cursor for the next call, whether to call at once).

    Items: `{kind: "verdict", clip, state, verdict}`, then `{kind: "redo", clip, speaker, prompt,
    reasons}` where the prompt is to be recorded again, `{kind: "withdrawal", clip}` or
    `{kind: "withdrawal", speaker}`. An item may come twice, and says how things stand now. When
    nothing is new, this is one read of an index.
    """
    rows = _rows(device, cursor)
    if not rows:
        return [], cursor, False
    page = rows[:PAGE]
    last = page[-1]
    seen = Seen(last[0], len(rows) > PAGE, last[3], last[4], last[5])
    following, more = advance(cursor, seen)
    return _items(page), following, more


def _rows(device: Device, cursor: Cursor) -> list[tuple[Any, ...]]:
    """Read (id, clip, speaker, newest id, oldest and next transaction) beyond the cursor's floor.

    All by one statement: what it says of the transactions must be of the moment it reads the rows.
    """
    snapshot = "0, 0"
    if connection.vendor == "postgresql":
        now = "pg_current_snapshot()"
        snapshot = f"pg_snapshot_xmin({now})::text::bigint, pg_snapshot_xmax({now})::text::bigint"
    fields = {field.attname: field for field in Change._meta.concrete_fields}
    who = [
        fields[name].get_db_prep_value(value, connection)
        for name, value in (
            ("collector_id", device.collector_id),
            ("campaign_id", device.campaign_id),
        )
    ]
    with connection.cursor() as statement:
        statement.execute(
            "SELECT id, clip_id, speaker_id, (SELECT max(id) FROM clips_change), "  # noqa: S608
            f"{snapshot} FROM clips_change"
            " WHERE collector_id = %s AND campaign_id = %s AND id > %s ORDER BY id LIMIT %s",
            [*who, cursor.floor, PAGE + 1],
        )
        rows: list[tuple[Any, ...]] = statement.fetchall()
    return rows


def _items(page: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    # A clip that changed twice stands at its later place.
    subjects = list(dict.fromkeys((_uuid(row[1]), _uuid(row[2])) for row in reversed(page)))
    clips = Clip.objects.only("state", "verdict", "speaker_id", "prompt_id").in_bulk(
        [clip_id for clip_id, _ in subjects if clip_id]
    )
    redo = open_retakes([clip for clip in clips.values() if clip.state == State.REJECTED])
    items: list[dict[str, Any]] = []
    for clip_id, speaker_id in reversed(subjects):
        if clip_id is None:
            items.append({"kind": "withdrawal", "speaker": speaker_id})
            continue
        clip = clips[clip_id]
        if clip.state == State.WITHDRAWN:
            items.append({"kind": "withdrawal", "clip": clip_id})
            continue
        items.append(
            {"kind": "verdict", "clip": clip_id, "state": clip.state, "verdict": clip.verdict}
        )
        if clip_id in redo:
            items.append(
                {
                    "kind": "redo",
                    "clip": clip_id,
                    "speaker": clip.speaker_id,
                    "prompt": clip.prompt_id,
                    "reasons": reasons_of(clip),
                }
            )
    return items


def open_retakes(rejected: list[Clip]) -> set[UUID]:
    """Return the ids of those rejected clips whose prompt their speaker has yet to record anew."""
    if not rejected:
        return set()
    prompts = {clip.prompt_id for clip in rejected}
    recorded = set(
        Clip.objects.filter(
            speaker_id__in={clip.speaker_id for clip in rejected}, prompt_id__in=prompts
        )
        .recorded()
        .values_list("speaker_id", "prompt_id")
    )
    asked = set(Prompt.objects.filter(pk__in=prompts, active=True).values_list("pk", flat=True))
    return {
        clip.pk
        for clip in rejected
        if clip.prompt_id in asked and (clip.speaker_id, clip.prompt_id) not in recorded
    }


def reasons_of(clip: Clip) -> list[dict[str, Any]]:
    """Return the reasons of a clip's verdict, as a phone shows them."""
    reasons: list[dict[str, Any]] = (clip.verdict or {}).get("reasons", [])
    return reasons


def _uuid(value: Any) -> UUID | None:
    # SQLite gives back the text that Django stores there.
    return UUID(value) if isinstance(value, str) else value
