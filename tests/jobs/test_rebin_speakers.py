"""A plan changes while people record: old clips move to the new cells, new ones land there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.db import connections
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipEvent
from backend.clips.placing import cells_of_sessions
from backend.clips.rebinning import rebin_batch, speakers_left
from backend.clips.state import State
from backend.coverage.models import Cell, Hold
from backend.coverage.planning import rebin_key, write_plan
from backend.jobs.models import Job
from backend.speakers.models import Speaker
from tests.cast import TARGETS, Phone, make_campaign, make_phone
from tests.factories import (
    DEVICE_FACTS,
    Sitting,
    announce_clip,
    put_bytes,
    sent,
    session_body,
    sit_down,
    upload_clip,
)
from tests.jobs.test_counters import counted, recount
from tests.sounds import speech_like, wav
from tests.walk import accepted_clip, move_anywhere
from workers.jobs.rebin_speakers import rebin_speakers
from workers.registry import JobRun

SOUND = wav(speech_like(1.0))
BY_ACCENT = {
    "unit": "clips",
    "dimensions": ["gender", "accent"],
    "cells": [{"key": {"gender": "female", "accent": "valley"}, "target": 5}],
}
BY_PLACE = {
    "unit": "clips",
    "dimensions": ["gender", "environment", "device_class"],
    "cells": [
        {
            "key": {"gender": "female", "environment": "vehicle", "device_class": "android"},
            "target": 5,
        }
    ],
}
OLD_CELL = "gender=female|age_band=30-39"
NEW_CELL = "gender=female|accent=valley"


def change(campaign: Campaign, document: dict[str, Any]) -> Campaign:
    """Write a plan; returns the campaign as it is then."""
    write_plan(campaign=campaign, document=document, actor="test", now=timezone.now())
    return Campaign.objects.get(pk=campaign.pk)


def run_job(campaign: Campaign) -> Job:
    """Do the job of the campaign's binning; returns its row."""
    job = Job.objects.get(key=rebin_key(campaign))
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1)
    job.refresh_from_db()
    rebin_speakers(JobRun(job))
    job.refresh_from_db()
    return job


def other_session(sitting: Sitting, **changes: Any) -> Sitting:
    """Sit down again with the same speaker."""
    session = uuid.uuid7()
    body = session_body(sitting.phone, sitting.speaker, sitting.consent, **changes)
    sent(sitting.phone.put(f"/v1/sessions/{session}", body), 201)
    return Sitting(sitting.phone, sitting.speaker, sitting.consent, session)


@pytest.mark.django_db
def test_every_clip_of_before_moves_with_its_counters_and_nothing_is_lost(phone: Phone) -> None:
    sitting = sit_down(phone, accent="valley")
    accepted, pending = accepted_clip(sitting), upload_clip(sitting, SOUND, seq=2)
    expected, _ = announce_clip(sitting, SOUND, seq=3)
    gone = upload_clip(sitting, SOUND, seq=4)
    sent(phone.post(f"/v1/clips/{gone.pk}/withdraw", {}), 202)
    campaign = change(phone.campaign, BY_ACCENT)
    assert set(counted()) == {OLD_CELL}
    job = run_job(campaign)
    assert counted() == recount()
    assert set(counted()) == {NEW_CELL}
    assert counted()[NEW_CELL]["accepted_speakers"] == 1
    assert dict(Clip.objects.values_list("pk", "cell")) == {
        accepted.pk: NEW_CELL,
        pending.pk: NEW_CELL,
        expected: NEW_CELL,
        gone.pk: OLD_CELL,
    }
    assert ClipEvent.objects.filter(reason="replanned").count() == 3
    assert job.progress["result"] == {"speakers": 1, "clips": 3}
    assert Speaker.objects.get().cell == NEW_CELL
    assert Cell.objects.get(key=NEW_CELL).target == 5
    assert not Cell.objects.filter(key=OLD_CELL, target__isnull=False).exists()


