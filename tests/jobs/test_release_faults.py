"""A release that meets withdrawals, cancels, other bytes and kills: never half, never wrong."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip
from backend.clips.withdrawal import withdraw_clip
from backend.jobs.models import Job, JobState
from backend.releases import services
from backend.releases.models import Release, ReleaseFile, ReleaseItem
from backend.releases.reading import files_of
from backend.releases.services import cancel_release
from tests.cast import Phone
from tests.factories import sit_down
from tests.jobs.release_builds import clips_of, download, drafted, embedded, keys_of, loaded, sealed
from tests.walk import accept_clip, accepted_clip, passed_clip, run_job
from workers.release_files import audio

pytestmark = pytest.mark.usefixtures("empty_datasets")


@pytest.mark.django_db
def test_a_clip_withdrawn_while_building_is_in_no_file(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clips = clips_of(phone, speakers=3, each=2)
    leaving = clips[0]
    real = services.begin_seal

    def withdraw_first(**given: Any) -> Any:
        # The data files are written by now.
        withdraw_clip(clip_id=leaving.pk, actor="system", reason="", now=timezone.now())
        return real(**given)

    monkeypatch.setattr("workers.release_files.build.begin_seal", withdraw_first)
    release = sealed(phone)
    manifest = download(release, tmp_path / "set")
    kept = {str(clip.pk) for clip in clips[1:]}
    assert {row["clip_id"] for row in manifest["rows"]} == kept
    rows = loaded(tmp_path / "set", tmp_path / "cache")["splits"].values()
    assert {row["clip_id"] for inside in rows for row in inside} == kept
    assert release.counts["dropped"] == 1
    assert release.counts["clips"] == 5
    stayed, left = (
        storage.read(storage.derived_key(clip.pk), max_bytes=10_000_000)
        for clip in (clips[1], leaving)
    )
    everything = [storage.read(key, max_bytes=10_000_000) for key in keys_of(release)]
    assert [sum(sound in content for content in everything) for sound in (stayed, left)] == [1, 0]


@pytest.mark.django_db
def test_a_clip_withdrawn_after_the_seal_is_erased_from_every_file(phone: Phone) -> None:
    clips = clips_of(phone, speakers=2, each=1)
    release = sealed(phone)
    sound = storage.read(storage.derived_key(clips[0].pk), max_bytes=10_000_000)
    withdraw_clip(clip_id=clips[0].pk, actor="system", reason="", now=timezone.now())
    assert run_job("erase_audio", clips[0].pk).state == JobState.DONE
    left = {key: storage.read(key, max_bytes=10_000_000) for key in keys_of(release)}
    assert not any(sound in content for content in left.values())
    split = ReleaseItem.objects.get(release=release, clip=clips[0]).split
    gone = {file["path"] for file in files_of(release) if file["erased_at"]}
    assert gone == {f"data/{split}-00000-of-00001.parquet", "selection.parquet"}
    assert {key.partition("/1.0.0/")[2] for key in left} == {
        file["path"] for file in files_of(release) if file["url"]
    }
    assert embedded(sealed(phone, "1.0.1")) == {str(clips[1].pk)}


@pytest.mark.django_db
def test_a_clip_whose_bytes_are_erased_while_building_is_dropped(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = clips_of(phone, speakers=2, each=2)
    real = audio.AudioReader.read
    erased: list[Clip] = []

    def erase_first(reader: audio.AudioReader, rows: Any) -> list[bytes]:
        if not erased:
            erased.append(clips[-1])
            withdraw_clip(clip_id=clips[-1].pk, actor="system", reason="", now=timezone.now())
            assert run_job("erase_audio", clips[-1].pk).state == JobState.DONE
        return real(reader, rows)

    monkeypatch.setattr(audio.AudioReader, "read", erase_first)
    assert embedded(sealed(phone)) == {str(clip.pk) for clip in clips[:-1]}


@pytest.mark.django_db
def test_audio_that_differs_from_the_check_fails_the_release_in_words(phone: Phone) -> None:
    clip = accepted_clip(sit_down(phone))
    storage.write(key=storage.derived_key(clip.pk), body=b"fLaC", content_type="audio/flac")
    release = drafted(phone)
    job = run_job("build_release", release.pk)
    assert job.state == JobState.FAILED
    assert str(clip.pk) in job.error
    assert keys_of(release) == []


@pytest.mark.django_db
def test_a_canceled_release_leaves_nothing_and_is_never_sealed(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips_of(phone, speakers=3, each=1)
    release = drafted(phone)
    real = audio.AudioReader.read

    def cancel_first(reader: audio.AudioReader, rows: Any) -> list[bytes]:
        cancel_release(release_id=release.pk, actor="system", now=timezone.now())
        return real(reader, rows)

    monkeypatch.setattr(audio.AudioReader, "read", cancel_first)
    job = run_job("build_release", release.pk)
    release.refresh_from_db()
    assert (job.state, release.state) == (JobState.CANCELED, "canceled")
    assert keys_of(release) == []
    monkeypatch.undo()
    # Asked for again, it is built after all.
    assert sealed(phone).pk == release.pk


@pytest.mark.django_db
def test_a_published_version_is_never_overwritten(phone: Phone) -> None:
    clips_of(phone, speakers=2, each=1)
    first = sealed(phone)
    before = {file["path"]: file["sha256"] for file in files_of(first)}
    stored = {key: storage.head(key).sha256 for key in keys_of(first)}
    first.delete()
    accept_clip(passed_clip(sit_down(phone), seed=77).pk, "more")
    release = drafted(phone)
    job = run_job("build_release", release.pk)
    assert job.state == JobState.FAILED
    assert "published already" in job.error
    assert {key: storage.head(key).sha256 for key in keys_of(release)} == stored
    assert len(before) == len(stored)


@pytest.mark.django_db
def test_a_worker_that_died_after_the_manifest_left_a_version_that_is_adopted(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips_of(phone, speakers=2, each=1)
    release = drafted(phone)

    def die(**_: Any) -> None:
        raise RuntimeError("died")

    monkeypatch.setattr("workers.jobs.build_release.seal_release", die)
    run_job("build_release", release.pk)
    release.refresh_from_db()
    assert release.state == "sealing"
    monkeypatch.undo()
    # The version exists: a withdrawal is one after it, and cannot stop the adoption.
    clip = ReleaseItem.objects.filter(release=release).latest("id").clip_id
    withdraw_clip(clip_id=clip, actor="system", reason="", now=timezone.now())
    rejob = run_again(release)
    release.refresh_from_db()
    assert (rejob.state, release.state) == (JobState.DONE, "sealed")
    assert [file["path"] for file in files_of(release) if file["erased_at"]]
    assert (
        release.manifest_sha256
        == storage.head(f"datasets/{phone.campaign.slug}/1.0.0/MANIFEST.json").sha256
    )


def run_again(release: Release) -> Any:
    """Let the retry of a failed attempt come due now."""
    Job.objects.filter(subject=str(release.pk)).update(run_after=timezone.now())
    return run_job("build_release", release.pk)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_two_files_is_resumed_and_keeps_the_first(phone: Phone) -> None:
    clips_of(phone, speakers=4, each=1)
    release = drafted(phone, splits={"train": 40, "validation": 30, "test": 30})
    connections.close_all()
    child = os.fork()
    if child == 0:
        _build_and_be_killed(release)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    written = ReleaseFile.objects.get(release=release, split="train")
    stored_at = storage.head(written.key).stored_at
    release.refresh_from_db()
    assert release.state == "building"
    Job.objects.filter(subject=str(release.pk)).update(leased_until=timezone.now())
    assert run_job("build_release", release.pk).state == JobState.DONE
    release.refresh_from_db()
    assert release.state == "sealed"
    assert release.counts["clips"] == 4
    assert storage.head(written.key).stored_at == stored_at


def _build_and_be_killed(release: Release) -> None:
    """Work on the job as a worker does, and be killed when the second data file is to be stored."""
    real = storage.write
    storage.forget_clients()
    stored: list[str] = []

    def kill_at_second(**given: Any) -> bool:
        if "/data/" in given["key"]:
            stored.append(given["key"])
        if len(stored) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(**given)

    storage.write = kill_at_second
    try:
        run_job("build_release", release.pk)
    finally:
        os._exit(1)
