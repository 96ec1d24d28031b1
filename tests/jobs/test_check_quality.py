"""The job that judges a clip, on the real bucket and database: its verdicts, repeats and races."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip
from backend.coverage.models import Cell
from backend.jobs.models import Job
from backend.quality.models import Derivative, QualityCheck
from backend.quality.services import record_quality_check
from tests.cast import Person, Phone
from tests.factories import Sitting, upload_clip
from tests.sounds import clipped, flac, mp4, noise, ogg, silence, speech_like, wav, webm
from workers.jobs import check_quality as job
from workers.registry import GiveUp, JobRun

SPEECH = speech_like(3.0)
TEXT_FREE = "question"


def prompt_of_kind(sitting: Sitting, kind: str) -> str:
    """Return the id of a prompt of the campaign."""
    return str(sitting.phone.campaign.prompts.get(kind=kind).pk)


def uploaded(sitting: Sitting, audio: bytes, content_type: str = "audio/wav", **more: Any) -> Clip:
    """Upload a clip that answers a question, so that no text says how long it must be."""
    changes = {"prompt": prompt_of_kind(sitting, TEXT_FREE), "content_type": content_type}
    return upload_clip(sitting, audio, **(changes | more))


def check(clip: Clip) -> Clip:
    """Run the clip's job once; returns the clip as it stands then."""
    row = Job.objects.get(kind="check_quality", subject=str(clip.pk))
    job.check_quality(JobRun(row))
    clip.refresh_from_db()
    return clip


def reasons(clip: Clip) -> set[str]:
    """Return the codes of the clip's verdict."""
    assert clip.verdict is not None
    return {reason["code"] for reason in clip.verdict["reasons"]}


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (wav(SPEECH), "audio/wav"),
        (flac(SPEECH), "audio/flac"),
        (webm(SPEECH), "audio/webm"),
        (mp4(SPEECH), "audio/mp4"),
        (ogg(SPEECH), "audio/ogg"),
    ],
    ids=["wav", "flac", "webm", "mp4", "ogg"],
)
def test_speech_passes_and_its_derivative_lies_in_the_bucket(
    sitting: Sitting, data: bytes, content_type: str
) -> None:
    clip = check(uploaded(sitting, data, content_type))
    assert (clip.state, clip.verdict and clip.verdict["outcome"]) == (State.PASSED, "pass")
    derivative = Derivative.objects.get(clip=clip)
    stored = storage.head(derivative.key)
    assert derivative.key == storage.derived_key(clip.pk)
    assert (stored.sha256, stored.bytes) == (derivative.sha256, derivative.bytes)
    assert derivative.sample_rate == 16_000
    assert derivative.samples == pytest.approx(48_000, abs=1500)
    event = ClipEvent.objects.get(clip=clip, to_state=State.PASSED)
    assert (event.actor, event.reason) == ("job:check_quality", "quality_check")


def test_the_check_keeps_measures_with_the_profiles_version(sitting: Sitting) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    judged_seq = clip.event_seq
    row = QualityCheck.objects.get(clip=check(clip))
    assert (row.profile_version, row.event_seq, row.stage) == (1, judged_seq, "signal")
    assert row.measures["duration_s"] == pytest.approx(3.0)
    assert row.facts == {"container": "wav", "codec": "pcm_16"}


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (wav(silence(3.0)), "audio/wav", "silent"),
        (webm(noise(3.0, level_dbfs=-70)), "audio/webm", "silent"),
        (wav(clipped(SPEECH)), "audio/wav", "clipped"),
        (mp4(clipped(SPEECH, 20)), "audio/mp4", "clipped"),
        (flac(SPEECH * np.float32(0.003)), "audio/flac", "too_quiet"),
        (wav(SPEECH[:4000]), "audio/wav", "too_short"),
        (webm(SPEECH)[:4000], "audio/webm", "cut_end"),
        (wav(SPEECH)[:30_000], "audio/wav", "cut_end"),
        (b"<!doctype html><p>Sign in to this network</p>", "audio/webm", "undecodable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(900), "audio/flac", "undecodable"),
        (bytes(5000), "audio/mp4", "undecodable"),
        (webm(SPEECH), "audio/wav", "undecodable"),
        (bytes(range(256)) * 9, "audio/ogg", "undecodable"),
    ],
)
def test_damage_is_rejected_with_a_fitting_reason(
    sitting: Sitting, data: bytes, content_type: str, code: str
) -> None:
    clip = check(uploaded(sitting, data, content_type))
    assert clip.state == State.REJECTED
    assert code in reasons(clip)
    assert clip.verdict is not None
    assert all(reason["text"] for reason in clip.verdict["reasons"])


