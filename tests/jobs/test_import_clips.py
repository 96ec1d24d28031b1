"""The job that takes a copy in: all of it comes home, and nothing is doubled."""

import hashlib
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from backend import storage
from backend.accounts.services import revoke_device
from backend.clips import receipts
from backend.clips.models import Clip, ClipEvent, Session
from backend.imports import rescue
from backend.imports.models import ImportedClip
from backend.jobs.models import Job, JobState
from backend.speakers.models import Consent, Speaker
from tests.cast import Person
from tests.factories import put_bytes, sent
from tests.phone_copies import (
    Copy,
    bring,
    gone,
    outcomes,
    send_as_the_phone_does,
    take_in,
)
from tests.sounds import speech_like, wav
from tests.walk import run_job
from workers.jobs import import_clips as import_job
from workers.registry import JobRun

pytestmark = pytest.mark.django_db


def everything() -> list[int]:
    """Count the rows that an import may write."""
    return [model.objects.count() for model in (Speaker, Consent, Session, Clip, ClipEvent, Job)]


# What is taken in


def test_a_copy_becomes_what_the_phone_would_have_sent(manager: Person, copy: Copy) -> None:
    first = copy.sit_down(gender="male")
    second = copy.sit_down()
    rows = [copy.clip(first, seed=1), copy.clip(second, seed=2), copy.clip(second, seed=3)]
    answer = take_in(manager, copy.zipped())
    assert list(outcomes(answer).values()) == ["taken"] * 3
    for row in rows:
        clip = Clip.objects.get(pk=row["id"])
        assert (clip.state, clip.collector_id) == ("uploaded", copy.phone.device.collector_id)
        stored = storage.head(storage.clip_key(clip.pk))
        assert stored.sha256 == row["request"]["sha256"]
        assert stored.content_type == "audio/wav"
        assert Job.objects.filter(kind="check_quality", subject=row["id"]).count() == 1
        assert {event.actor for event in clip.events.all()} == {f"user:{manager.user.pk}"}
    assert Speaker.objects.get(pk=first.speaker).demographics["gender"] == "male"
    assert Session.objects.get(pk=first.session).device_id == copy.phone.device.pk


def test_a_packed_copy_is_taken_as_well(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down())
    answer = take_in(manager, copy.zipped(compression=zipfile.ZIP_DEFLATED))
    assert list(outcomes(answer).values()) == ["taken"]


def test_a_spoken_consent_comes_with_its_words(manager: Person, copy: Copy) -> None:
    words = wav(speech_like(1.0, seed=9))
    sitting = copy.sit_down(spoken=words)
    copy.clip(sitting)
    take_in(manager, copy.zipped())
    consent = Consent.objects.get(pk=sitting.consent)
    assert consent.evidence_stored_at is not None
    assert storage.read(storage.consent_key(consent.pk), max_bytes=10**6) == words


def test_a_phone_that_was_sent_away_is_rescued(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down())
    revoke_device(device=copy.phone.device, actor="system", now=timezone.now())
    assert list(outcomes(take_in(manager, copy.zipped())).values()) == ["taken"]


def test_a_collector_that_is_not_named_is_found_by_the_installation(
    manager: Person, copy: Copy
) -> None:
    copy.clip(copy.sit_down())
    for rows in copy.rows.values():
        for row in rows:
            row["collector"] = ""
    assert list(outcomes(take_in(manager, copy.zipped())).values()) == ["taken"]
    assert Clip.objects.get().collector_id == copy.phone.device.collector_id


def test_what_a_speaker_corrected_on_the_phone_is_written(manager: Person, copy: Copy) -> None:
    sitting = copy.sit_down(gender="male")
    copy.clip(sitting)
    copy.rows["speakers"][0]["answers"] = {"gender": "female"}
    take_in(manager, copy.zipped())
    speaker = Speaker.objects.get()
    assert speaker.demographics == {"gender": "female", "birth_year": 1994}
    assert "gender=female" in Clip.objects.get().cell


def test_an_old_copy_takes_back_no_newer_correction(manager: Person, copy: Copy) -> None:
    sitting = copy.sit_down(gender="male")
    copy.clip(sitting)
    send_as_the_phone_does(copy)
    newer = {"demographics": {"birth_year": 1970}}
    sent(copy.phone.patch(f"/v1/speakers/{sitting.speaker}", newer), 200)
    copy.rows["speakers"][0]["answers"] = {"gender": "female"}
    assert list(outcomes(take_in(manager, copy.zipped())).values()) == ["already-there"]
    assert Speaker.objects.get().demographics == {"gender": "male", "birth_year": 1970}


# Nothing is doubled


def test_a_copy_that_comes_twice_doubles_nothing(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down(spoken=wav(speech_like(1.0))))
    take_in(manager, copy.zipped())
    before = everything()
    # The same clips in another file, as a phone saves them a day later.
    again = take_in(manager, copy.zipped(compression=zipfile.ZIP_DEFLATED))
    assert list(outcomes(again).values()) == ["already-there"]
    assert everything()[:-1] == before[:-1]


