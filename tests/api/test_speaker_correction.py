"""A speaker is corrected: their clips and counters move to the cell they are in then."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as uuid
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.clips import receipts
from backend.clips.correction import correct_speaker
from backend.clips.models import Clip, ClipEvent
from backend.jobs.models import AuditEvent, Job
from backend.quality.services import record_quality_check
from backend.speakers.models import Speaker
from tests.cast import Person, Phone
from tests.factories import (
    Sitting,
    announce_clip,
    put_bytes,
    sent,
    sit_down,
    speaker_body,
    upload_clip,
)
from tests.jobs.test_counters import counted, recount
from tests.sounds import speech_like, wav
from tests.walk import accepted_clip, move_anywhere
from workers.jobs import check_quality as check_quality_job
from workers.registry import JobRun, TryLater

SOUND = wav(speech_like(1.0))
WOMEN, MEN = "gender=female|age_band=30-39", "gender=male|age_band=30-39"


def correct(sitting: Sitting, **demographics: Any) -> Any:
    body = {"demographics": demographics}
    return sitting.phone.patch(f"/v1/speakers/{sitting.speaker}", body)


@pytest.mark.django_db
def test_a_correction_moves_every_clip_with_its_counters(sitting: Sitting) -> None:
    accepted = accepted_clip(sitting)
    pending = upload_clip(sitting, SOUND, seq=2)
    expected, upload = announce_clip(sitting, SOUND, seq=3)
    gone = upload_clip(sitting, SOUND, seq=4)
    sent(sitting.phone.post(f"/v1/clips/{gone.pk}/withdraw", {}), 202)
    speaker = Speaker.objects.get()
    answer = sent(correct(sitting, gender="male"), 200)
    assert answer == {"id": str(speaker.pk), "code": speaker.code}
    assert counted() == recount()
    assert set(counted()) == {MEN}
    assert counted()[MEN]["accepted_speakers"] == 1
    cells = dict(Clip.objects.values_list("pk", "cell"))
    assert cells == {accepted.pk: MEN, pending.pk: MEN, expected: MEN, gone.pk: WOMEN}
    assert put_bytes(upload, SOUND).status_code == 200
    sent(sitting.phone.post(f"/v1/clips/{expected}/uploaded"), 200)
    assert counted()[MEN]["pending_clips"] == 2
    speaker.refresh_from_db()
    assert speaker.demographics == {"gender": "male", "birth_year": 1994}


@pytest.mark.django_db
def test_each_clip_has_an_event_and_the_act_names_no_answer(sitting: Sitting) -> None:
    clip = upload_clip(sitting, SOUND)
    correct(sitting, gender="male")
    event = ClipEvent.objects.filter(clip=clip).latest("seq")
    assert (event.seq, event.from_state, event.to_state) == (3, "uploaded", "uploaded")
    assert event.reason == "corrected"
    act = AuditEvent.objects.get(act="speaker.correct")
    assert act.detail == {"fields": ["gender"], "clips": 1}
    # Nothing starts again for it.
    assert Job.objects.filter(kind="check_quality").count() == 1


@pytest.mark.django_db
def test_the_same_correction_again_changes_nothing(sitting: Sitting) -> None:
    announce_clip(sitting, SOUND)
    for _ in range(3):
        sent(correct(sitting, gender="male"), 200)
    assert AuditEvent.objects.filter(act="speaker.correct").count() == 1
    assert ClipEvent.objects.count() == 2


@pytest.mark.django_db
def test_a_correction_within_the_cell_leaves_the_clips_alone(sitting: Sitting) -> None:
    announce_clip(sitting, SOUND)
    sent(correct(sitting, birth_year=1995, accent="valley"), 200)
    assert Speaker.objects.get().demographics["accent"] == "valley"
    assert ClipEvent.objects.count() == 1


@pytest.mark.django_db
def test_the_first_registration_repeated_takes_nothing_back(sitting: Sitting) -> None:
    sent(correct(sitting, gender="male"), 200)
    path = f"/v1/speakers/{sitting.speaker}"
    assert sitting.phone.put(path, speaker_body(sitting.phone)).status_code == 200
    assert Speaker.objects.get().demographics["gender"] == "male"
    other = sitting.phone.put(path, speaker_body(sitting.phone, gender="other"))
    assert other.status_code == 409


@pytest.mark.django_db
def test_who_may_not_be_corrected(sitting: Sitting, other_phone: Phone, manager: Person) -> None:
    path = f"/v1/speakers/{sitting.speaker}"
    body = {"demographics": {"gender": "male"}}
    assert other_phone.patch(path, body).status_code == 404
    assert manager.patch(path, body).status_code == 403
    assert sitting.phone.patch(f"/v1/speakers/{uuid.uuid7()}", body).status_code == 404
    assert correct(sitting, gender="green").status_code == 400
    assert correct(sitting, shoe_size=43).status_code == 400
    sent(sitting.phone.post(f"{path}/withdraw", {}), 202)
    assert correct(sitting, gender="male").status_code == 409


@pytest.mark.django_db
def test_a_check_that_ran_meanwhile_is_made_again(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = upload_clip(sitting)
    run = JobRun(Job.objects.get(kind="check_quality", subject=str(clip.pk)))

    def corrected_first(**values: Any) -> Any:
        correct(sitting, gender="male")
        return record_quality_check(**values)

    with monkeypatch.context() as patched:
        patched.setattr(check_quality_job, "record_quality_check", corrected_first)
        with pytest.raises(TryLater):
            check_quality_job.check_quality(run)
    check_quality_job.check_quality(run)
    clip.refresh_from_db()
    assert (clip.state, clip.cell) == ("passed", MEN)
    assert counted() == recount()


@pytest.mark.django_db
def test_a_confirmation_that_read_the_clip_before_finds_its_new_cell(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    put_bytes(upload, SOUND)
    seen = Clip.objects.select_related("speaker").get(pk=clip_id)
    correct(sitting, gender="male")
    confirmed = receipts.confirm_upload(clip=seen, actor="t", now=timezone.now())
    assert (confirmed.clip.state, confirmed.clip.cell) == ("uploaded", MEN)
    assert counted() == recount()


@pytest.mark.django_db
def test_a_clip_announced_with_the_cell_of_before_counts_in_the_new_one(sitting: Sitting) -> None:
    clip_id, upload = announce_clip(sitting, SOUND)
    correct(sitting, gender="male")
    # As an announcement leaves it that had read the session just before.
    Clip.objects.filter(pk=clip_id).update(cell=WOMEN)
    put_bytes(upload, SOUND)
    with CaptureQueriesContext(connection) as asked:
        sent(sitting.phone.post(f"/v1/clips/{clip_id}/uploaded"), 200)
    assert Clip.objects.get().cell == MEN
    assert counted() == recount()
    other, upload = announce_clip(sitting, SOUND, seq=2)
    put_bytes(upload, SOUND)
    with CaptureQueriesContext(connection) as usual:
        sent(sitting.phone.post(f"/v1/clips/{other}/uploaded"), 200)
    assert len(asked) == len(usual)


@pytest.mark.django_db(transaction=True)
def test_corrections_while_clips_move_and_come_leave_counters_that_equal_a_recount(
    phone: Phone,
) -> None:
    sittings = [sit_down(phone, gender=gender) for gender in ("female", "female", "male")]
    clips = [announce_clip(sitting, SOUND, seq=n)[0] for sitting in sittings for n in range(4)]

    def write(seed: int) -> None:
        random = Random(seed)
        try:
            for _ in range(30):
                move_anywhere(random.choice(clips), random, actor=f"writer:{seed}")
        finally:
            connections.close_all()

    def change(seed: int) -> None:
        random = Random(seed)
        try:
            for _ in range(12):
                correct_speaker(
                    speaker_id=UUID(str(random.choice(sittings).speaker)),
                    device=phone.device,
                    corrections={
                        "gender": random.choice(["female", "male", "declined"]),
                        "birth_year": random.choice([1994, 2003]),
                    },
                    actor=f"corrector:{seed}",
                    now=timezone.now(),
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(write, seed) for seed in range(5)]
        work += [pool.submit(change, seed) for seed in range(3)]
        for one in work:
            one.result()
    assert counted() == recount()
    for clip in Clip.objects.select_related("speaker"):
        assert clip.cell == clip.speaker.cell
        events = list(clip.events.order_by("seq"))
        assert [event.seq for event in events] == list(range(1, clip.event_seq + 1))
        assert [event.from_state for event in events[1:]] == [e.to_state for e in events[:-1]]