def test_bytes_that_cannot_be_decoded_leave_no_derivative(sitting: Sitting) -> None:
    clip = check(uploaded(sitting, b"\x89PNG\r\n\x1a\n" + bytes(900)))
    assert not Derivative.objects.filter(clip=clip).exists()
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.derived_key(clip.pk))
    assert QualityCheck.objects.get(clip=clip).facts["fault"] == "not_audio"


def test_a_take_longer_than_the_campaign_takes_is_too_long(sitting: Sitting) -> None:
    sitting.phone.campaign.max_seconds = 2
    sitting.phone.campaign.save()
    clip = check(uploaded(sitting, wav(SPEECH), duration_ms=1900))
    assert reasons(clip) == {"too_long"}


def test_coverage_counts_the_decoded_time_not_the_declared_one(sitting: Sitting) -> None:
    check(uploaded(sitting, wav(speech_like(4.0)), duration_ms=3900))
    assert Cell.objects.get(pending_clips=1).pending_ms == 4000


def test_the_phone_reads_its_verdict(sitting: Sitting) -> None:
    clip = check(uploaded(sitting, wav(silence(3.0))))
    answer = sitting.phone.get(f"/v1/clips/{clip.pk}").json()
    assert answer["state"] == "rejected"
    assert answer["verdict"]["profile_version"] == 1
    first = answer["verdict"]["reasons"][0]
    assert (first["code"], first["hint"]) == ("silent", "check_microphone")


def test_a_repeated_job_changes_nothing(sitting: Sitting) -> None:
    clip = check(uploaded(sitting, wav(SPEECH)))
    events = ClipEvent.objects.filter(clip=clip).count()
    check(clip)
    assert ClipEvent.objects.filter(clip=clip).count() == events
    assert QualityCheck.objects.filter(clip=clip).count() == 1


def test_a_second_attempt_after_the_first_committed_gets_the_same_check(sitting: Sitting) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    seq = clip.event_seq
    first = QualityCheck.objects.get(clip=check(clip))
    again = record_quality_check(
        clip_id=clip.pk,
        event_seq=seq,
        measures={"decodable": 0},
        facts={},
        derivative=None,
        profile=clip.campaign.profiles.get(),
        actor="job:check_quality",
        now=timezone.now(),
    )
    assert again == first
    clip.refresh_from_db()
    assert clip.state == State.PASSED


def test_a_clip_withdrawn_while_it_is_measured_keeps_nothing(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    store = job._stored

    def withdrawn_first(clip_id: UUID, derived: Any) -> Any:
        facts = store(clip_id, derived)
        withdraw_clip(clip_id=clip_id, actor="device:x", reason="", now=timezone.now())
        return facts

    monkeypatch.setattr(job, "_stored", withdrawn_first)
    assert check(clip).state == State.WITHDRAWN
    assert not QualityCheck.objects.filter(clip=clip).exists()
    assert not Derivative.objects.filter(clip=clip).exists()
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.derived_key(clip.pk))


def test_a_late_attempt_on_a_withdrawn_clip_sweeps_up_an_earlier_ones_derivative(
    sitting: Sitting,
) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    key = storage.derived_key(clip.pk)
    storage.write(key=key, body=flac(SPEECH), content_type="audio/flac")
    withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
    check(clip)
    with pytest.raises(storage.ObjectMissing):
        storage.head(key)


def test_bytes_gone_from_the_store_are_a_visible_failure_not_a_verdict(sitting: Sitting) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    storage.delete([storage.clip_key(clip.pk)])
    with pytest.raises(GiveUp):
        check(clip)
    clip.refresh_from_db()
    assert clip.state == State.UPLOADED


def test_bytes_changed_in_the_store_are_a_visible_failure_not_a_verdict(sitting: Sitting) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    storage.write(key=storage.clip_key(clip.pk), body=wav(SPEECH[::-1]), content_type="audio/wav")
    with pytest.raises(GiveUp, match="differ"):
        check(clip)


