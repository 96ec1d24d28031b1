"""The jobs about parts, on the real bucket: joined, checked, and dropped when nobody needs them."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip
from backend.jobs.models import Job, JobState
from backend.jobs.services import enqueue_job
from tests.factories import (
    Sitting,
    announce_clip,
    clip_body,
    cut,
    part_facts,
    put_bytes,
    put_parts,
    sent,
    upload_clip,
)
from tests.sounds import speech_like, wav
from tests.walk import run_job
from workers.jobs.join_parts import join_parts
from workers.registry import JobRun

pytestmark = pytest.mark.django_db(transaction=True)
SOUND = wav(speech_like(3.0))
NOW = timezone.now


def announce_parts(sitting: Sitting, sound: bytes, pieces: list[bytes], **changes: Any) -> Any:
    return announce_clip(sitting, sound, parts=part_facts(pieces), **changes)


def sent_in_parts(sitting: Sitting, sound: bytes = SOUND, **changes: Any) -> Clip:
    """Announce a clip in parts, put them all and confirm; the job to join them is there."""
    clip_id, upload = announce_parts(sitting, sound, cut(SOUND), **changes)
    put_parts(upload, cut(SOUND))
    sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"), 202)
    return Clip.objects.get(pk=clip_id)


def parts_of(clip: Clip) -> list[str]:
    return list(storage.list_keys(storage.clip_parts(clip.pk)))


def problem(answer: Any) -> str:
    slug: str = answer.json()["type"].rpartition(":")[2]
    return slug


def test_the_parts_are_joined_into_the_very_bytes_and_then_dropped(sitting: Sitting) -> None:
    clip = sent_in_parts(sitting)
    assert run_job("join_parts", clip.pk).state == JobState.DONE
    receipt = sent(sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded"), 200)["receipt"]
    assert receipt["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert storage.read(storage.clip_key(clip.pk), max_bytes=len(SOUND)) == SOUND
    assert parts_of(clip) == []


def test_joining_twice_takes_the_clip_in_once(sitting: Sitting) -> None:
    clip = sent_in_parts(sitting)
    job = Job.objects.get(kind="join_parts", subject=str(clip.pk))
    join_parts(JobRun(job))
    # As if the first had died between the receipt and the deletion.
    leave_part(clip)
    join_parts(JobRun(job))
    assert parts_of(clip) == []
    assert ClipEvent.objects.filter(clip=clip, to_state=State.UPLOADED).count() == 1


def test_a_part_that_is_gone_is_asked_for_again(sitting: Sitting) -> None:
    clip = sent_in_parts(sitting)
    storage.delete([storage.part_key(storage.clip_parts(clip.pk), 2)])
    assert run_job("join_parts", clip.pk).state == JobState.FAILED
    refused = sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded")
    assert (problem(refused), refused.json()["missing_parts"]) == ("bytes-missing", [2])
    upload = sent(sitting.phone.put(f"/v1/clips/{clip.pk}", clip_body(sitting, SOUND)))["upload"]
    assert put_bytes(upload["parts"][1], cut(SOUND)[1]).status_code == 200
    sent(sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded"), 202)
    assert run_job("join_parts", clip.pk).state == JobState.DONE


def test_parts_that_are_not_the_announced_bytes_are_told_and_can_be_mended(
    sitting: Sitting,
) -> None:
    other = bytes([SOUND[0] ^ 1]) + SOUND[1:]
    clip = sent_in_parts(sitting, other)
    assert run_job("join_parts", clip.pk).state == JobState.FAILED
    assert parts_of(clip) == []
    refused = sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded")
    assert (refused.status_code, problem(refused)) == (409, "bytes-differ")
    assert Clip.objects.get(pk=clip.pk).state == State.EXPECTED
    # Announced again with the parts that it has, it comes home.
    _, upload = announce_parts(sitting, other, cut(other), id=clip.pk)
    put_parts(upload, cut(other))
    sent(sitting.phone.post(f"/v1/clips/{clip.pk}/uploaded"), 202)
    assert run_job("join_parts", clip.pk).state == JobState.DONE


def test_a_clip_that_is_withdrawn_while_it_is_joined_leaves_nothing(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = sent_in_parts(sitting)
    write = storage.write

    def write_late(**what: Any) -> bool:
        withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=NOW())
        run_job("erase_audio", clip.pk)
        return write(**what)

    monkeypatch.setattr(storage, "write", write_late)
    run_job("join_parts", clip.pk)
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.clip_key(clip.pk))
    assert parts_of(clip) == []


def test_a_join_that_died_before_a_withdrawal_leaves_nothing_when_it_is_tried_again(
    sitting: Sitting,
) -> None:
    clip = sent_in_parts(sitting)
    withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=NOW())
    run_job("erase_audio", clip.pk)
    # As the dead attempt wrote it, after the erasure had looked.
    storage.write(key=storage.clip_key(clip.pk), body=SOUND, content_type="audio/wav")
    assert run_job("join_parts", clip.pk).state == JobState.DONE
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.clip_key(clip.pk))


def sweep() -> None:
    key = f"sweep_parts:{uuid.uuid7()}"
    enqueue_job(kind="sweep_parts", key=key, subject="parts", now=NOW())
    assert run_job("sweep_parts", "parts").state == JobState.DONE


def leave_part(clip: Clip) -> None:
    key = storage.part_key(storage.clip_parts(clip.pk), 1)
    storage.write(key=key, body=b"left", content_type="x/y")


def test_parts_are_swept_once_their_clip_is_home_or_given_up(sitting: Sitting) -> None:
    whole = upload_clip(sitting, SOUND)
    awaited = sent_in_parts(sitting)
    given_up, coming_late = (Clip.objects.get(pk=announce_clip(sitting, SOUND)[0]) for _ in "ab")
    for clip in (whole, given_up, coming_late):
        leave_part(clip)
    # A file that is imported is in transit under the same roof; it has a job of its own.
    in_transit = f"parts/imports/{uuid.uuid7()}/1.zip"
    for key in ("parts/not-an-id/00001", in_transit):
        storage.write(key=key, body=b"left", content_type="x/y")
    Clip.objects.filter(pk__in=[given_up.pk, coming_late.pk]).update(state=State.EXPIRED)
    Clip.objects.filter(pk=given_up.pk).update(upload_until=NOW() - timedelta(days=2))
    sweep()
    assert parts_of(whole) == []
    assert parts_of(given_up) == []
    assert len(parts_of(coming_late)) == 1
    assert len(parts_of(awaited)) == len(cut(SOUND))
    assert list(storage.list_keys("parts/not-an-id/")) == []
    assert storage.head(in_transit).bytes == len(b"left")
