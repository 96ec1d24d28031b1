"""New rules judge the clips of before anew, from what was measured: never over a person."""

from typing import Any

import pytest
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.clips.models import Change, Clip, ClipEvent
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip
from backend.coverage.models import Cell
from backend.jobs.models import Job
from backend.quality import rejudging
from backend.quality.models import QualityCheck, Stage
from backend.quality.rejudging import job_key
from backend.quality.reviewing import review_clip
from tests.cast import Person
from tests.factories import Sitting
from tests.judged import NOISY, at_once, judged_clip, newest_profile, scored_by_models, write_rules
from workers.jobs import rejudge_clips as job
from workers.registry import Canceled, JobRun


def job_row(campaign: Campaign) -> Job:
    """Return the job of the campaign's newest rules, as a worker that has claimed it."""
    key = job_key(campaign.pk, newest_profile(campaign).version)
    Job.objects.filter(key=key).update(state="running", attempts=1)
    return Job.objects.get(key=key)


def rejudge(campaign: Campaign) -> dict[str, Any]:
    """Run the job of the campaign's newest rules; returns its result."""
    row = job_row(campaign)
    job.rejudge_clips(JobRun(row))
    row.refresh_from_db()
    result: dict[str, Any] = row.progress["result"]
    return result


def stands(clip: Clip) -> str:
    """Return the clip's state as it is now."""
    clip.refresh_from_db()
    return clip.state


def reviewed(clip: Clip, decision: str) -> Clip:
    """Let a person decide."""
    return review_clip(
        clip_id=clip.pk, decision=decision, reasons=[], actor="user:7", now=timezone.now()
    )


@pytest.fixture
def ruled(campaign: Campaign) -> Campaign:
    """A campaign that rejects under 10 dB and reviews under 20 dB."""
    write_rules(campaign, noisy=10, review=20)
    return campaign


def test_clips_move_by_the_new_rules_and_their_phones_are_told(
    sitting: Sitting, ruled: Campaign
) -> None:
    bad, doubtful, good = (judged_clip(sitting, snr_db=value) for value in (5, 15, 25))
    assert [bad.state, doubtful.state, good.state] == ["rejected", "review", "passed"]
    told = Change.objects.count()
    write_rules(ruled, noisy=2, review=30)
    result = rejudge(ruled)
    assert [stands(bad), stands(doubtful), stands(good)] == ["review", "review", "review"]
    assert result["changed"] == 2
    assert result["moves"] == [
        {"from": "passed", "to": "review", "clips": 1},
        {"from": "rejected", "to": "review", "clips": 1},
    ]
    assert result["codes"] == [{"code": "noisy", "before": 2, "after": 3}]
    # The doubtful one stays, but by another threshold.
    assert Change.objects.count() == told + 3
    event = ClipEvent.objects.filter(clip=good).latest("seq")
    assert (event.reason, event.from_state, event.to_state) == ("rejudged", "passed", "review")
    assert event.detail["profile_version"] == 3
    answer = sitting.phone.get(f"/v1/clips/{good.pk}").json()["verdict"]
    assert (answer["profile_version"], answer["reasons"][0]["threshold"]) == (3, 30)


