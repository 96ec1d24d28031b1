"""Counters are counted anew beside those that stand; wrong ones are told and put right."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as uuid
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.recount import prove_counters
from backend.clips.state import MOVES, State
from backend.coverage.models import Cell, CellSpeaker, CounterProof, Hold
from backend.coverage.rebuild import Rebuilt
from backend.coverage.shadow import find_gaps
from backend.jobs.models import AuditEvent, Job, JobState
from tests.cast import Phone
from tests.factories import Sitting, announce_clip, sit_down
from tests.jobs.test_counters import counted, recount
from tests.judged import at_once
from tests.promises import WOMEN, eligible, held, promised
from tests.sounds import speech_like, wav
from tests.walk import accepted_clip
from workers import schedule
from workers.jobs import rebuild_counters as rebuild_job
from workers.registry import GiveUp, JobRun

SOUND = wav(speech_like(1.0))


def prove(campaign: Campaign, *, mend: bool = True) -> Rebuilt:
    return prove_counters(campaign_id=campaign.pk, actor="t", now=timezone.now(), mend=mend)


def move_about(clip_ids: list[UUID], seed: int, times: int) -> Callable[[], None]:
    """Return an act that moves clips to wherever they can go."""

    def act() -> None:
        random = Random(seed)
        for _ in range(times):
            clip_id = random.choice(clip_ids)
            state = State(Clip.objects.values_list("state", flat=True).get(pk=clip_id))
            to = random.choice(sorted(MOVES[state]) or [state])
            try:
                lifecycle.move(
                    clip_id=clip_id,
                    to=to,
                    actor="t",
                    at=timezone.now(),
                    reason="t",
                    values={"counted_ms": random.randrange(1000, 9000)},
                )
            except lifecycle.MoveRefused:
                continue

    return act


def collected(phone: Phone, *, clips: int = 4) -> list[UUID]:
    """Let four speakers of three cells record, and some of it be judged."""
    people = [("female", 1990), ("female", 1991), ("male", 1990), ("male", 2003)]
    sittings = [sit_down(phone, gender=gender, birth_year=year) for gender, year in people]
    made = [announce_clip(one, SOUND, seq=n)[0] for one in sittings for n in range(clips)]
    move_about(made, seed=1, times=8 * clips)()
    return made


def spoil(campaign: Campaign, random: Random) -> None:
    """Make counters wrong in every way: too much, too little, a row gone, a row too many."""
    cells = list(Cell.objects.filter(campaign=campaign).order_by("pk"))
    shares = CellSpeaker.objects.filter(cell__campaign=campaign)
    for row in random.sample(list(shares), 2):
        shares.filter(pk=row.pk).update(
            accepted_clips=F("accepted_clips") + random.choice((-2, -1, 1, 2)),
            pending_ms=F("pending_ms") + 77,
        )
    CellSpeaker.objects.filter(pk=random.choice(list(shares)).pk).delete()
    CellSpeaker.objects.create(cell=cells[0], speaker_id=uuid.uuid7(), accepted_clips=3)
    Cell.objects.filter(pk=random.choice(cells).pk).update(
        rejected_clips=F("rejected_clips") + 5,
        accepted_speakers=F("accepted_speakers") - 1,
        waiting_speakers=F("waiting_speakers") + 1,
        held_clips=F("held_clips") + 4,
        held_ms=F("held_ms") - 20_000,
    )
    Cell.objects.create(campaign=campaign, key="nobody=ever", accepted_ms=9)


def assert_exact(campaign: Campaign) -> None:
    assert counted() == recount()
    assert held() == promised()
    for cell in Cell.objects.filter(campaign=campaign):
        shares = CellSpeaker.objects.filter(cell=cell)
        assert cell.accepted_speakers == shares.filter(accepted_clips__gt=0).count()
        assert (
            cell.waiting_speakers
            == shares.filter(pending_clips__gt=0, accepted_clips__lte=0).count()
        )


@pytest.mark.django_db
def test_right_counters_are_found_right(phone: Phone) -> None:
    collected(phone)
    eligible(phone)
    eligible(phone, demographics={"gender": "male", "birth_year": 2004})
    assert prove(phone.campaign).right
    proof = CounterProof.objects.get()
    assert (proof.wrong_cells, proof.wrong_speakers, proof.differences) == (0, 0, [])
    assert not AuditEvent.objects.filter(act="counters.rebuild").exists()


@pytest.mark.django_db
def test_a_campaign_without_clips_is_right(campaign: Campaign) -> None:
    assert prove(campaign).right


@pytest.mark.django_db
def test_a_used_and_a_released_promise_is_counted_as_its_hold_says(phone: Phone) -> None:
    eligible(phone)
    hold = Hold.objects.get()
    Hold.objects.filter(pk=hold.pk).update(used_clips=3, used_ms=hold.ms + 1)
    found = prove(phone.campaign)
    assert [gap.as_dict() for gap in found.cells] == [
        {"cell": WOMEN, "off": {"held_clips": -3, "held_ms": -hold.ms}}
    ]
    Hold.objects.filter(pk=hold.pk).update(released_at=timezone.now())
    assert prove(phone.campaign).cells[0].off == {"held_clips": 3 - hold.clips}
    assert held() == promised() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_wrong_is_put_right(phone: Phone, seed: int) -> None:
    collected(phone)
    eligible(phone)
    spoil(phone.campaign, Random(seed))
    found = prove(phone.campaign)
    assert found.cells
    assert found.speakers
    assert_exact(phone.campaign)
    assert prove(phone.campaign).right
    act = AuditEvent.objects.get(act="counters.rebuild")
    assert act.detail == {"cells": len(found.cells), "speakers": len(found.speakers)}


@pytest.mark.django_db
def test_a_lost_table_of_counters_is_made_again(phone: Phone) -> None:
    collected(phone)
    before = counted()
    Cell.objects.filter(campaign=phone.campaign).delete()
    assert not prove(phone.campaign).right
    assert counted() == before
    assert_exact(phone.campaign)


@pytest.mark.django_db
def test_another_campaigns_counters_are_left_alone(phone: Phone) -> None:
    collected(phone)
    other = Campaign.objects.create(slug="o", name="o", language="en", created_at=timezone.now())
    Cell.objects.create(campaign=other, key="a=b", accepted_clips=1)
    assert prove(phone.campaign).right
    assert Cell.objects.get(key="a=b").accepted_clips == 1


@pytest.mark.django_db
def test_a_comparison_alone_changes_nothing_and_tells_all(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    collected(phone)
    spoil(phone.campaign, Random(3))
    wrong = counted()
    with caplog.at_level(logging.ERROR):
        found = prove(phone.campaign, mend=False)
    assert counted() == wrong
    assert not found.right
    alarms = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert alarms == ["coverage.counters_wrong"]
    proof = CounterProof.objects.get()
    assert (proof.wrong_cells, proof.wrong_speakers) == (len(found.cells), len(found.speakers))
    lines = Client().get("/metrics").content.decode().splitlines()
    assert (
        f'fieldvoice_counters_wrong{{campaign="spring",rows="cells"}} {len(found.cells)}.0' in lines
    )


@pytest.mark.django_db(transaction=True)
def test_counters_are_put_right_while_eight_write(phone: Phone) -> None:
    clips = collected(phone, clips=8)
    random = Random(5)

    def repair() -> None:
        for _ in range(4):
            with transaction.atomic():
                spoil_one(phone.campaign, random)
            prove(phone.campaign)

    at_once(repair, prove_again(phone.campaign), *(move_about(clips, n, 30) for n in range(6)))
    prove(phone.campaign)
    assert_exact(phone.campaign)


def spoil_one(campaign: Campaign, random: Random) -> None:
    """Make one speaker's row and one cell wrong, as a fault of ours would: by adding."""
    row = random.choice(list(CellSpeaker.objects.filter(cell__campaign=campaign).order_by("pk")))
    CellSpeaker.objects.filter(pk=row.pk).update(accepted_clips=F("accepted_clips") + 1)
    Cell.objects.filter(pk=row.cell_id).update(pending_ms=F("pending_ms") - 5)


