"""The same clip again, by anybody of the campaign: found, named, forgotten with the original."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from django.db import connection, connections
from django.utils import timezone

from backend.clips.models import Clip
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip
from backend.jobs.models import Job
from backend.quality.duplicates import candidates, find_duplicate, remember_fingerprint
from backend.quality.models import Fingerprint, FingerprintKey, QualityCheck
from backend.quality.services import record_quality_check
from tests.cast import Phone, make_campaign, make_phone
from tests.factories import Sitting, sit_down, upload_clip
from tests.sounds import Floats, flac, mp4, noise, silence, speech_like, wav, webm
from workers.jobs import check_quality, erase_audio
from workers.registry import JobRun

SPEECH = speech_like(4.0, seed=3)
CUT = SPEECH[4000:] * np.float32(0.3)


def sent(sitting: Sitting, audio: bytes, content_type: str = "audio/wav", **more: Any) -> Clip:
    """Upload a clip that answers a question, so that no text says how long it must be."""
    prompt = str(sitting.phone.campaign.prompts.get(kind="question").pk)
    changes = {"prompt": prompt, "content_type": content_type, "duration_ms": 4000}
    return upload_clip(sitting, audio, **(changes | more))


def check(clip: Clip) -> Clip:
    """Run the clip's job once; returns the clip as it stands then."""
    job = Job.objects.get(kind="check_quality", subject=str(clip.pk))
    check_quality.check_quality(JobRun(job))
    clip.refresh_from_db()
    return clip


def withdraw(clip: Clip) -> None:
    """Withdraw a clip and run its erasure."""
    withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
    erase_audio.erase_audio(JobRun(Job.objects.get(kind="erase_audio", subject=str(clip.pk))))


def facts(clip: Clip) -> dict[str, str]:
    """Return the facts of the clip's check."""
    return QualityCheck.objects.get(clip=clip).facts


def codes(clip: Clip) -> set[str]:
    """Return the codes of the clip's verdict."""
    assert clip.verdict is not None
    return {reason["code"] for reason in clip.verdict["reasons"]}


def test_the_same_bytes_by_another_speaker_of_another_phone_are_rejected(
    sitting: Sitting, other_phone: Phone
) -> None:
    original = check(sent(sitting, wav(SPEECH)))
    again = check(sent(sit_down(other_phone), wav(SPEECH)))
    assert (original.state, again.state) == (State.PASSED, State.REJECTED)
    assert codes(again) == {"duplicate"}
    assert facts(again)["duplicate_of"] == str(original.pk)
    measures = QualityCheck.objects.get(clip=again).measures
    assert (measures["duplicate_exact"], measures["duplicate_ber"]) == (1, 0)


def test_the_phone_is_told_that_it_is_a_repeat_and_not_of_what(
    sitting: Sitting, other_phone: Phone
) -> None:
    original = check(sent(sitting, wav(SPEECH)))
    again = check(sent(sit_down(other_phone), wav(SPEECH)))
    answer = other_phone.get(f"/v1/clips/{again.pk}")
    assert [reason["code"] for reason in answer.json()["verdict"]["reasons"]] == ["duplicate"]
    assert str(original.pk) not in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (flac(SPEECH), "audio/flac"),
        (webm(SPEECH, bits=16_000), "audio/webm"),
        (mp4(SPEECH), "audio/mp4"),
        (webm(CUT, bits=24_000), "audio/webm"),
        (wav(SPEECH + noise(4.0, level_dbfs=-50)), "audio/wav"),
    ],
    ids=["flac", "opus", "aac", "cut and quieter", "noise added"],
)
def test_the_same_take_coded_anew_is_rejected(
    sitting: Sitting, data: bytes, content_type: str
) -> None:
    original = check(sent(sitting, wav(SPEECH)))
    again = check(sent(sitting, data, content_type))
    assert again.state == State.REJECTED
    assert "duplicate" in codes(again)
    assert facts(again)["duplicate_of"] == str(original.pk)


def test_another_take_passes(sitting: Sitting) -> None:
    check(sent(sitting, wav(SPEECH)))
    other = check(sent(sitting, wav(speech_like(4.0, seed=4))))
    assert (other.state, "duplicate_of" in facts(other)) == (State.PASSED, False)
    assert QualityCheck.objects.get(clip=other).measures["duplicate_exact"] == 0


def test_every_repeat_names_the_first(sitting: Sitting) -> None:
    original = check(sent(sitting, wav(SPEECH)))
    for data, content_type in ((webm(SPEECH), "audio/webm"), (mp4(SPEECH), "audio/mp4")):
        again = check(sent(sitting, data, content_type))
        assert facts(again)["duplicate_of"] == str(original.pk)


