"""A release from its recipe to its seal, on the real store: what loads and what it holds."""

import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from backend import storage
from backend.clips.withdrawal import withdraw_speaker
from backend.jobs.models import JobState
from backend.releases.models import ReleaseItem, SplitAssignment
from backend.releases.reading import files_of
from backend.speakers.models import Consent
from tests.cast import Phone
from tests.factories import sit_down
from tests.jobs.release_builds import clips_of, download, drafted, embedded, keys_of, loaded, sealed
from tests.walk import accepted_clip, passed_clip, run_job

pytestmark = pytest.mark.usefixtures("empty_datasets")
HOSTILE = 'tab\there, "quoted", =SUM(A1), line\nbreak, \u202eright to left\u202c, |pipe| <b>é𝄞'


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