@pytest.mark.django_db
def test_from_the_change_on_clips_count_in_the_new_cells_before_the_job_has_run(
    phone: Phone,
) -> None:
    sitting = sit_down(phone, accent="valley")
    before, upload = announce_clip(sitting, SOUND)
    campaign = change(phone.campaign, BY_ACCENT)
    put_bytes(upload, SOUND)
    sent(phone.post(f"/v1/clips/{before}/uploaded"), 200)
    after = upload_clip(sitting, SOUND, seq=2)
    many = [announce_clip(sitting, SOUND, seq=n) for n in (3, 4)]
    for _, upload in many:
        put_bytes(upload, SOUND)
    sent(phone.post("/v1/clips/uploaded", {"ids": [str(clip_id) for clip_id, _ in many]}), 200)
    newcomer = upload_clip(sit_down(phone, accent="coast"), SOUND)
    cells = dict(Clip.objects.values_list("pk", "cell"))
    assert {cells[before], cells[after.pk], *(cells[clip_id] for clip_id, _ in many)} == {NEW_CELL}
    assert cells[newcomer.pk] == "gender=female|accent=coast"
    assert counted() == recount()
    run_job(campaign)
    assert dict(Clip.objects.values_list("pk", "cell")) == cells
    assert not ClipEvent.objects.filter(reason="replanned").exists()


@pytest.mark.django_db
def test_a_clip_is_in_the_cell_of_its_own_sitting(phone: Phone) -> None:
    indoors = sit_down(phone)
    old = upload_clip(indoors, SOUND)
    campaign = change(phone.campaign, BY_PLACE)
    car = other_session(indoors, environment="vehicle")
    new = upload_clip(car, SOUND, seq=2)
    desk = other_session(indoors, device=DEVICE_FACTS | {"os": "Windows 10"})
    there = upload_clip(desk, SOUND, seq=3)
    run_job(campaign)
    assert dict(Clip.objects.values_list("pk", "cell")) == {
        old.pk: "gender=female|environment=indoors|device_class=android",
        new.pk: "gender=female|environment=vehicle|device_class=android",
        there.pk: "gender=female|environment=indoors|device_class=desktop",
    }
    assert Speaker.objects.get().cell == "gender=female|environment=unknown|device_class=unknown"
    assert counted() == recount()


@pytest.mark.django_db
def test_a_correction_keeps_each_clip_in_its_sitting(phone: Phone) -> None:
    change(phone.campaign, BY_PLACE)
    indoors = sit_down(phone)
    upload_clip(indoors, SOUND)
    upload_clip(other_session(indoors, environment="vehicle"), SOUND, seq=2)
    body = {"demographics": {"gender": "male"}}
    sent(phone.patch(f"/v1/speakers/{indoors.speaker}", body), 200)
    assert set(counted()) == {
        "gender=male|environment=indoors|device_class=android",
        "gender=male|environment=vehicle|device_class=android",
    }
    assert counted() == recount()


@pytest.mark.django_db
def test_other_age_bands_move_those_whom_they_concern(phone: Phone) -> None:
    thirty, twenty = (sit_down(phone, birth_year=year) for year in (1994, 2003))
    moved, kept = upload_clip(thirty, SOUND), upload_clip(twenty, SOUND)
    bands = [{"name": "18-29"}, {"name": "30-49"}, {"name": "50+"}]
    document = {
        "unit": "clips",
        "bands": {"age_band": bands},
        "cells": [{"key": {"gender": "female", "age_band": "30-49"}, "target": 9}],
    }
    campaign = change(phone.campaign, document)
    run_job(campaign)
    cells = dict(Clip.objects.values_list("pk", "cell"))
    assert cells[moved.pk] == "gender=female|age_band=30-49"
    assert cells[kept.pk] == "gender=female|age_band=18-29"
    assert ClipEvent.objects.filter(reason="replanned").count() == 1
    assert counted() == recount()


@pytest.mark.django_db
def test_other_targets_alone_move_nobody(phone: Phone) -> None:
    sit_down(phone)
    campaign = change(phone.campaign, TARGETS | {"unit": "seconds"})
    assert campaign.binning == 1
    assert not Job.objects.filter(kind="rebin_speakers").exists()


