"""The only writer of Clip.state: a move, its event, its counters, its jobs, its news at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F

from backend.clips.dispatch import BUCKET, JOBS_ON_ENTER, TOLD_ON_ENTER
from backend.clips.models import Change, Clip, ClipEvent
from backend.clips.placing import cells_in_sittings
from backend.clips.state import State, can_move
from backend.coverage.counters import (
    NOTHING_HELD,
    Held,
    Share,
    move_between_cells,
    move_counters,
)
from backend.coverage.holds import use_hold
from backend.jobs.services import enqueue_job
from backend.prepared import PreparedRead
from backend.problems import NotFound, Problem
from backend.speakers.models import Speaker

# Columns that may change together with a move.
_WITH_A_MOVE = {"verdict", "counted_ms", "stored_at", "look_at", "cell"}
_AT_ONCE = 1000


class _Standing(NamedTuple):
    """What a move must know of its clip; the row has five times as many columns."""

    state: str
    event_seq: int
    campaign_id: UUID
    speaker_id: UUID
    collector_id: UUID
    cell: str
    hold: UUID | None
    counted_ms: int


class _Binned(NamedTuple):
    """What another cell must know of a clip."""

    pk: UUID
    event_seq: int
    state: str
    cell: str
    counted_ms: int
    session_id: UUID


class MoveRefused(Problem):
    """The table has no such move from where the clip stands."""

    slug, status, title = "move-refused", 409, "The clip cannot move there from its state."


def begin(*, clip: Clip, actor: str, at: datetime) -> ClipEvent:
    """Insert a new clip in `expected` with its first event, in the caller's transaction."""
    clip.state = State.EXPECTED
    clip.event_seq = 1
    clip.save(force_insert=True)
    return ClipEvent.objects.create(
        clip=clip,
        seq=1,
        from_state="",
        to_state=State.EXPECTED,
        actor=actor,
        at=at,
        reason="intent",
    )


def move(
    *,
    clip_id: UUID,
    to: State,
    actor: str,
    at: datetime,
    reason: str,
    detail: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    expected_seq: int | None = None,
    seen: Clip | None = None,
) -> ClipEvent:
    """Move a clip to another state in one transaction.

    `values` are columns that change with it (verdict, counted_ms, stored_at, look_at; cell, of a
    clip that begins to count).
    `expected_seq` refuses the move when the clip has moved since it was read. `seen` is the clip
    as the caller has just read it, which spares a read: what a move looks at changes only with an
    event, so a clip that has changed since is refused by its `event_seq`.
    Raises NotFound, or MoveRefused with the state the clip stands in.
    """
    values = values or {}
    if not set(values) <= _WITH_A_MOVE:
        raise ValueError(f"not for a move: {sorted(set(values) - _WITH_A_MOVE)}")
    if "cell" in values and to != State.UPLOADED:
        raise ValueError("only a clip that counts nowhere yet can take another cell as it moves")
    with transaction.atomic():
        clip = _standing(clip_id) if seen is None else _as_seen(seen)
        before = State(clip.state)
        _refuse_if_moved(clip, expected_seq)
        if not can_move(before, to):
            raise MoveRefused(f"From {before} to {to} there is no move.", state=before.value)
        event = _write(clip_id, clip, to, actor, at, reason, detail, values)
        _start_jobs(JOBS_ON_ENTER.get(to, ()), clip_id, event.seq, at)
        if to in TOLD_ON_ENTER:
            _tell(clip_id, clip)
        held = NOTHING_HELD
        if to == State.UPLOADED and clip.hold is not None:
            # The one move that every clip makes at most once, and the one by which it counts as
            # pending: so what was promised is at no moment counted twice or not at all.
            held = use_hold(
                hold_id=clip.hold,
                campaign_id=clip.campaign_id,
                collector_id=clip.collector_id,
                key=values.get("cell", clip.cell),
                milliseconds=values.get("counted_ms", clip.counted_ms),
                now=at,
            )
        _count(clip, to, values, held)
    return event


def restate(
    *,
    clip_id: UUID,
    verdict: dict[str, Any],
    counted_ms: int | None = None,
    jobs: tuple[str, ...] = (),
    actor: str,
    at: datetime,
    reason: str,
    detail: dict[str, Any] | None = None,
    expected_seq: int | None = None,
) -> ClipEvent:
    """Write another verdict of a clip that stays where it stands, in one transaction.

    A provisional verdict, or one with other reasons: with an event, from its state to the same,
    and news for its phone. `counted_ms`: what it counts from now on. `jobs`: kinds that follow.
    Raises NotFound, or MoveRefused when it is withdrawn or has moved since `expected_seq`.
    """
    values: dict[str, Any] = {"verdict": verdict}
    if counted_ms is not None:
        values["counted_ms"] = counted_ms
    with transaction.atomic():
        clip = _standing(clip_id)
        state = State(clip.state)
        _refuse_if_moved(clip, expected_seq)
        if state == State.WITHDRAWN:
            raise MoveRefused("Nothing is said of a withdrawn clip.", state=state.value)
        event = _write(clip_id, clip, state, actor, at, reason, detail, values)
        _start_jobs(jobs, clip_id, event.seq, at)
        _tell(clip_id, clip)
        _count(clip, state, values, NOTHING_HELD)
    return event