def test_nothing_is_decoded_again(
    sitting: Sitting, ruled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = judged_clip(sitting, snr_db=15)
    write_rules(ruled, noisy=16)
    rejudge(ruled)
    row = QualityCheck.objects.get(clip=clip, profile_version=3)
    assert row.measures["snr_db"] == 15
    assert Job.objects.filter(kind="check_quality").count() == 1


def test_a_clip_that_passes_after_all_goes_to_the_annotators(
    sitting: Sitting, ruled: Campaign
) -> None:
    clip = judged_clip(sitting, snr_db=5)
    write_rules(ruled, noisy=2)
    rejudge(ruled)
    assert stands(clip) == State.PASSED
    key = f"open_annotation:{clip.pk}:{clip.event_seq}"
    assert Job.objects.filter(key=key).exists()
    cell = Cell.objects.get(key=clip.cell)
    assert (cell.pending_clips, cell.rejected_clips) == (1, 0)


def test_a_persons_decision_is_never_written_over(sitting: Sitting, ruled: Campaign) -> None:
    passed = reviewed(judged_clip(sitting, snr_db=5), "pass")
    rejected = reviewed(judged_clip(sitting, snr_db=15), "reject")
    write_rules(ruled, noisy=12)
    result = rejudge(ruled)
    assert [stands(passed), stands(rejected)] == ["passed", "rejected"]
    assert (result["kept"], result["examined"], result["changed"]) == (2, 0, 0)
    write_rules(ruled, noisy=1)
    assert rejudge(ruled)["kept"] == 2
    assert [stands(passed), stands(rejected)] == ["passed", "rejected"]


def test_what_annotators_decided_is_kept_too(sitting: Sitting, ruled: Campaign) -> None:
    rejected, unanswered = judged_clip(sitting), judged_clip(sitting)
    for clip, to in ((rejected, State.REJECTED), (unanswered, State.REVIEW)):
        for step in (State.ANNOTATING, to):
            lifecycle.move(
                clip_id=clip.pk, to=step, actor="x", at=timezone.now(), reason="answered"
            )
    write_rules(ruled, noisy=1)
    assert rejudge(ruled)["kept"] == 2
    assert [stands(rejected), stands(unanswered)] == ["rejected", "review"]


def test_later_clips_are_counted_and_stay(sitting: Sitting, ruled: Campaign) -> None:
    clips = [judged_clip(sitting, snr_db=value) for value in (25, 40)]
    for clip in clips:
        lifecycle.move(
            clip_id=clip.pk, to=State.ANNOTATING, actor="x", at=timezone.now(), reason="routed"
        )
    write_rules(ruled, noisy=30)
    result = rejudge(ruled)
    assert result["later"] == [
        {"state": "annotating", "outcome": "pass", "clips": 1},
        {"state": "annotating", "outcome": "reject", "clips": 1},
    ]
    assert {stands(clip) for clip in clips} == {"annotating"}


def test_a_measure_that_was_never_taken_is_not_judged(sitting: Sitting, ruled: Campaign) -> None:
    clip = judged_clip(sitting)
    write_rules(ruled, NOISY | {"code": "hum", "measure": "dc", "op": ">", "threshold": 0})
    assert rejudge(ruled)["changed"] == 0
    assert stands(clip) == State.PASSED


def test_a_verdict_that_stays_is_stamped_with_the_version_and_nobody_is_told(
    sitting: Sitting, ruled: Campaign
) -> None:
    clip = judged_clip(sitting)
    seq, told = clip.event_seq, Change.objects.count()
    write_rules(ruled, noisy=11, review=20)
    rejudge(ruled)
    clip.refresh_from_db()
    assert clip.verdict is not None
    assert (clip.event_seq, clip.verdict["profile_version"]) == (seq, 3)
    assert Change.objects.count() == told


def test_a_job_that_died_goes_on_and_counts_every_clip_once(
    sitting: Sitting, ruled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [judged_clip(sitting, snr_db=15) for _ in range(5)]
    write_rules(ruled, noisy=16)
    monkeypatch.setattr(rejudging.rejudge_batch, "__kwdefaults__", {"size": 2})
    row, real = job_row(ruled), rejudging._rejudge
    tries = iter([True, True, True, False])

    def dies(*args: Any) -> Any:
        if not next(tries):
            raise MemoryError
        return real(*args)

    monkeypatch.setattr(rejudging, "_rejudge", dies)
    with pytest.raises(MemoryError):
        job.rejudge_clips(JobRun(row))
    assert [stands(clip) for clip in clips].count("rejected") == 3
    monkeypatch.setattr(rejudging, "_rejudge", real)
    row.refresh_from_db()
    assert row.progress["done"] == 2
    job.rejudge_clips(JobRun(row))
    row.refresh_from_db()
    assert row.progress["result"]["moves"] == [{"from": "review", "to": "rejected", "clips": 5}]
    assert (row.progress["done"], row.progress["total"]) == (5, 5)
    checks = QualityCheck.objects.filter(clip__in=clips, profile_version=3)
    assert checks.count() == 5


def test_newer_rules_supersede_older_ones(sitting: Sitting, ruled: Campaign) -> None:
    clip = judged_clip(sitting, snr_db=15)
    write_rules(ruled, noisy=16)
    older = job_row(ruled)
    write_rules(ruled, noisy=3)
    job.rejudge_clips(JobRun(older))
    assert stands(clip) == State.REVIEW
    older.refresh_from_db()
    assert "version 4" in older.progress["note"]
    rejudge(ruled)
    assert stands(clip) == State.PASSED


def test_the_rules_that_hold_already_start_no_job(ruled: Campaign) -> None:
    write_rules(ruled, noisy=10, review=20)
    assert Job.objects.filter(kind="rejudge_clips").count() == 1


def test_a_canceled_job_stops_at_the_next_batch(
    sitting: Sitting, ruled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_clip(sitting)
    write_rules(ruled, noisy=11)
    row = job_row(ruled)
    Job.objects.filter(pk=row.pk).update(state="canceled")
    with pytest.raises(Canceled):
        job.rejudge_clips(JobRun(row))


class TestWithModels:
    """Stage B is enabled."""

    @pytest.fixture(autouse=True)
    def models_on(self, settings: Any) -> None:
        """Turn it on."""
        settings.MODEL_CHECKS = True

    def test_a_clip_that_waits_for_models_waits_on_under_the_new_rules(
        self, sitting: Sitting, ruled: Campaign
    ) -> None:
        clip = judged_clip(sitting, snr_db=15)
        assert clip.verdict is not None
        assert (clip.state, clip.verdict["outcome"]) == ("uploaded", "review")
        write_rules(ruled, noisy=3)
        result = rejudge(ruled)
        assert stands(clip) == State.UPLOADED
        assert clip.verdict["outcome"] == "pass"
        assert clip.verdict["provisional"] is True
        assert (result["changed"], result["waiting"]) == (0, 0)
        assert Job.objects.filter(kind="score_clip").count() == 1
        assert scored_by_models(clip).state == State.PASSED

    def test_newer_rules_may_reject_it_at_once(self, sitting: Sitting, ruled: Campaign) -> None:
        clip = judged_clip(sitting, snr_db=15)
        write_rules(ruled, noisy=16)
        rejudge(ruled)
        assert stands(clip) == State.REJECTED
        assert scored_by_models(clip).state == State.REJECTED
        assert not QualityCheck.objects.filter(clip=clip, stage=Stage.MODELS).exists()

    def test_a_rejected_clip_that_no_model_heard_is_heard_before_it_passes(
        self, sitting: Sitting, ruled: Campaign
    ) -> None:
        clip = judged_clip(sitting, snr_db=5)
        assert clip.state == State.REJECTED
        write_rules(ruled, noisy=3)
        result = rejudge(ruled)
        assert (result["changed"], result["waiting"]) == (1, 1)
        assert stands(clip) == State.REJECTED
        assert clip.verdict is not None
        assert (clip.verdict["outcome"], clip.verdict["provisional"]) == ("pass", True)
        assert Job.objects.filter(kind="score_clip", subject=str(clip.pk)).count() == 1
        assert scored_by_models(clip).state == State.PASSED

    def test_what_models_heard_is_judged_anew_with_the_signal(
        self, sitting: Sitting, ruled: Campaign
    ) -> None:
        clip = scored_by_models(judged_clip(sitting), rms_dbfs=-20.0)
        assert clip.state == State.PASSED
        quiet = NOISY | {"code": "too_quiet", "measure": "rms_dbfs", "threshold": -10}
        write_rules(ruled, quiet)
        rejudge(ruled)
        assert stands(clip) == State.REJECTED
        row = QualityCheck.objects.get(clip=clip, profile_version=3)
        assert (row.stage, row.measures) == (Stage.MODELS, {"rms_dbfs": -20.0})
        write_rules(ruled, noisy=29)
        rejudge(ruled)
        assert stands(clip) == State.PASSED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["withdraw", "review"])
def test_new_rules_and_a_person_at_once_leave_the_persons_word(
    sitting: Sitting, manager: Person, ruled: Campaign, rival: str
) -> None:
    clips = [judged_clip(sitting, snr_db=15) for _ in range(8)]
    write_rules(ruled, noisy=3)

    def act() -> None:
        for clip in clips:
            if rival == "withdraw":
                withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
            else:
                body = {"decision": "reject", "reasons": []}
                manager.post(f"/v1/clips/{clip.pk}/review", body)

    at_once(lambda: rejudge(ruled), act)
    for clip in clips:
        clip.refresh_from_db()
        events = list(ClipEvent.objects.filter(clip=clip).order_by("seq"))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (clip.state, clip.event_seq) == (events[-1].to_state, events[-1].seq)
        if rival == "withdraw":
            assert clip.state == State.WITHDRAWN
            assert clip.verdict is None
        elif any(event.reason == "review" for event in events):
            assert clip.state == State.REJECTED
    cell = Cell.objects.get(key=clips[0].cell)
    states = [clip.state for clip in clips]
    assert cell.pending_clips == states.count("passed")
    assert cell.rejected_clips == states.count("rejected")