def prove_again(campaign: Campaign) -> Callable[[], None]:
    def act() -> None:
        for _ in range(4):
            prove(campaign)

    return act


@pytest.mark.django_db(transaction=True)
def test_two_rebuilds_at_once_add_what_lacks_once(phone: Phone) -> None:
    collected(phone)
    spoil(phone.campaign, Random(2))
    at_once(*[lambda: prove(phone.campaign)] * 4)
    assert_exact(phone.campaign)


@pytest.mark.django_db(transaction=True)
def test_what_moves_between_comparison_and_swap_stays_counted(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = accepted_clip(sitting)
    campaign = sitting.phone.campaign
    # As if its acceptance had never been counted for its speaker.
    CellSpeaker.objects.update(accepted_clips=0, accepted_ms=0)
    Cell.objects.update(accepted_speakers=0)

    def meanwhile(**given: Any) -> Any:
        gaps = find_gaps(**given)
        for to in (State.DISPUTED, State.ACCEPTED):
            lifecycle.move(clip_id=clip.pk, to=to, actor="t", at=timezone.now(), reason="t")
        return gaps

    monkeypatch.setattr("backend.coverage.rebuild.find_gaps", meanwhile)
    prove(campaign)
    assert_exact(campaign)


@pytest.mark.django_db
def test_the_job_puts_right_and_fails_visibly(phone: Phone) -> None:
    collected(phone)
    schedule.rebuild_counters()
    schedule.rebuild_counters()
    job = Job.objects.get(kind="rebuild_counters")
    assert job.subject == str(phone.campaign.pk)
    rebuild_job.rebuild_counters(JobRun(job))
    spoil(phone.campaign, Random(1))
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    with pytest.raises(GiveUp, match="have been put right"):
        rebuild_job.rebuild_counters(JobRun(job))
    assert_exact(phone.campaign)
    job.refresh_from_db()
    assert job.progress["result"]["cells"] > 0
    rebuild_job.rebuild_counters(JobRun(job))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "nights"), [((1, 1.9), 1), ((1.9, 2.1), 2), ((2.1, 23.5, 25.9), 1)]
)
def test_every_campaign_is_proved_once_a_night(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, hours: tuple[float, ...], nights: int
) -> None:
    midnight = datetime(2026, 5, 4, tzinfo=UTC)
    for hour in hours:
        monkeypatch.setattr(timezone, "now", lambda at=hour: midnight + timedelta(hours=at))
        schedule.rebuild_counters()
    assert Job.objects.filter(kind="rebuild_counters").count() == nights


@pytest.mark.django_db
def test_the_command_tells_what_was_wrong_and_ends_with_a_fault(phone: Phone) -> None:
    collected(phone)
    out = StringIO()
    call_command("rebuild_counters", stdout=out)
    assert json.loads(out.getvalue())["right"] is True
    spoil(phone.campaign, Random(1))
    for options in (["--compare"], []):
        out = StringIO()
        with pytest.raises(CommandError, match="wrong"):
            call_command("rebuild_counters", "spring", *options, stdout=out)
        assert json.loads(out.getvalue())["cells"]
    call_command("rebuild_counters", "spring", stdout=StringIO())
    with pytest.raises(CommandError, match="no campaign autumn"):
        call_command("rebuild_counters", "autumn", stdout=StringIO())
