"""A release from its recipe to its seal, on the real store: what loads, holds and is never in."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker
from backend.jobs.models import Job, JobState
from backend.releases import services
from backend.releases.models import Release, ReleaseFile, ReleaseItem, SplitAssignment
from backend.releases.reading import files_of
from backend.releases.services import cancel_release, draft_release
from backend.speakers.models import Consent
from tests.cast import Phone
from tests.factories import sit_down
from tests.walk import accept_clip, accepted_clip, passed_clip, run_job
from workers.release_files import audio

pytestmark = pytest.mark.usefixtures("empty_datasets")
HOSTILE = 'tab\there, "quoted", =SUM(A1), line\nbreak, \u202eright to left\u202c, |pipe| <b>é𝄞'


@pytest.fixture
def empty_datasets(db: None) -> None:
    """Remove what other tests published: their databases are gone, and a version is taken once."""
    storage.delete(list(storage.list_keys("datasets/")))


def clips_of(phone: Phone, *, speakers: int, each: int, text: str = "so said") -> list[Clip]:
    """Make accepted clips of several speakers, every sound another."""
    clips = []
    for number in range(speakers):
        sitting = sit_down(phone, gender=("female", "male")[number % 2])
        clips += [
            accepted_clip(sitting, text=text, seed=100 * number + take, seq=take + 1)
            for take in range(each)
        ]
    return clips


def drafted(phone: Phone, version: str = "1.0.0", **recipe: Any) -> Release:
    release, _ = draft_release(
        campaign=phone.campaign,
        version=version,
        recipe=recipe,
        actor="system",
        now=timezone.now(),
    )
    return release


def sealed(phone: Phone, version: str = "1.0.0", **recipe: Any) -> Release:
    release = drafted(phone, version, **recipe)
    job = run_job("build_release", release.pk)
    release.refresh_from_db()
    assert (job.state, release.state) == (JobState.DONE, "sealed"), job.error
    return release


def download(release: Release, folder: Path) -> dict[str, Any]:
    """Fetch every file by its presigned link, check it, and return the manifest."""
    for file in files_of(release):
        content = httpx.get(file["url"], timeout=20).raise_for_status().content
        assert len(content) == file["size"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest: dict[str, Any] = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
    return manifest


def loaded(folder: Path, cache: Path) -> dict[str, Any]:
    """Load the folder by Hugging Face datasets in a process without a network."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.jobs.load_release", str(folder)],
        env=os.environ
        | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    facts: dict[str, Any] = json.loads(answer.stdout)
    return facts


def embedded(release: Release) -> set[str]:
    """Return the clip ids that the manifest in the store names."""
    key = f"datasets/{release.campaign.slug}/{release.version}/MANIFEST.json"
    manifest = json.loads(storage.read(key, max_bytes=10_000_000))
    return {row["clip_id"] for row in manifest["rows"]}


def keys_of(release: Release) -> list[str]:
    return list(storage.list_keys(f"datasets/{release.campaign.slug}/{release.version}/"))


@pytest.mark.django_db
def test_a_release_loads_offline_and_every_row_is_what_the_manifest_says(
    phone: Phone, tmp_path: Path
) -> None:
    clips = clips_of(phone, speakers=6, each=2)
    release = sealed(phone)
    folder = tmp_path / "set"
    manifest = download(release, folder)
    facts = loaded(folder, tmp_path / "cache")
    rows = [row for inside in facts["splits"].values() for row in inside]
    assert {row["clip_id"] for row in rows} == {str(clip.pk) for clip in clips}
    assert len(rows) == len(clips) == release.counts["clips"] == 12
    said = {row["clip_id"]: row for row in manifest["rows"]}
    for row in rows:
        assert row["rate"] == 16_000
        assert row["samples"] == round(row["duration"] * 16_000) > 0
        assert row["sha256"] == row["audio_sha256"] == said[row["clip_id"]]["audio_sha256"]
        assert row["path"] == f"{row['clip_id']}.flac"
        assert row["text"] == "so said"
    for split, inside in facts["splits"].items():
        assert facts["streamed"][split] == [row["clip_id"] for row in inside]
        # The manifest's row number is the row's place in its file.
        named = [row["clip_id"] for row in manifest["rows"] if row["split"] == split]
        assert named == facts["streamed"][split]
    assert "sampling_rate=16000" in facts["features"]["audio"]
    by_speaker: dict[str, set[str]] = {}
    for split, inside in facts["splits"].items():
        for row in inside:
            by_speaker.setdefault(row["speaker_id"], set()).add(split)
    assert {len(splits) for splits in by_speaker.values()} == {1}
    assert len(facts["splits"]["train"]) > 0


@pytest.mark.django_db
def test_the_sums_file_is_taken_by_sha256sum(phone: Phone, tmp_path: Path) -> None:
    clips_of(phone, speakers=2, each=1)
    download(sealed(phone), tmp_path)
    answer = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.django_db
def test_building_the_same_selection_anew_gives_the_same_digests(phone: Phone) -> None:
    clips_of(phone, speakers=3, each=2)
    first = sealed(phone)
    before = {file["path"]: file["sha256"] for file in files_of(first)}
    storage.delete(keys_of(first))
    run_job("build_release", first.pk)
    first.delete()
    again = sealed(phone)
    assert {file["path"]: file["sha256"] for file in files_of(again)} == before
    assert again.manifest_sha256 == first.manifest_sha256
    # Another version of the same clips: the same data files under another name.
    other = {file["path"]: file["sha256"] for file in files_of(sealed(phone, "1.0.1"))}
    assert {path: sha for path, sha in other.items() if path.startswith("data/")} == {
        path: sha for path, sha in before.items() if path.startswith("data/")
    }