def restamp(verdicts: Mapping[UUID, dict[str, Any]]) -> None:
    """Write verdicts that say of their clips what was said before, by newer rules.

    In the caller's transaction, which has locked the clips. Nobody is told, there is no event.
    """
    rows = [Clip(pk=clip_id, verdict=verdict) for clip_id, verdict in verdicts.items()]
    Clip.objects.bulk_update(rows, ["verdict"])


def _refuse_if_moved(clip: _Standing, expected_seq: int | None) -> None:
    if expected_seq is not None and clip.event_seq != expected_seq:
        raise MoveRefused("The clip has moved since.", state=clip.state)


def _write(
    clip_id: UUID,
    clip: _Standing,
    to: State,
    actor: str,
    at: datetime,
    reason: str,
    detail: dict[str, Any] | None,
    values: dict[str, Any],
) -> ClipEvent:
    seq = clip.event_seq + 1
    # The condition is what holds on SQLite, where select_for_update locks nothing.
    written = Clip.objects.filter(pk=clip_id, event_seq=clip.event_seq).update(
        state=to, event_seq=seq, **values
    )
    if not written:
        raise MoveRefused("The clip has moved since.", state=clip.state)
    return ClipEvent.objects.create(
        clip_id=clip_id,
        seq=seq,
        from_state=State(clip.state),
        to_state=to,
        actor=actor,
        at=at,
        reason=reason,
        detail=detail or {},
    )


def _start_jobs(kinds: tuple[str, ...], clip_id: UUID, seq: int, at: datetime) -> None:
    for kind in kinds:
        enqueue_job(
            kind=kind,
            key=f"{kind}:{clip_id}:{seq}",
            subject=str(clip_id),
            now=at,
            # The event before it, which exists once, is what causes it.
            new_key=True,
        )


def _tell(clip_id: UUID, clip: _Standing) -> None:
    # After the clip was written: the feed relies on a change's id being drawn by a
    # transaction that PostgreSQL knows by number already (see changes.py).
    Change.objects.create(
        campaign_id=clip.campaign_id, collector_id=clip.collector_id, clip_id=clip_id
    )


def _count(clip: _Standing, to: State, values: dict[str, Any], held: Held) -> None:
    # Last of all: the cell's row is shared by many clips, so it is locked for the shortest time.
    move_counters(
        campaign_id=clip.campaign_id,
        key=values.get("cell", clip.cell),
        speaker_id=clip.speaker_id,
        before=Share(BUCKET.get(State(clip.state)), clip.counted_ms),
        after=Share(BUCKET.get(to), values.get("counted_ms", clip.counted_ms)),
        held=held,
    )


def rebin(*, speaker: Speaker, cell: str, actor: str, at: datetime, reason: str) -> int:
    """Put a speaker's clips into the cells of another `cell` of theirs; returns how many moved.

    Each clip into the one of its sitting, with its counters. In the caller's transaction, which
    holds the speaker's row, so that no clip of theirs is added meanwhile. Each clip has an event,
    from its state to the same: whoever has read it before must read it again. A withdrawn clip
    stays as it is, nothing of it counts.
    """
    in_sittings = cells_in_sittings(speaker=speaker, cell=cell)
    clips = Clip.objects.filter(speaker=speaker).exclude(state=State.WITHDRAWN)
    if not in_sittings:
        clips = clips.exclude(cell=cell)
    # All rows are locked before any counter is (see receipts.confirm_uploads).
    locked = clips.select_for_update().order_by("pk").values_list(*_Binned._fields)
    rows = [
        (row, to)
        for row in (_Binned(*values) for values in locked)
        if row.cell != (to := in_sittings.get(row.session_id, cell))
    ]
    ClipEvent.objects.bulk_create(
        [
            ClipEvent(
                clip_id=row.pk,
                seq=row.event_seq + 1,
                from_state=row.state,
                to_state=row.state,
                actor=actor,
                at=at,
                reason=reason,
            )
            for row, _ in rows
        ],
        batch_size=_AT_ONCE,
    )
    moved: dict[str, list[UUID]] = {}
    shares: dict[tuple[str, str], list[Share]] = {}
    for row, to in rows:
        moved.setdefault(to, []).append(row.pk)
        share = Share(BUCKET.get(State(row.state)), row.counted_ms)
        shares.setdefault((row.cell, to), []).append(share)
    for to, ids in moved.items():
        for start in range(0, len(ids), _AT_ONCE):
            some = Clip.objects.filter(pk__in=ids[start : start + _AT_ONCE])
            some.update(cell=to, event_seq=F("event_seq") + 1)
    move_between_cells(campaign_id=speaker.campaign_id, speaker_id=speaker.pk, shares=shares)
    return len(rows)


_LOCKED = PreparedRead(
    lambda clip_id: (
        Clip.objects.select_for_update().filter(pk=clip_id).values_list(*_Standing._fields)
    ),
    example=UUID("00000000-0000-7000-8000-0123456789ab"),
)


def _standing(clip_id: UUID) -> _Standing:
    row = _LOCKED.first(clip_id)
    if row is None:
        raise NotFound()
    return _Standing(*row)


def _as_seen(clip: Clip) -> _Standing:
    return _Standing(
        clip.state,
        clip.event_seq,
        clip.campaign_id,
        clip.speaker_id,
        clip.collector_id,
        clip.cell,
        clip.hold,
        clip.counted_ms,
    )