def test_the_same_clip_in_another_campaign_is_no_repeat(sitting: Sitting) -> None:
    check(sent(sitting, wav(SPEECH)))
    other = make_phone(make_campaign(slug="another"), install_id="install-0009")
    assert check(sent(sit_down(other), wav(SPEECH))).state == State.PASSED


def test_a_clip_that_is_remembered_already_repeats_neither_itself_nor_what_came_later(
    sitting: Sitting,
) -> None:
    clip = check(sent(sitting, wav(SPEECH)))
    check(sent(sitting, wav(SPEECH)))
    before = (Fingerprint.objects.count(), FingerprintKey.objects.count())
    heard = check_quality._heard(clip, check_quality._examined(clip))
    assert heard is not None
    assert find_duplicate(clip=clip, heard=heard).original is None
    remember_fingerprint(clip=clip, heard=heard, now=timezone.now())
    assert (Fingerprint.objects.count(), FingerprintKey.objects.count()) == before


def test_withdrawal_erases_what_the_clip_is_known_by_and_frees_its_sound(sitting: Sitting) -> None:
    clip = check(sent(sitting, wav(SPEECH)))
    kept = check(sent(sitting, wav(speech_like(4.0, seed=4))))
    withdraw(clip)
    assert list(Fingerprint.objects.values_list("clip_id", flat=True)) == [kept.pk]
    assert set(FingerprintKey.objects.values_list("fingerprint__clip_id", flat=True)) == {kept.pk}
    assert check(sent(sitting, wav(SPEECH))).state == State.PASSED


def test_a_withdrawn_clip_is_no_original_even_before_its_erasure(sitting: Sitting) -> None:
    clip = check(sent(sitting, wav(SPEECH)))
    withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
    assert check(sent(sitting, wav(SPEECH))).state == State.PASSED
    withdraw(Clip.objects.get(state=State.PASSED))
    assert check(sent(sitting, webm(SPEECH), "audio/webm")).state == State.PASSED


def test_a_clip_withdrawn_while_it_is_heard_leaves_nothing(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = sent(sitting, wav(SPEECH))

    def withdrawn_first(**arguments: Any) -> QualityCheck | None:
        withdraw(clip)
        return record_quality_check(**arguments)

    monkeypatch.setattr(check_quality, "record_quality_check", withdrawn_first)
    assert check(clip).state == State.WITHDRAWN
    assert not Fingerprint.objects.exists()


def test_the_whole_take_after_a_part_of_it_repeats_nothing(sitting: Sitting) -> None:
    half = check(sent(sitting, wav(SPEECH)[:90_000]))
    assert "cut_end" in codes(half)
    assert check(sent(sitting, wav(SPEECH))).state == State.PASSED


def test_what_cannot_be_decoded_is_not_remembered(sitting: Sitting) -> None:
    check(sent(sitting, bytes(5000)))
    assert not Fingerprint.objects.exists()


def test_silence_is_called_silent_and_has_no_keys(sitting: Sitting) -> None:
    assert "silent" in codes(check(sent(sitting, wav(silence(4.0)))))
    assert not FingerprintKey.objects.exists()


def test_the_search_reads_an_index(sitting: Sitting) -> None:
    check(sent(sitting, wav(SPEECH)))
    search = candidates(campaign_id=sitting.phone.campaign.pk, probes=range(500))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One row is quicker read without; what counts is whether the index serves.
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = search.explain()
    assert "SCAN quality_fingerprintkey" not in plan
    assert "Index" in plan or "INDEX" in plan
    assert "key" in plan


@pytest.mark.django_db(transaction=True)
def test_of_equal_clips_that_are_checked_at_once_one_is_the_original(sitting: Sitting) -> None:
    sounds: list[tuple[Floats, str]] = [
        (SPEECH, "wav"),
        (SPEECH, "flac"),
        (SPEECH, "wav"),
        (SPEECH * np.float32(0.5), "wav"),
    ]
    clips = [
        sent(sitting, (wav if form == "wav" else flac)(sound), f"audio/{form}", seq=number)
        for number, (sound, form) in enumerate(sounds, start=1)
    ]
    start = threading.Barrier(len(clips))

    def together(**arguments: Any) -> QualityCheck | None:
        start.wait(60)
        return record_quality_check(**arguments)

    def run(clip: Clip) -> str:
        try:
            return check(clip).state
        finally:
            connections.close_all()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(clips)) as pool:
        patch.setattr(check_quality, "record_quality_check", together)
        states = sorted(pool.map(run, clips))
    assert states == [State.PASSED, State.REJECTED, State.REJECTED, State.REJECTED]
    original = Clip.objects.get(state=State.PASSED)
    for clip in clips:
        if clip.pk != original.pk:
            assert facts(clip)["duplicate_of"] == str(original.pk)