def test_a_manager_passes_a_rejected_clip_and_the_decision_stands(
    sitting: Sitting, manager: Person
) -> None:
    clip = check(uploaded(sitting, wav(clipped(SPEECH))))
    body = {"decision": "pass", "reasons": []}
    answer = manager.post(f"/v1/clips/{clip.pk}/review", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "passed")
    assert answer.json()["verdict"]["outcome"] == "pass"
    event = ClipEvent.objects.get(clip=clip, reason="review")
    assert event.actor.startswith("user:")
    assert manager.post(f"/v1/clips/{clip.pk}/review", body).json() == answer.json()
    assert check(clip).state == State.PASSED
    assert ClipEvent.objects.filter(clip=clip, reason="review").count() == 1


def test_a_manager_rejects_a_clip_in_review_with_a_reason(
    sitting: Sitting, manager: Person
) -> None:
    clip = check(uploaded(sitting, wav(SPEECH), duration_ms=3600))
    assert (clip.state, reasons(clip)) == (State.REVIEW, {"cut_end"})
    answer = manager.post(
        f"/v1/clips/{clip.pk}/review", {"decision": "reject", "reasons": ["cut_end"]}
    )
    assert answer.json()["state"] == "rejected"
    assert answer.json()["verdict"]["reasons"][0]["code"] == "cut_end"


def test_what_holds_no_sound_cannot_be_passed_by_a_person(
    sitting: Sitting, manager: Person
) -> None:
    clip = check(uploaded(sitting, bytes(5000)))
    answer = manager.post(f"/v1/clips/{clip.pk}/review", {"decision": "pass", "reasons": []})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fieldvoice:problem:clip-unreadable"


def test_a_clip_that_waits_for_nobody_is_not_reviewable(sitting: Sitting, manager: Person) -> None:
    clip = uploaded(sitting, wav(SPEECH))
    answer = manager.post(f"/v1/clips/{clip.pk}/review", {"decision": "reject", "reasons": []})
    assert answer.json()["type"] == "urn:fieldvoice:problem:not-reviewable"
    assert answer.json()["state"] == "uploaded"


def test_a_phone_cannot_review(sitting: Sitting, phone: Phone) -> None:
    clip = check(uploaded(sitting, wav(clipped(SPEECH))))
    answer = phone.post(f"/v1/clips/{clip.pk}/review", {"decision": "pass", "reasons": []})
    assert answer.status_code == 403


def test_a_changed_profile_is_a_new_version_and_judges_the_next_clip(
    sitting: Sitting, manager: Person
) -> None:
    slug = sitting.phone.campaign.slug
    before = manager.get(f"/v1/campaigns/{slug}/profile").json()
    stricter = [
        *before["rules"],
        before["rules"][0]
        | {
            "code": "dc_offset",
            "measure": "channels",
            "op": ">=",
            "threshold": 1,
            "severity": "review",
        },
    ]
    answer = manager.put(f"/v1/campaigns/{slug}/profile", {"rules": stricter})
    assert (answer.status_code, answer.json()["version"]) == (200, before["version"] + 1)
    again = manager.put(f"/v1/campaigns/{slug}/profile", {"rules": stricter})
    assert again.json()["version"] == before["version"] + 1
    clip = check(uploaded(sitting, wav(SPEECH)))
    assert (clip.state, reasons(clip)) == (State.REVIEW, {"dc_offset"})
    assert clip.verdict is not None
    assert clip.verdict["profile_version"] == before["version"] + 1


def test_a_faulty_profile_is_refused_with_every_fault(sitting: Sitting, manager: Person) -> None:
    slug = sitting.phone.campaign.slug
    rules = manager.get(f"/v1/campaigns/{slug}/profile").json()["rules"]
    broken = [rules[0], rules[1] | {"op": "~"}, {"code": "x"}]
    answer = manager.put(f"/v1/campaigns/{slug}/profile", {"rules": broken})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:fieldvoice:problem:profile-faulty"
    assert "rules.1.op" in {error["field"] for error in answer.json()["errors"]}
    assert manager.get(f"/v1/campaigns/{slug}/profile").json()["version"] == 1
