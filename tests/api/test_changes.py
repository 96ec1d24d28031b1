"""The phone's feed: verdicts, prompts to do again, withdrawals; never one left out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from backend.campaigns.models import Prompt
from backend.clips import lifecycle
from backend.clips.changes import PAGE, Cursor, Seen, advance
from backend.clips.models import Clip
from backend.clips.state import State
from tests.cast import Person, Phone
from tests.factories import Sitting, announce_clip, sent, sit_down, upload_clip
from tests.sounds import speech_like, wav
from tests.walk import passed_clip

SOUND = wav(speech_like(1.0))
VERDICT = {
    "outcome": "reject",
    "provisional": False,
    "profile_version": 1,
    "reasons": [{"code": "silent", "value": -80.0, "threshold": -60.0, "hint": "closer"}],
}


def poll(phone: Phone, cursor: str = "") -> Any:
    return sent(phone.get(f"/v1/changes?cursor={cursor}"), 200)


def judge(clip_id: UUID, to: State) -> None:
    """Move an announced clip on, as its check would, without bytes in the store."""
    now = timezone.now()
    if Clip.objects.get(pk=clip_id).state == State.EXPECTED:
        lifecycle.move(clip_id=clip_id, to=State.UPLOADED, actor="t", at=now, reason="t")
    values = {"verdict": VERDICT} if to == State.REJECTED else None
    lifecycle.move(clip_id=clip_id, to=to, actor="t", at=now, reason="t", values=values)


def all_pages(phone: Phone) -> tuple[list[dict[str, Any]], str]:
    items, cursor, pages = [], "", 0
    while True:
        answer = poll(phone, cursor)
        items += answer["changes"]
        done = answer["cursor"] == cursor
        cursor, pages = answer["cursor"], pages + 1
        assert pages < 50
        if done and not answer["more"]:
            return items, cursor


@pytest.mark.django_db
def test_a_verdict_comes_once_it_is_there(sitting: Sitting) -> None:
    empty = poll(sitting.phone)
    assert empty["changes"] == []
    upload_clip(sitting, SOUND, seq=5, take=2)
    assert poll(sitting.phone, empty["cursor"])["changes"] == []
    clip = passed_clip(sitting)
    answer = poll(sitting.phone, empty["cursor"])
    assert [(item["kind"], item["clip"]) for item in answer["changes"]] == [
        ("verdict", str(clip.pk))
    ]
    verdict = sent(sitting.phone.get(f"/v1/clips/{clip.pk}"))["verdict"]
    assert answer["changes"][0]["verdict"] == verdict
    assert answer["changes"][0]["state"] == "passed"


@pytest.mark.django_db
def test_a_rejected_prompt_is_to_be_done_again_until_the_speaker_has(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    judge(clip_id, State.REJECTED)
    prompt = Prompt.objects.order_by("position")[0]
    redo = {
        "kind": "redo",
        "clip": str(clip_id),
        "speaker": str(sitting.speaker),
        "prompt": str(prompt.pk),
        "reasons": VERDICT["reasons"],
    }
    assert redo in poll(sitting.phone)["changes"]
    announce_clip(sitting, SOUND, seq=2, take=2)
    assert [item["kind"] for item in poll(sitting.phone)["changes"]] == ["verdict"]


@pytest.mark.django_db
def test_nobody_is_asked_for_a_prompt_that_is_no_longer_asked(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    judge(clip_id, State.REJECTED)
    Prompt.objects.update(active=False)
    assert [item["kind"] for item in poll(sitting.phone)["changes"]] == ["verdict"]


@pytest.mark.django_db
def test_withdrawals_by_clip_and_by_speaker_are_told(sitting: Sitting, manager: Person) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    sent(manager.post(f"/v1/clips/{clip_id}/withdraw", {}), 202)
    answer = poll(sitting.phone)
    assert answer["changes"] == [{"kind": "withdrawal", "clip": str(clip_id)}]
    for _ in range(2):
        sent(manager.post(f"/v1/speakers/{sitting.speaker}/withdraw", {}), 202)
    later = poll(sitting.phone, answer["cursor"])["changes"]
    assert {"kind": "withdrawal", "speaker": str(sitting.speaker)} in later


@pytest.mark.django_db
def test_a_clip_that_changed_twice_is_told_as_it_stands(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    judge(clip_id, State.REJECTED)
    judge(clip_id, State.PASSED)
    items = poll(sitting.phone)["changes"]
    assert [(item["kind"], item["state"]) for item in items] == [("verdict", "passed")]


@pytest.mark.django_db
def test_the_feed_is_the_collectors_own(sitting: Sitting, other_phone: Phone) -> None:
    judge(announce_clip(sitting, SOUND)[0], State.REVIEW)
    assert poll(other_phone)["changes"] == []


@pytest.mark.django_db
def test_a_person_has_no_feed_and_a_forged_cursor_is_refused(phone: Phone, manager: Person) -> None:
    assert manager.get("/v1/changes").status_code == 403
    for cursor in ("x", "1.2", "1.2.3.4", "-1.0.0", "1.2.x", "9" * 25 + ".0.0", "9" * 19 + ".0.0"):
        assert phone.get(f"/v1/changes?cursor={cursor}").status_code == 400


@pytest.mark.django_db
def test_many_changes_come_by_pages_without_a_gap(sitting: Sitting) -> None:
    ids = [announce_clip(sitting, SOUND, seq=n, take=n)[0] for n in range(PAGE + 7)]
    for clip_id in ids:
        judge(clip_id, State.REVIEW)
    first = poll(sitting.phone)
    assert len(first["changes"]) == PAGE
    items, cursor = all_pages(sitting.phone)
    assert {item["clip"] for item in items} == {str(clip_id) for clip_id in ids}
    assert poll(sitting.phone, cursor)["changes"] == []


@pytest.mark.django_db
def test_a_poll_without_news_asks_the_database_twice(sitting: Sitting) -> None:
    judge(announce_clip(sitting, SOUND)[0], State.REVIEW)
    _, cursor = all_pages(sitting.phone)
    with CaptureQueriesContext(connection) as asked:
        assert poll(sitting.phone, cursor)["changes"] == []
    # Whose phone it is, and the feed.
    assert len(asked) == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_not_left_out(phone: Phone) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("commits pass each other only on PostgreSQL")
    slow, _ = announce_clip(sit_down(phone), SOUND)
    quick, _ = announce_clip(sit_down(phone, gender="male"), SOUND)
    written, end = threading.Event(), threading.Event()

    def judge_slowly() -> None:
        try:
            with transaction.atomic():
                judge(slow, State.REVIEW)
                written.set()
                assert end.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        judged = pool.submit(judge_slowly)
        assert written.wait(30)
        judge(quick, State.REVIEW)
        first = poll(phone)
        assert [item["clip"] for item in first["changes"]] == [str(quick)]
        again = poll(phone, first["cursor"])
        assert [item["clip"] for item in again["changes"]] == [str(quick)]
        end.set()
        judged.result()
    answer = poll(phone, again["cursor"])
    assert str(slow) in {item["clip"] for item in answer["changes"]}
    assert poll(phone, answer["cursor"])["changes"] == []


@pytest.mark.django_db(transaction=True)
def test_a_phone_that_polls_while_eight_judge_learns_of_every_clip(phone: Phone) -> None:
    sitting = sit_down(phone)
    ids = [announce_clip(sitting, SOUND, seq=n, take=n)[0] for n in range(64)]

    def judge_some(worker: int) -> None:
        try:
            for clip_id in ids[worker::8]:
                judge(clip_id, State.REVIEW)
        finally:
            connections.close_all()

    seen: set[str] = set()
    cursor = ""
    with ThreadPoolExecutor(8) as pool:
        judging = [pool.submit(judge_some, worker) for worker in range(8)]
        last = False
        while True:
            # Once more after the last has ended.
            ended = all(one.done() for one in judging)
            answer = poll(phone, cursor)
            seen |= {item["clip"] for item in answer["changes"]}
            cursor = answer["cursor"]
            if last:
                break
            last = ended
        for one in judging:
            one.result()
    assert seen == {str(clip_id) for clip_id in ids}


@given(st.data())
def test_whatever_order_transactions_end_in_no_change_is_passed_by(data: st.DataObject) -> None:
    """A model of a database: writers draw ids, end in any order; the reader must see each id."""
    running: dict[int, list[int]] = {}
    visible: set[int] = set()
    seen: set[int] = set()
    next_id, next_xid, cursor = 1, 1, Cursor()
    steps = data.draw(st.lists(st.sampled_from(["begin", "draw", "end", "read"]), max_size=60))
    for step in steps:
        if step == "begin":
            running[next_xid] = []
            next_xid += 1
        elif step == "draw" and running:
            running[data.draw(st.sampled_from(sorted(running)))].append(next_id)
            next_id += 1
        elif step == "end" and running:
            xid = data.draw(st.sampled_from(sorted(running)))
            visible |= set(running.pop(xid))
        elif step == "read":
            cursor = _read(cursor, visible, seen, running, next_xid)
    for xid in list(running):
        visible |= set(running.pop(xid))
    for _ in range(2 * len(visible) + 3):
        cursor = _read(cursor, visible, seen, running, next_xid)
    assert seen == visible


def _read(
    cursor: Cursor, visible: set[int], seen: set[int], running: dict[int, list[int]], next_xid: int
) -> Cursor:
    page_of = 3
    rows = sorted(number for number in visible if number > cursor.floor)
    page = rows[:page_of]
    seen |= set(page)
    if not page:
        return cursor
    oldest = min([*running, next_xid])
    following, _ = advance(
        cursor, Seen(page[-1], len(rows) > page_of, max(visible), oldest, next_xid)
    )
    return following
