"""The row is the truth: jobs are claimed once, held by lease, retried within bounds, never lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend import queue
from backend.jobs.kinds import KINDS
from backend.jobs.models import AuditEvent, Job
from backend.jobs.services import (
    JobNotRetryable,
    announce_due_jobs,
    cancel_job,
    claim_job,
    end_exhausted_jobs,
    enqueue_job,
    extend_lease,
    fail_job,
    finish_job,
    retry_job,
)
from workers import jobs as job_files
from workers import run
from workers.registry import FUNCTIONS, GiveUp, JobRun

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def new_job(key: str = "one") -> Job:
    return enqueue_job(kind="check_quality", key=key, subject="clip", now=NOW)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what is announced instead of telling the broker."""
    seen: list[str] = []

    def announce(job_id: str, name: str) -> bool:
        seen.append(job_id)
        return True

    monkeypatch.setattr(queue, "announce", announce)
    return seen


def test_every_kind_has_its_function_and_every_function_its_kind() -> None:
    job_files.load()
    assert set(FUNCTIONS) == set(KINDS)


def test_asking_twice_is_one_job() -> None:
    assert new_job().pk == new_job().pk
    assert Job.objects.count() == 1


def test_a_job_is_claimed_once() -> None:
    job = new_job()
    first = claim_job(job_id=str(job.pk), now=NOW)
    assert first is not None
    assert claim_job(job_id=str(job.pk), now=NOW) is None


def test_a_lapsed_lease_lets_another_take_over_and_fences_the_first() -> None:
    job = new_job()
    first = claim_job(job_id=str(job.pk), now=NOW)
    second = claim_job(job_id=str(job.pk), now=NOW + timedelta(hours=1))
    assert first is not None
    assert second is not None
    assert not extend_lease(job=first, now=NOW)
    assert not finish_job(job=first, now=NOW)
    assert finish_job(job=second, now=NOW)
    assert Job.objects.get().state == "done"


def test_a_failed_attempt_waits_longer_each_time_and_ends_failed() -> None:
    job, now, pauses = new_job(), NOW, []
    for _ in range(KINDS["check_quality"].attempts):
        attempt = claim_job(job_id=str(job.pk), now=now)
        assert attempt is not None
        fail_job(job=attempt, error="away", now=now)
        row = Job.objects.get()
        pauses.append(row.run_after - now)
        now = max(row.run_after, now)
    assert pauses[0] < pauses[1] < pauses[2]
    assert (row.state, row.error) == ("failed", "away")
    assert claim_job(job_id=str(job.pk), now=now + timedelta(days=1)) is None


def test_a_job_that_kills_its_worker_every_time_ends_failed_visibly() -> None:
    job, now = new_job(), NOW
    for _ in range(KINDS["check_quality"].attempts):
        assert claim_job(job_id=str(job.pk), now=now) is not None
        now += timedelta(hours=1)
    assert claim_job(job_id=str(job.pk), now=now) is None
    assert end_exhausted_jobs(now=now) == 1
    row = Job.objects.get()
    assert row.state == "failed"
    assert row.error


def test_a_person_may_retry_a_failed_job_and_nothing_else() -> None:
    job = new_job()
    with pytest.raises(JobNotRetryable):
        retry_job(job_id=str(job.pk), actor="user:1", now=NOW)
    attempt = claim_job(job_id=str(job.pk), now=NOW)
    assert attempt is not None
    fail_job(job=attempt, error="no", now=NOW, final=True)
    retry_job(job_id=str(job.pk), actor="user:1", now=NOW)
    assert Job.objects.get().state == "queued"
    assert AuditEvent.objects.filter(act="job.retry", actor="user:1").count() == 1


def test_an_attempt_from_before_a_retry_cannot_end_the_job() -> None:
    job = new_job()
    old = claim_job(job_id=str(job.pk), now=NOW)
    assert old is not None
    cancel_job(job_id=str(job.pk), actor="user:1", now=NOW)
    retry_job(job_id=str(job.pk), actor="user:1", now=NOW)
    new = claim_job(job_id=str(job.pk), now=NOW)
    assert new is not None
    assert not finish_job(job=old, now=NOW)
    assert not extend_lease(job=old, now=NOW)
    assert finish_job(job=new, now=NOW)


def test_a_canceled_job_is_not_claimed_and_stops_its_attempt() -> None:
    job = new_job()
    attempt = claim_job(job_id=str(job.pk), now=NOW)
    assert attempt is not None
    assert cancel_job(job_id=str(job.pk), actor="user:1", now=NOW)
    assert not finish_job(job=attempt, now=NOW)
    assert claim_job(job_id=str(job.pk), now=NOW + timedelta(hours=1)) is None


def test_the_sweep_announces_what_was_lost_but_not_over_and_over(announced: list[str]) -> None:
    job = new_job()
    assert announce_due_jobs(now=NOW) == 0, "the first message may still be under way"
    later = NOW + timedelta(seconds=30)
    assert announce_due_jobs(now=later) == 1
    assert announce_due_jobs(now=later + timedelta(seconds=1)) == 0
    assert announce_due_jobs(now=later + timedelta(minutes=20)) == 1
    assert announced == [str(job.pk)] * 2


def test_a_job_whose_worker_died_is_announced_again(announced: list[str]) -> None:
    job = new_job()
    claim_job(job_id=str(job.pk), now=NOW)
    announce_due_jobs(now=NOW + timedelta(hours=1))
    assert announced == [str(job.pk)]


def test_a_job_put_off_is_neither_announced_nor_claimed_early(announced: list[str]) -> None:
    later = NOW + timedelta(hours=2)
    job = enqueue_job(kind="erase_audio", key="late", subject="x", now=NOW, run_after=later)
    assert announce_due_jobs(now=NOW + timedelta(hours=1)) == 0
    assert claim_job(job_id=str(job.pk), now=NOW + timedelta(hours=1)) is None
    assert announce_due_jobs(now=later + timedelta(seconds=1)) == 1
    assert claim_job(job_id=str(job.pk), now=later + timedelta(seconds=1)) is not None


def test_a_broker_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise ConnectionError("away")

    monkeypatch.setattr(queue, "_paused_until", 0.0)
    monkeypatch.setattr(queue, "_producer", refuse)
    assert not queue.announce("1", "audio")
    monkeypatch.setattr(queue, "_paused_until", 0.0)
    assert new_job().state == "queued"


def test_an_error_is_written_on_the_row_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = new_job()

    def fail(_: JobRun) -> None:
        raise GiveUp("GET https://store/k?X-Amz-Signature=abcdef failed")

    monkeypatch.setitem(FUNCTIONS, "check_quality", fail)
    run.run_job(job_id=str(job.pk))
    row = Job.objects.get()
    assert row.state == "failed"
    assert "abcdef" not in row.error
