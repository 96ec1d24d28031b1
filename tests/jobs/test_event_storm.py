"""The benchmark's storm, small: processes that write at random and die leave exact counters."""

import pytest
from django.db import connection
from django.db.models import F

from backend.coverage.models import Cell, CellSpeaker
from benchmarks.ground.coverage_seed import Seeded, seed_campaign
from benchmarks.ground.event_storm import let_loose, prove, wrong_afterwards
from tests.services import Services


@pytest.fixture
def seeded(transactional_db: None) -> Seeded:
    if connection.vendor == "sqlite":
        pytest.skip("rows are copied in, and writers race, only on PostgreSQL")
    return seed_campaign(slug="storm", clips=600, phones=4, prompts=20)


def test_a_seeded_campaigns_counters_are_what_its_clips_add_up_to(seeded: Seeded) -> None:
    assert wrong_afterwards(seeded.campaign) == []
    # And what is spoilt is seen.
    CellSpeaker.objects.filter(accepted_clips__gt=0).update(accepted_ms=F("accepted_ms") + 1)
    Cell.objects.filter(accepted_clips__gt=0).update(rejected_clips=F("rejected_clips") - 1)
    assert len(wrong_afterwards(seeded.campaign)) > 2
    assert prove(seeded.campaign).cells


def test_four_writers_of_whom_some_are_killed_leave_exact_counters(
    seeded: Seeded, services: Services
) -> None:
    assert services.postgres is not None
    server = services.postgres.url.rpartition("/")[0]
    storm = let_loose(
        campaign=seeded.campaign,
        database_url=f"{server}/{connection.settings_dict['NAME']}",
        events=1200,
        writers=4,
        kills=2,
    )
    assert storm.events >= 1200
    assert storm.killed == 2
    assert wrong_afterwards(seeded.campaign) == []