@pytest.mark.django_db
def test_an_attempt_that_died_is_gone_on_with(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.clips.rebinning.BATCH", 2)
    sittings = [sit_down(phone, accent="valley") for _ in range(5)]
    for sitting in sittings:
        upload_clip(sitting, SOUND)
    campaign = change(phone.campaign, BY_ACCENT)
    assert rebin_batch(campaign_id=campaign.pk, actor="test", now=timezone.now()) == (2, 2)
    assert speakers_left(campaign) == 3
    assert counted() == recount()
    assert run_job(campaign).progress["result"] == {"speakers": 3, "clips": 3}
    assert set(counted()) == {NEW_CELL}


@pytest.mark.django_db
def test_a_plan_that_is_written_before_the_job_of_the_one_before_ran_is_followed(
    phone: Phone,
) -> None:
    upload_clip(sit_down(phone, accent="valley"), SOUND)
    first_key = rebin_key(change(phone.campaign, BY_PLACE))
    campaign = change(phone.campaign, BY_ACCENT)
    job = Job.objects.get(key=first_key)
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1)
    job.refresh_from_db()
    rebin_speakers(JobRun(job))
    assert set(counted()) == {NEW_CELL}
    assert run_job(campaign).progress == {}


@pytest.mark.django_db
def test_what_was_promised_of_the_old_cells_is_given_back(phone: Phone) -> None:
    body = {"demographics": {"gender": "female", "birth_year": 1994}}
    answer = sent(phone.post("/v1/campaigns/spring/eligibility", body))
    assert Cell.objects.get(key=OLD_CELL).held_clips > 0
    change(phone.campaign, BY_ACCENT)
    assert Cell.objects.get(key=OLD_CELL).held_clips == 0
    assert Hold.objects.get(pk=answer["hold"]["id"]).released_at is not None
    sitting = other_session(sit_down(phone, accent="valley"), hold=answer["hold"]["id"])
    upload_clip(sitting, SOUND)
    assert Hold.objects.get(pk=answer["hold"]["id"]).overfill_clips == 1
    assert counted() == recount()


@pytest.mark.django_db(transaction=True)
def test_plans_that_change_while_clips_move_and_come_leave_counters_that_equal_a_recount() -> None:
    phone = make_phone(make_campaign())
    sittings = [
        sit_down(phone, gender=gender, accent=accent)
        for gender, accent in (("female", "valley"), ("male", "valley"), ("female", "coast"))
    ]
    clips = [announce_clip(sitting, SOUND, seq=n)[0] for sitting in sittings for n in range(4)]

    def write(seed: int) -> None:
        random = Random(seed)
        try:
            for turn in range(25):
                if not move_anywhere(random.choice(clips), random, actor=f"writer:{seed}"):
                    continue
                if turn % 5 == 0:
                    announce_clip(random.choice(sittings), SOUND, seq=10 + turn)
        finally:
            connections.close_all()

    by_age = TARGETS | {"dimensions": ["gender", "age_band"]}

    def plan(seed: int) -> None:
        random = Random(seed)
        now = timezone.now()
        try:
            for turn in range(6):
                document = random.choice([BY_ACCENT, BY_PLACE, by_age])
                campaign = Campaign.objects.get(pk=phone.campaign.pk)
                change(campaign, document)
                while rebin_batch(
                    campaign_id=campaign.pk, actor="test", now=now + timedelta(seconds=turn)
                ):
                    pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=6) as pool:
        waiting = [pool.submit(write, seed) for seed in range(4)]
        waiting += [pool.submit(plan, seed) for seed in (10, 11)]
        for one in waiting:
            one.result()
    campaign = Campaign.objects.get(pk=phone.campaign.pk)
    while rebin_batch(campaign_id=campaign.pk, actor="test", now=timezone.now()):
        pass
    assert counted() == recount()
    sessions = {sitting.session for sitting in sittings}
    wanted = cells_of_sessions(session_ids=sessions, campaign=campaign)
    counting = Clip.objects.exclude(state=State.EXPECTED)
    assert all(clip.cell == wanted[clip.session_id] for clip in counting)
