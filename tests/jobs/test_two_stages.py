"""Two stages: the verdict of the signal at once, of the models after it, and a person first."""

from typing import Any

import pytest
from django.utils import timezone

from backend import queue
from backend.clips.models import Change, Clip, ClipEvent
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip
from backend.coverage.models import Cell
from backend.jobs.models import Job, JobState
from backend.jobs.services import announce_due_jobs
from backend.quality.models import QualityCheck, Stage
from backend.quality.services import change_profile, record_model_check
from tests.cast import Person
from tests.factories import Sitting, upload_clip
from tests.judged import at_once
from tests.sounds import silence, speech_like, wav
from workers.jobs import check_quality, score_clip
from workers.registry import JobRun

SPEECH = speech_like(3.0)


@pytest.fixture(autouse=True)
def models_on(settings: Any) -> None:
    """Stage B is enabled."""
    settings.MODEL_CHECKS = True


def uploaded(sitting: Sitting, audio: bytes | None = None, **more: Any) -> Clip:
    """Upload a clip that answers a question, so that no text says how long it must be."""
    prompt = str(sitting.phone.campaign.prompts.get(kind="question").pk)
    return upload_clip(sitting, audio or wav(SPEECH), prompt=prompt, **more)


def heard(clip: Clip) -> Clip:
    """Run stage A's job; returns the clip as it stands then."""
    check_quality.check_quality(JobRun(Job.objects.get(kind="check_quality", subject=str(clip.pk))))
    clip.refresh_from_db()
    return clip


def scored(clip: Clip, **measures: float) -> QualityCheck | None:
    """Record what models would have said."""
    return record_model_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures=measures,
        facts={},
        profile=clip.campaign.profiles.order_by("-version")[0],
        actor="job:score_clip",
        now=timezone.now(),
    )


def with_rule(sitting: Sitting, **rule: Any) -> None:
    """Add a rule to the campaign's profile."""
    campaign = sitting.phone.campaign
    rules = campaign.profiles.order_by("-version")[0].rules
    extra = {
        "code": "low_mos",
        "measure": "channels",
        "op": "<",
        "threshold": 3,
        "severity": "review",
        "where": ["server"],
        "hint": "record_once_more",
    } | rule
    change_profile(campaign=campaign, rules=[*rules, extra], actor="user:1", now=timezone.now())


def test_a_good_signal_is_told_at_once_and_provisionally(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    assert clip.state == State.UPLOADED
    answer = sitting.phone.get(f"/v1/clips/{clip.pk}").json()
    assert answer["state"] == "uploaded"
    assert (answer["verdict"]["outcome"], answer["verdict"]["provisional"]) == ("pass", True)
    change = sitting.phone.get("/v1/changes").json()["changes"][-1]
    assert (change["kind"], change["state"]) == ("verdict", "uploaded")
    assert change["verdict"]["provisional"] is True
    assert QualityCheck.objects.get(clip=clip).provisional
    job = Job.objects.get(kind="score_clip", subject=str(clip.pk))
    assert job.key == f"score_clip:{clip.pk}:{clip.event_seq}"


def test_a_signal_to_be_rejected_is_final_and_no_model_hears_it(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting, wav(silence(3.0))))
    assert clip.state == State.REJECTED
    assert clip.verdict is not None
    assert clip.verdict["provisional"] is False
    assert not Job.objects.filter(kind="score_clip").exists()


def test_a_clip_passes_once_both_stages_have_spoken(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    told = Change.objects.filter(clip=clip).count()
    check = scored(clip)
    clip.refresh_from_db()
    assert check is not None
    assert (clip.state, check.stage, check.provisional) == (State.PASSED, Stage.MODELS, False)
    assert clip.verdict is not None
    assert clip.verdict["provisional"] is False
    assert Change.objects.filter(clip=clip).count() == told + 1
    assert Job.objects.filter(kind="open_annotation", subject=str(clip.pk)).count() == 1


def test_the_last_word_rests_on_both_stages_measures(sitting: Sitting) -> None:
    with_rule(sitting, code="stereo", severity="review", measure="channels", op="==", threshold=1)
    with_rule(sitting, code="other", severity="reject", measure="rms_dbfs", op=">", threshold=50)
    clip = heard(uploaded(sitting))
    assert clip.verdict is not None
    assert clip.verdict["outcome"] == "review"
    scored(clip, rms_dbfs=60.0)
    clip.refresh_from_db()
    assert clip.state == State.REJECTED
    assert clip.verdict is not None
    assert [reason["code"] for reason in clip.verdict["reasons"]] == ["other", "stereo"]


def test_the_decoded_time_counts_from_the_provisional_verdict_on(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting, duration_ms=2900))
    assert Cell.objects.get(pending_clips=1).pending_ms == 3000
    scored(clip)
    assert Cell.objects.get(pending_clips=1).pending_ms == 3000


