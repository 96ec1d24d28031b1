"""A clip from its announcement to its receipt, against the real store."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uuid_utils.compat as uuid
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip, ClipEvent, Transcript
from backend.clips.receipts import look_for_bytes
from backend.jobs.models import Job
from tests.cast import Phone
from tests.factories import (
    Sitting,
    announce_clip,
    clip_body,
    cut,
    part_facts,
    put_bytes,
    sent,
    upload_clip,
)
from tests.sounds import speech_like, wav

pytestmark = pytest.mark.django_db
SOUND = wav(speech_like(2.0))


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_an_announced_clip_is_expected_and_told_where_to_put_its_bytes(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    assert upload["method"] == "PUT"
    assert upload["headers"]["If-None-Match"] == "*"
    clip = Clip.objects.get(pk=clip_id)
    assert clip.state == "expected"
    assert [event.to_state for event in clip.events.all()] == ["expected"]


def test_bytes_put_and_confirmed_give_a_receipt_and_start_the_check(sitting: Sitting) -> None:
    clip = upload_clip(sitting, SOUND)
    body = sent(sitting.phone.get(f"/v1/clips/{clip.pk}"))
    assert body["state"] == "uploaded"
    assert body["receipt"]["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert body["receipt"]["bytes"] == len(SOUND)
    assert Job.objects.filter(kind="check_quality", subject=str(clip.pk)).count() == 1


def test_repeating_every_call_changes_nothing(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    again = sitting.phone.put(f"/v1/clips/{clip_id}", clip_body(sitting, SOUND))
    assert again.status_code == 200
    assert put_bytes(upload, SOUND).status_code == 200
    assert put_bytes(upload, SOUND).status_code == 412
    first = sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"))
    second = sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"))
    assert first == second
    stored = sitting.phone.put(f"/v1/clips/{clip_id}", clip_body(sitting, SOUND))
    assert (stored.status_code, stored.json()["upload"]) == (200, None)
    assert ClipEvent.objects.filter(clip_id=clip_id).count() == 2


def test_the_same_id_with_other_content_is_a_conflict(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    other = sitting.phone.put(f"/v1/clips/{clip_id}", clip_body(sitting, SOUND, take=2))
    assert (other.status_code, problem(other)) == (409, "id-taken")


@pytest.mark.parametrize(
    ("case", "statuses"),
    [
        ("other bytes", {400}),
        ("another length", {400, 403}),
        ("another type", {403}),
        ("no hash", {403}),
        ("no create-once", {403}),
        ("another key", {403}),
    ],
)
def test_the_store_itself_refuses(sitting: Sitting, case: str, statuses: set[int]) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    url, headers, body = upload["url"], dict(upload["headers"]), SOUND
    if case == "other bytes":
        body = SOUND[:-2] + b"\x01\x02"
    elif case == "another length":
        body = SOUND + b"\x00\x00"
    elif case == "another type":
        headers["Content-Type"] = "text/html"
    elif case == "no hash":
        del headers["x-amz-checksum-sha256"]
    elif case == "no create-once":
        del headers["If-None-Match"]
    else:
        url = url.replace(str(clip_id), str(uuid.uuid7()))
    assert httpx.put(url, content=body, headers=headers, timeout=120).status_code in statuses
    refused = sitting.phone.post(f"/v1/clips/{clip_id}/uploaded")
    assert (refused.status_code, problem(refused)) == (409, "bytes-missing")


def test_other_bytes_under_the_key_are_told_apart(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    storage.write(key=storage.clip_key(clip_id), body=b"something else", content_type="audio/wav")
    refused = sitting.phone.post(f"/v1/clips/{clip_id}/uploaded")
    assert (refused.status_code, problem(refused)) == (409, "bytes-differ")


def test_a_clip_whose_confirm_never_came_is_found(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    assert put_bytes(upload, SOUND).status_code == 200
    clip = Clip.objects.select_related("speaker").get(pk=clip_id)
    assert look_for_bytes(clip=clip, actor="job:find_upload", now=timezone.now()) == "uploaded"
    assert "receipt" in sent(sitting.phone.get(f"/v1/clips/{clip_id}"))


def test_a_clip_never_uploaded_expires_and_late_bytes_are_welcome(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    clip = Clip.objects.select_related("speaker").get(pk=clip_id)
    soon, late = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(days=60)
    assert look_for_bytes(clip=clip, actor="job:find_upload", now=soon) == "waiting"
    assert look_for_bytes(clip=clip, actor="job:find_upload", now=late) == "expired"
    answer = sent(sitting.phone.put(f"/v1/clips/{clip_id}", clip_body(sitting, SOUND)), 200)
    assert answer["state"] == "expired"
    assert put_bytes(answer["upload"], SOUND).status_code == 200
    assert sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"))["state"] == "uploaded"


def test_parts_may_be_added_and_are_asked_to_be_joined(sitting: Sitting) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    pieces = cut(SOUND)
    body = clip_body(sitting, SOUND, parts=part_facts(pieces))
    answer = sitting.phone.put(f"/v1/clips/{clip_id}", body)
    assert answer.status_code == 200
    uploads = answer.json()["upload"]["parts"]
    for upload, piece in zip(uploads[:-1], pieces, strict=False):
        assert put_bytes(upload, piece).status_code == 200
    early = sitting.phone.post(f"/v1/clips/{clip_id}/uploaded")
    assert problem(early) == "bytes-missing"
    assert early.json()["missing_parts"] == [len(pieces)]
    assert put_bytes(uploads[-1], pieces[-1]).status_code == 200
    assert sitting.phone.post(f"/v1/clips/{clip_id}/uploaded").status_code == 202
    assert sitting.phone.post(f"/v1/clips/{clip_id}/uploaded").status_code == 202
    assert Job.objects.filter(kind="join_parts", subject=str(clip_id)).count() == 1


def test_parts_that_do_not_add_up_are_refused(sitting: Sitting) -> None:
    parts = [{"n": 1, "sha256": "0" * 64, "bytes": 5}]
    answer = sitting.phone.put(f"/v1/clips/{uuid.uuid7()}", clip_body(sitting, SOUND, parts=parts))
    assert answer.status_code == 400


def test_a_collector_does_not_see_or_confirm_another_collectors_clip(
    sitting: Sitting, other_phone: Phone
) -> None:
    clip = upload_clip(sitting, SOUND)
    assert other_phone.get(f"/v1/clips/{clip.pk}").status_code == 404
    assert other_phone.post(f"/v1/clips/{clip.pk}/uploaded").status_code == 404
    assert other_phone.post(f"/v1/clips/{clip.pk}/withdraw", {}).status_code == 404


def test_a_withdrawn_clip_gives_nothing_out_and_is_erased_by_a_job(sitting: Sitting) -> None:
    clip = upload_clip(sitting, SOUND)
    assert sitting.phone.post(f"/v1/clips/{clip.pk}/withdraw", {}).status_code == 202
    assert sitting.phone.post(f"/v1/clips/{clip.pk}/withdraw", {}).status_code == 202
    assert sent(sitting.phone.get(f"/v1/clips/{clip.pk}")) == {
        "id": str(clip.pk),
        "state": "withdrawn",
    }
    gone = sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded")
    assert (gone.status_code, problem(gone)) == (410, "clip-withdrawn")
    kinds = set(Job.objects.filter(subject=str(clip.pk)).values_list("kind", flat=True))
    assert {"erase_audio", "withdraw_routes"} <= kinds


def test_what_was_said_in_a_withdrawn_clip_is_forgotten_at_once(sitting: Sitting) -> None:
    clip = upload_clip(sitting, SOUND)
    Transcript.objects.create(
        clip=clip, version=1, text="so said", source="test", created_at=timezone.now()
    )
    sent(sitting.phone.post(f"/v1/clips/{clip.pk}/withdraw", {}), 202)
    assert not Transcript.objects.exists()


def test_a_withdrawn_speakers_announced_clip_is_not_taken_in(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    assert put_bytes(upload, SOUND).status_code == 200
    sent(sitting.phone.post(f"/v1/speakers/{sitting.speaker}/withdraw", {}), 202)
    assert sitting.phone.post(f"/v1/clips/{clip_id}/uploaded").status_code == 410
    late = sitting.phone.put(f"/v1/clips/{uuid.uuid7()}", clip_body(sitting, SOUND))
    assert (late.status_code, problem(late)) == (409, "speaker-withdrawn")


def test_an_announcement_and_a_confirmation_keep_to_their_number_of_queries(
    sitting: Sitting,
) -> None:
    # The first of a cell and of a speaker makes their rows.
    upload_clip(sitting, SOUND)
    with CaptureQueriesContext(connection) as announcing:
        clip_id, upload = announce_clip(sitting, SOUND, seq=2)
    assert put_bytes(upload, SOUND).status_code == 200
    with CaptureQueriesContext(connection) as confirming:
        sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"))
    # Savepoints, which a test's own transaction makes of transactions, among them.
    assert len(announcing) <= 8
    assert len(confirming) <= 10


def test_a_withdrawal_may_be_repeated_and_is_not_found_for_what_the_server_never_heard_of(
    sitting: Sitting,
) -> None:
    clip_id, _ = announce_clip(sitting, SOUND)
    for path in (f"/v1/clips/{clip_id}", f"/v1/speakers/{sitting.speaker}"):
        for _ in range(2):
            assert sitting.phone.post(f"{path}/withdraw", {}).status_code == 202
    for kind in ("clips", "speakers"):
        answer = sitting.phone.post(f"/v1/{kind}/{uuid.uuid7()}/withdraw", {})
        assert (answer.status_code, problem(answer)) == (404, "not-found")