@pytest.mark.django_db
def test_hostile_texts_come_out_as_they_went_in(phone: Phone, tmp_path: Path) -> None:
    sitting = sit_down(phone, accent="a\tb <i>c</i>")
    clip = accepted_clip(sitting, text=HOSTILE)
    type(phone.campaign).objects.filter(pk=phone.campaign.pk).update(name=f"---\n{HOSTILE}\n# x")
    phone.campaign.refresh_from_db()
    release = sealed(phone)
    download(release, tmp_path / "set")
    rows = loaded(tmp_path / "set", tmp_path / "cache")["splits"]["train"]
    assert [(row["clip_id"], row["text"]) for row in rows] == [(str(clip.pk), HOSTILE)]
    assert rows[0]["accent"] == "a\tb <i>c</i>"


@pytest.mark.django_db
def test_a_set_of_one_speaker_has_a_train_file_and_no_other(phone: Phone, tmp_path: Path) -> None:
    clips_of(phone, speakers=1, each=2)
    release = sealed(phone)
    data = [file["path"] for file in files_of(release) if file["path"].startswith("data/")]
    assert data == ["data/train-00000-of-00001.parquet"]
    download(release, tmp_path / "set")
    assert list(loaded(tmp_path / "set", tmp_path / "cache")["splits"]) == ["train"]


@pytest.mark.django_db
def test_a_clip_that_nobody_wrote_down_has_a_null_text(phone: Phone, tmp_path: Path) -> None:
    clip = accepted_clip(sit_down(phone), text=None)
    download(sealed(phone), tmp_path / "set")
    row = loaded(tmp_path / "set", tmp_path / "cache")["splits"]["train"][0]
    assert (row["clip_id"], row["text"], row["transcript_version"]) == (str(clip.pk), None, 0)


@pytest.mark.django_db
def test_the_latest_settled_text_is_released(phone: Phone) -> None:
    sitting = sit_down(phone)
    clip = accepted_clip(sitting, text="first")
    clip.transcripts.create(version=2, text="second", source="expert", created_at=timezone.now())
    release = sealed(phone)
    assert ReleaseItem.objects.get(release=release).transcript_version == 2


@pytest.mark.django_db
def test_only_accepted_clips_of_speakers_who_allow_publishing_are_selected(phone: Phone) -> None:
    good = accepted_clip(sit_down(phone), seed=1)
    not_accepted = passed_clip(sit_down(phone), seed=2)
    private = sit_down(phone)
    accepted_clip(private, seed=3)
    Consent.objects.filter(pk=private.consent).update(scopes=["collect"])
    ended = sit_down(phone)
    accepted_clip(ended, seed=4)
    Consent.objects.filter(pk=ended.consent).update(withdrawn_at=timezone.now())
    unproved = sit_down(phone)
    accepted_clip(unproved, seed=5)
    Consent.objects.filter(pk=unproved.consent).update(evidence_sha256="0" * 64)
    left = sit_down(phone)
    accepted_clip(left, seed=6)
    withdraw_speaker(
        speaker_id=left.speaker, device=None, actor="system", reason="", now=timezone.now()
    )
    release = sealed(phone)
    assert embedded(release) == {str(good.pk)}
    assert str(not_accepted.pk) not in embedded(release)
    assert release.counts["excluded"] == {
        "consent_not_proved": 1,
        "consent_withdrawn": 1,
        "not_for_publishing": 1,
    }


@pytest.mark.django_db
def test_filters_choose_and_what_they_leave_out_is_counted(phone: Phone) -> None:
    clips = clips_of(phone, speakers=2, each=1)
    release = sealed(phone, filters={"genders": ["female"], "transcribed": True})
    assert embedded(release) == {str(clips[0].pk)}
    assert release.counts["excluded"] == {"filtered": 1}


@pytest.mark.django_db
def test_a_recipe_that_no_clip_fits_fails_in_words_and_leaves_nothing(phone: Phone) -> None:
    release = drafted(phone, filters={"languages": ["xx"]})
    job = run_job("build_release", release.pk)
    release.refresh_from_db()
    assert (job.state, release.state) == (JobState.FAILED, "failed")
    assert "No clip fits" in job.error
    assert keys_of(release) == []


@pytest.mark.django_db
def test_a_failed_release_is_started_again_by_the_same_request(phone: Phone) -> None:
    release = drafted(phone)
    run_job("build_release", release.pk)
    accepted_clip(sit_down(phone))
    assert sealed(phone).pk == release.pk


@pytest.mark.django_db
def test_a_speaker_stays_in_the_split_of_the_first_release(phone: Phone) -> None:
    clips_of(phone, speakers=4, each=1)
    sealed(phone)
    before = dict(SplitAssignment.objects.values_list("speaker_id", "split"))
    clips_of(phone, speakers=4, each=1)
    sealed(phone, "1.1.0", splits={"train": 20, "validation": 40, "test": 40})
    after = dict(SplitAssignment.objects.values_list("speaker_id", "split"))
    assert before.items() <= after.items()
    assert len(after) == 8


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