def test_repeated_jobs_change_nothing(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    seq = clip.event_seq
    assert heard(clip).event_seq == seq
    first = scored(clip)
    again = scored(clip)
    assert again == first
    assert QualityCheck.objects.filter(clip=clip).count() == 2
    job = Job.objects.get(kind="score_clip", subject=str(clip.pk))
    score_clip.score_clip(JobRun(job))
    clip.refresh_from_db()
    assert (clip.state, clip.event_seq) == (State.PASSED, seq + 1)


def test_the_job_of_the_models_ends_the_wait(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    job = Job.objects.get(kind="score_clip", subject=str(clip.pk))
    score_clip.score_clip(JobRun(job))
    clip.refresh_from_db()
    assert clip.verdict is not None
    assert clip.verdict["provisional"] is False
    assert clip.state != State.UPLOADED


def test_a_clip_withdrawn_meanwhile_is_not_judged(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
    assert scored(clip) is None
    clip.refresh_from_db()
    assert (clip.state, clip.verdict) == (State.WITHDRAWN, None)
    assert QualityCheck.objects.filter(clip=clip, stage=Stage.MODELS).count() == 0


def test_a_speaker_corrected_meanwhile_costs_no_second_hearing(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    answer = sitting.phone.patch(
        f"/v1/speakers/{sitting.speaker}", {"demographics": {"gender": "male"}}
    )
    assert answer.status_code == 200
    assert scored(clip) is not None
    clip.refresh_from_db()
    assert clip.state == State.PASSED
    assert Cell.objects.get(key=clip.cell).pending_clips == 1
    assert "male" in clip.cell


def test_a_person_may_decide_before_the_models_and_is_not_written_over(
    sitting: Sitting, manager: Person
) -> None:
    clip = heard(uploaded(sitting))
    body = {"decision": "reject", "reasons": ["noisy"]}
    assert manager.post(f"/v1/clips/{clip.pk}/review", body).json()["state"] == "rejected"
    assert scored(clip) is None
    clip.refresh_from_db()
    assert clip.state == State.REJECTED
    assert clip.verdict is not None
    assert clip.verdict["by"] == "review"


def test_a_job_that_failed_for_good_leaves_a_clip_that_a_person_can_end(
    sitting: Sitting, manager: Person
) -> None:
    clip = heard(uploaded(sitting))
    Job.objects.filter(kind="score_clip").update(state=JobState.FAILED, error="no room")
    clip.refresh_from_db()
    assert clip.state == State.UPLOADED
    answer = manager.post(f"/v1/clips/{clip.pk}/review", {"decision": "pass", "reasons": []})
    assert answer.json()["state"] == "passed"


def test_a_broker_that_forgot_everything_loses_no_verdict(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = heard(uploaded(sitting))
    announced: list[tuple[str, str]] = []

    def announce(job_id: str, name: str) -> bool:
        announced.append((job_id, name))
        return True

    monkeypatch.setattr(queue, "announce", announce)
    job = Job.objects.get(kind="score_clip", subject=str(clip.pk))
    announce_due_jobs(now=job.announce_at)
    assert (str(job.pk), "models") in announced


def test_rules_written_while_a_model_listens_are_the_ones_that_judge(sitting: Sitting) -> None:
    clip = heard(uploaded(sitting))
    before = clip.campaign.profiles.get()
    with_rule(sitting)
    check = record_model_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures={},
        facts={},
        profile=before,
        actor="job:score_clip",
        now=timezone.now(),
    )
    assert check is not None
    assert (check.profile_version, check.outcome) == (2, "review")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["withdraw", "review"])
def test_the_models_word_and_a_person_at_once_leave_the_persons(
    sitting: Sitting, manager: Person, rival: str
) -> None:
    for _ in range(5):
        clip = heard(uploaded(sitting, wav(speech_like(3.0))))

        def act(clip: Clip = clip) -> None:
            if rival == "withdraw":
                withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
            else:
                body = {"decision": "reject", "reasons": []}
                manager.post(f"/v1/clips/{clip.pk}/review", body)

        def speak(clip: Clip = clip) -> None:
            scored(clip)

        at_once(speak, act)
        clip.refresh_from_db()
        events = list(ClipEvent.objects.filter(clip=clip).order_by("seq"))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (clip.state, clip.event_seq) == (events[-1].to_state, events[-1].seq)
        if rival == "withdraw":
            assert clip.state == State.WITHDRAWN
        elif any(event.reason == "review" for event in events):
            assert clip.state == State.REJECTED
