"""How the cells stood each day: written by a job by the clock, read as a forecast's history."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from backend.campaigns.models import Campaign, CampaignState
from backend.coverage.days import HISTORY_DAYS, note_cell_days, read_history
from backend.coverage.models import Cell, CellDay
from backend.jobs.models import Job
from tests.cast import make_campaign
from tests.walk import run_job
from workers import schedule

pytestmark = pytest.mark.django_db
WOMEN = "gender=female|age_band=30-39"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def stand(campaign: Campaign, clips: int, speakers: int, day: int) -> None:
    """Let the women's cell stand so on a day, and write it down."""
    Cell.objects.filter(campaign=campaign, key=WOMEN).update(
        accepted_clips=clips, accepted_ms=clips * 4000, accepted_speakers=speakers
    )
    note_cell_days(campaign_id=campaign.pk, now=NOON + timedelta(days=day))


def test_the_last_of_a_day_is_what_stands(campaign: Campaign) -> None:
    stand(campaign, 3, 1, day=0)
    stand(campaign, 7, 2, day=0)
    row = CellDay.objects.get(cell__key=WOMEN)
    assert (row.accepted_clips, row.accepted_ms, row.accepted_speakers) == (7, 28_000, 2)
    assert CellDay.objects.count() == Cell.objects.filter(campaign=campaign).count()


def test_a_history_is_of_whole_days_in_the_campaigns_unit(campaign: Campaign) -> None:
    for day, (clips, speakers) in enumerate([(0, 0), (4, 1), (10, 2)]):
        stand(campaign, clips, speakers, day=day)
    today = date(2026, 5, 6)
    found = read_history(campaign=campaign, keys=["else", WOMEN], unit="seconds", today=today)
    # What is not over yet is no day.
    assert list(found.days) == [date(2026, 5, 4), date(2026, 5, 5)]
    assert found.amounts[1].tolist() == [0, 16]
    assert found.speakers[1].tolist() == [0, 1]
    # Of a cell that was not there nothing is known, and that is not nothing.
    assert np.isnan(found.amounts[0]).all()
    assert found.clips.tolist() == [0, 4]
    counted = read_history(campaign=campaign, keys=[WOMEN], unit="clips", today=today)
    assert counted.amounts.tolist() == [[0, 4]]
    people = read_history(campaign=campaign, keys=[WOMEN], unit="speakers", today=today)
    assert people.amounts.tolist() == [[0, 1]]


def test_what_was_long_ago_is_left_out(campaign: Campaign) -> None:
    stand(campaign, 4, 1, day=0)
    today = NOON.date() + timedelta(days=HISTORY_DAYS + 1)
    found = read_history(campaign=campaign, keys=[WOMEN], unit="clips", today=today)
    assert list(found.days) == []


def test_by_the_clock_open_campaigns_are_written_down_once_a_turn(campaign: Campaign) -> None:
    closed = make_campaign("autumn")
    Campaign.objects.filter(pk=closed.pk).update(state=CampaignState.CLOSED)
    schedule.note_cell_days()
    schedule.note_cell_days()
    job = Job.objects.get(kind="note_cell_days")
    assert job.subject == str(campaign.pk)
    assert run_job("note_cell_days", job.subject).state == "done"
    assert set(CellDay.objects.values_list("cell__campaign__slug", flat=True)) == {"spring"}
    assert set(CellDay.objects.values_list("day", flat=True)) == {timezone.now().date()}
