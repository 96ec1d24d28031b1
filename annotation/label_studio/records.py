"""What the server answers, parsed from JSON that anybody in the vendor's house can have forged."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from annotation.label_studio.errors import Unreachable


@dataclass(frozen=True)
class RemoteAnnotation:
    """One annotator's answer as the server holds it; `result` is untrusted."""

    id: int
    result: Any
    was_cancelled: bool
    updated_at: dt.datetime
    completed_by: str
    lead_time: float | None


@dataclass(frozen=True)
class RemoteTask:
    """One task; `route_id` is None when somebody else than the platform made it."""

    id: int
    route_id: uuid.UUID | None
    updated_at: dt.datetime
    annotations: tuple[RemoteAnnotation, ...]


def read_tasks(answer: Any) -> list[RemoteTask]:
    """Read a page of `GET /api/tasks`; raises Unreachable when it is not one."""
    if not isinstance(answer, dict) or not isinstance(answer.get("tasks"), list):
        raise Unreachable("the task list answered something else")
    return [_task(row) for row in answer["tasks"]]


def read_ids(answer: Any, expected: int) -> list[int]:
    """Read the `task_ids` of an import; raises Unreachable unless there are `expected` of them.

    A short list would zip routes to the wrong tasks, which is worse than looking them up again.
    """
    ids = answer.get("task_ids") if isinstance(answer, dict) else None
    if not isinstance(ids, list) or len(ids) != expected or not all(_is_id(i) for i in ids):
        raise Unreachable("the import did not answer with one id for each task")
    return ids


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _task(row: Any) -> RemoteTask:
    if not isinstance(row, dict) or not _is_id(row.get("id")):
        raise Unreachable("a task without an id")
    data, notes = row.get("data"), row.get("annotations")
    return RemoteTask(
        id=row["id"],
        route_id=_route_id(data.get("route_id") if isinstance(data, dict) else None),
        updated_at=_instant(row.get("updated_at")),
        annotations=tuple(_annotation(n) for n in notes) if isinstance(notes, list) else (),
    )


def _annotation(row: Any) -> RemoteAnnotation:
    if not isinstance(row, dict) or not _is_id(row.get("id")):
        raise Unreachable("an annotation without an id")
    who = row.get("completed_by")
    if isinstance(who, dict):
        who = who.get("id")
    lead = row.get("lead_time")
    return RemoteAnnotation(
        id=row["id"],
        result=row.get("result"),
        was_cancelled=row.get("was_cancelled") is True,
        updated_at=_instant(row.get("updated_at")),
        completed_by=str(who)[:64] if _is_id(who) else "",
        lead_time=_seconds(lead),
    )


def _seconds(value: Any) -> float | None:
    """A plausible number of seconds, or None; it is the vendor's claim and no more."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and the infinities fail this comparison too.
    return float(value) if 0 <= value < 1e9 else None


def _route_id(value: Any) -> uuid.UUID | None:
    if not isinstance(value, str):
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _instant(value: Any) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unreachable("a time that is not RFC 3339") from error
    if instant.tzinfo is None:
        raise Unreachable("a time without its zone")
    return instant.astimezone(dt.UTC)
