"""Counters move with the event, exactly, whoever moves at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from backend.clips import lifecycle
from backend.clips.dispatch import BUCKET
from backend.clips.models import Clip, ClipEvent
from backend.clips.receipts import Confirmed, confirm_uploads
from backend.clips.state import MOVES, State
from backend.coverage.models import Cell
from backend.jobs.models import Job
from tests.cast import Person, Phone
from tests.factories import announce_clip, put_bytes, sent, sit_down, upload_clip
from tests.sounds import speech_like, wav

SOUND = wav(speech_like(1.0))


def recount() -> dict[str, dict[str, int]]:
    """Count every cell anew from the clips."""
    cells: dict[str, dict[str, int]] = {}
    speakers: dict[str, set[Any]] = {}
    for clip in Clip.objects.all():
        bucket = BUCKET.get(State(clip.state))
        if bucket is None:
            continue
        cell = cells.setdefault(clip.cell, {})
        cell[f"{bucket}_clips"] = cell.get(f"{bucket}_clips", 0) + 1
        cell[f"{bucket}_ms"] = cell.get(f"{bucket}_ms", 0) + clip.counted_ms
        if bucket == "accepted":
            speakers.setdefault(clip.cell, set()).add(clip.speaker_id)
    for key, who in speakers.items():
        cells[key]["accepted_speakers"] = len(who)
    return cells


def counted() -> dict[str, dict[str, int]]:
    """Read the counters that are not zero."""
    names = [
        f"{bucket}_{unit}"
        for bucket in ("pending", "accepted", "rejected")
        for unit in ("clips", "ms")
    ]
    return {
        cell.key: values
        for cell in Cell.objects.all()
        if (
            values := {
                n: getattr(cell, n) for n in [*names, "accepted_speakers"] if getattr(cell, n)
            }
        )
    }


@pytest.mark.django_db
def test_a_clip_counts_in_its_speakers_cell_from_upload_to_withdrawal(
    phone: Phone, manager: Person
) -> None:
    sitting = sit_down(phone, gender="male", birth_year=2000)
    clip = upload_clip(sitting, SOUND)
    key = "gender=male|age_band=18-29"
    assert counted()[key] == {"pending_clips": 1, "pending_ms": 3000}
    for to in (State.PASSED, State.ANNOTATING, State.ACCEPTED):
        lifecycle.move(clip_id=clip.pk, to=to, actor="test", at=timezone.now(), reason="test")
    assert counted()[key] == {"accepted_clips": 1, "accepted_ms": 3000, "accepted_speakers": 1}
    coverage = sent(manager.get("/v1/campaigns/spring/coverage"))
    mine = [
        cell for cell in coverage["cells"] if cell["key"] == {"gender": "male", "age_band": "18-29"}
    ]
    assert mine == [
        {
            "key": {"gender": "male", "age_band": "18-29"},
            "target": 10,
            "accepted": 1,
            "pending": 0,
            "held": 0,
            "speakers": 1,
        }
    ]
    sent(phone.post(f"/v1/clips/{clip.pk}/withdraw", {}), 202)
    assert counted() == {}


@pytest.mark.django_db
def test_a_refused_move_changes_nothing(phone: Phone) -> None:
    clip_id, _ = announce_clip(sit_down(phone), SOUND)
    with pytest.raises(lifecycle.MoveRefused):
        lifecycle.move(
            clip_id=clip_id, to=State.ACCEPTED, actor="test", at=timezone.now(), reason="test"
        )
    assert ClipEvent.objects.count() == 1
    assert counted() == {}


@pytest.mark.django_db
def test_a_move_carries_no_other_columns(phone: Phone) -> None:
    clip_id, _ = announce_clip(sit_down(phone), SOUND)
    with pytest.raises(ValueError, match="sha256"):
        lifecycle.move(
            clip_id=clip_id,
            to=State.UPLOADED,
            actor="test",
            at=timezone.now(),
            reason="test",
            values={"sha256": "0"},
        )


@pytest.mark.django_db(transaction=True)
def test_eight_writers_leave_counters_that_equal_a_recount(phone: Phone) -> None:
    sittings = [
        sit_down(phone, gender=gender, birth_year=year)
        for gender in ("female", "male")
        for year in (1990, 1990, 2003)
    ]
    clips = [announce_clip(sitting, SOUND, seq=n)[0] for sitting in sittings for n in range(4)]

    def write(seed: int) -> None:
        random = Random(seed)
        try:
            for _ in range(40):
                clip_id = random.choice(clips)
                state = State(Clip.objects.values_list("state", flat=True).get(pk=clip_id))
                wishes = sorted(MOVES[state] - {State.WITHDRAWN}) or [State.WITHDRAWN]
                try:
                    lifecycle.move(
                        clip_id=clip_id,
                        to=random.choice(wishes),
                        actor=f"writer:{seed}",
                        at=timezone.now(),
                        reason="test",
                        values={"counted_ms": random.randrange(1000, 9000)},
                    )
                except lifecycle.MoveRefused:
                    continue
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert counted() == recount()
    for clip in Clip.objects.all():
        events = list(clip.events.order_by("seq"))
        assert [event.seq for event in events] == list(range(1, clip.event_seq + 1))
        assert [event.from_state for event in events[1:]] == [e.to_state for e in events[:-1]]
        assert events[-1].to_state == clip.state


@pytest.mark.django_db(transaction=True)
def test_of_ten_that_move_a_clip_at_once_one_wins_and_starts_one_job(phone: Phone) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("writers race only on PostgreSQL")
    clip_id, _ = announce_clip(sit_down(phone), SOUND)
    start = threading.Barrier(10)

    def write(_: int) -> bool:
        start.wait()
        try:
            lifecycle.move(
                clip_id=clip_id, to=State.UPLOADED, actor="t", at=timezone.now(), reason="t"
            )
        except lifecycle.MoveRefused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(10) as pool:
        won = list(pool.map(write, range(10)))
    assert won.count(True) == 1
    assert Job.objects.filter(kind="check_quality").count() == 1
    assert ClipEvent.objects.filter(clip_id=clip_id).count() == 2


@pytest.mark.django_db(transaction=True)
def test_batches_of_two_speakers_and_single_moves_do_not_wait_for_each_other_in_a_ring(
    phone: Phone,
) -> None:
    one, two = sit_down(phone), sit_down(phone)
    batches = []
    for n in range(12):
        batches.append([announce_clip(sitting, SOUND, seq=n) for sitting in (one, two)])
        for _, upload in batches[-1]:
            put_bytes(upload, SOUND)
    singles = [announce_clip(who, SOUND, seq=100 + n)[0] for n in range(12) for who in (two, one)]

    def confirm(worker: int) -> None:
        try:
            for batch in batches[worker::3]:
                ids = [clip_id for clip_id, _ in batch]
                clips = list(Clip.objects.select_related("speaker").filter(pk__in=ids))
                answers = confirm_uploads(clips=clips, actor="t", now=timezone.now())
                assert all(isinstance(answer, Confirmed) for answer in answers.values())
        finally:
            connections.close_all()

    def move(worker: int) -> None:
        try:
            for clip_id in singles[worker::3]:
                for to in (State.UPLOADED, State.PASSED, State.REJECTED):
                    lifecycle.move(clip_id=clip_id, to=to, actor="t", at=timezone.now(), reason="t")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(act, worker) for worker in range(3) for act in (confirm, move)]
        for job in work:
            job.result()
    assert counted() == recount()