@pytest.mark.parametrize("confirm", [True, False], ids=["whole", "only announced"])
def test_what_the_phone_sent_before_is_there_once(
    manager: Person, copy: Copy, confirm: bool
) -> None:
    copy.clip(copy.sit_down())
    send_as_the_phone_does(copy, confirm=confirm)
    answer = take_in(manager, copy.zipped())
    assert list(outcomes(answer).values()) == ["already-there" if confirm else "taken"]
    assert [event.to_state for event in ClipEvent.objects.order_by("seq")] == [
        "expected",
        "uploaded",
    ]


def test_a_clip_whose_pieces_were_half_way_is_taken_and_the_pieces_go(
    manager: Person, copy: Copy
) -> None:
    row = copy.clip(copy.sit_down())
    send_as_the_phone_does(copy, confirm=False)
    sound = copy.sound_of(row)
    pieces = [sound[:9000], sound[9000:]]
    parts = [
        {"n": number, "sha256": hashlib.sha256(piece).hexdigest(), "bytes": len(piece)}
        for number, piece in enumerate(pieces, 1)
    ]
    answer = sent(copy.phone.put(f"/v1/clips/{row['id']}", row["request"] | {"parts": parts}))
    assert put_bytes(answer["upload"]["parts"][0], pieces[0]).status_code == 200
    assert list(outcomes(take_in(manager, copy.zipped())).values()) == ["taken"]
    assert list(storage.list_keys(f"parts/{row['id']}/")) == []


def test_what_the_phone_sends_after_is_there_once(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down(spoken=wav(speech_like(1.0))))
    take_in(manager, copy.zipped())
    before = everything()
    send_as_the_phone_does(copy)
    assert everything() == before


def test_a_phone_that_sends_in_between_doubles_nothing(
    manager: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = copy.sit_down()
    for seed in range(3):
        copy.clip(sitting, seed=seed)
    bring_home = rescue._bring_home
    calls: list[Any] = []

    def after_the_phone(*args: Any) -> Any:
        if not calls:
            send_as_the_phone_does(copy)
        calls.append(args)
        return bring_home(*args)

    monkeypatch.setattr(rescue, "_bring_home", after_the_phone)
    assert list(outcomes(take_in(manager, copy.zipped())).values()) == ["already-there"] * 3
    assert ClipEvent.objects.count() == 6


class Killed(BaseException):
    """The worker's process is gone: nothing after it runs."""


@pytest.mark.parametrize("step", ["registered", "stored", "confirmed"])
def test_a_worker_killed_in_the_middle_goes_on_where_it_was(
    manager: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sitting = copy.sit_down()
    rows = [copy.clip(sitting, seed=seed) for seed in range(4)]
    row = bring(manager, copy.zipped())
    doors: dict[str, tuple[Any, str]] = {
        "registered": (storage, "write"),
        "stored": (receipts, "confirm_upload"),
        "confirmed": (ImportedClip.objects, "get_or_create"),
    }
    owner, name = doors[step]
    real: Callable[..., Any] = getattr(owner, name)
    calls: list[Any] = []

    def dies_at_the_third(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies_at_the_third)
        with pytest.raises(Killed):
            run_job("import_clips", row.pk)
    answer = sent(manager.get(f"/v1/imports/{row.pk}"), 200)
    assert (answer["state"], len(answer["results"])) == ("uploaded", 2)
    assert not gone(row)
    Job.objects.filter(kind="import_clips").update(leased_until=timezone.now())
    assert run_job("import_clips", row.pk).state == JobState.DONE
    answer = sent(manager.get(f"/v1/imports/{row.pk}"), 200)
    expected = {one["id"]: "taken" for one in rows}
    if step == "confirmed":
        expected[rows[2]["id"]] = "already-there"
    assert outcomes(answer) == expected
    assert ClipEvent.objects.count() == 8
    assert gone(row)


def test_a_job_that_comes_late_finds_nothing_to_do(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down())
    answer = take_in(manager, copy.zipped())
    before = everything()
    job = Job.objects.get(kind="import_clips")
    from_registry = JobRun(job)
    import_job.import_clips(from_registry)
    assert everything() == before
    assert sent(manager.get(f"/v1/imports/{answer['id']}"), 200) == answer


def test_a_store_that_is_away_puts_the_import_off(
    manager: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.clip(copy.sit_down())
    row = bring(manager, copy.zipped())

    def away(*args: Any, **kwargs: Any) -> Any:
        raise storage.StorageAway

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write", away)
        assert run_job("import_clips", row.pk).state == JobState.QUEUED
    assert not row.results.exists()
    Job.objects.filter(kind="import_clips").update(run_after=timezone.now())
    assert run_job("import_clips", row.pk).state == JobState.DONE
    assert [one.outcome for one in row.results.all()] == ["taken"]
