"""The file of an import: what no phone wrote is refused whole, and no file stays."""

import io
import json
import struct
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend.clips.models import Clip
from backend.imports import rescue
from backend.imports.models import ClipImport, ImportState
from backend.imports.services import KEPT_FOR, drop_import
from backend.jobs.models import Job, JobState
from backend.jobs.services import cancel_job
from backend.speakers.models import Speaker
from tests.cast import Person
from tests.factories import put_bytes, sent
from tests.phone_copies import Copy, announce, bring, gone, outcomes, take_in, zip_of
from tests.walk import run_job
from workers import export_zip

pytestmark = pytest.mark.django_db


# Files that no phone wrote


def manifest(**changes: Any) -> bytes:
    return json.dumps({"format": 1} | changes).encode()


def with_flag(body: bytes, flag: int) -> bytes:
    """Set a flag of every file in the directory."""
    changed = bytearray(body)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        (flags,) = struct.unpack_from("<H", changed, at + 8)
        struct.pack_into("<H", changed, at + 8, flags | flag)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def twice(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("fieldvoice.json", manifest())
        archive.writestr(name, b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(name, b"two")
    return target.getvalue()


def overlapping() -> bytes:
    """Name one file's bytes by two names in the directory, each as large as the whole."""
    body = bytearray(zip_of({"fieldvoice.json": manifest(), CLIP: bytes(50), CONSENT: bytes(50)}))
    for name in (CLIP, CONSENT):
        at = body.rfind(name.encode()) - 46
        struct.pack_into("<2L", body, at + 20, len(body), len(body))
    return bytes(body)


CLIP = f"clips/{uuid.uuid7()}.wav"


CONSENT = f"consents/{uuid.uuid7()}.wav"


GOOD = {"fieldvoice.json": manifest()}


def with_zip64() -> bytes:
    whole = zip_of(GOOD)
    return whole[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + whole[-22:]


def made_for(*, version: int) -> bytes:
    """Return a ZIP that says it needs this version of the format, times ten."""
    body = bytearray(zip_of(GOOD))
    struct.pack_into("<H", body, body.rfind(b"PK\x01\x02") + 6, version)
    return bytes(body)


def named_in_no_text() -> bytes:
    """Return a ZIP in which the name beside a file says it is UTF-8, and is not."""
    body = bytearray(zip_of(GOOD))
    struct.pack_into("<H", body, 6, 0x800)
    body[body.find(b"fieldvoice")] = 0xFF
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(900), "not a ZIP"),
        (b"PK", "not a ZIP"),
        (zip_of(GOOD)[:-30], "not a ZIP"),
        (zip_of(GOOD) + b"more", "not a ZIP"),
        (b"\x00" * 20 + zip_of(GOOD)[20:], "is damaged"),
        (zip_of({CLIP: b"x"}), "holds no fieldvoice.json"),
        (zip_of(GOOD | {"../../etc/passwd": b"x"}), "something else"),
        (zip_of(GOOD | {"clips/../../x.wav": b"x"}), "something else"),
        (zip_of(GOOD | {"/clips/x.wav": b"x"}), "something else"),
        (zip_of(GOOD | {"clips/name of a person.wav": b"x"}), "something else"),
        (zip_of(GOOD | {"__MACOSX/x": b"x"}), "something else"),
        (twice(CLIP), "twice"),
        (with_flag(zip_of(GOOD), 0x1), "encrypted"),
        (zip_of(GOOD, compression=zipfile.ZIP_LZMA), "not taken"),
        (zip_of(GOOD | {CLIP: bytes(10**7)}, compression=zipfile.ZIP_DEFLATED), "far more"),
        (overlapping(), "over each other"),
        (with_zip64(), "ZIP64"),
        (made_for(version=99), "is damaged"),
        (named_in_no_text(), "is damaged"),
        (zip_of({"fieldvoice.json": b"{"}), "not JSON"),
        (zip_of({"fieldvoice.json": b"\xff"}), "not UTF-8"),
        (zip_of({"fieldvoice.json": b'{"format": 1, "x": "\\u0000"}'}), "NUL"),
        (zip_of({"fieldvoice.json": b"[" * 100_000}), "too deeply"),
        (zip_of({"fieldvoice.json": b"[]"}), "format 1"),
        (zip_of({"fieldvoice.json": manifest(format=2)}), "format 1"),
        (zip_of({"fieldvoice.json": manifest(clips={})}), "clips is not a list"),
        (zip_of({"fieldvoice.json": manifest(clips=[7])}), "clips.0"),
        (zip_of({"fieldvoice.json": manifest(speakers=[{"id": "x"}])}), "speakers.0.id"),
    ],
)
def test_what_no_phone_wrote_is_refused_whole_and_deleted(
    manager: Person, body: bytes, why: str
) -> None:
    row = bring(manager, body)
    job = run_job("import_clips", row.pk)
    assert job.state == JobState.FAILED
    answer = sent(manager.get(f"/v1/imports/{row.pk}"), 200)
    assert (answer["state"], answer["results"]) == ("failed", [])
    assert why in answer["error"]
    assert gone(row)
    assert not Speaker.objects.exists()


def test_more_files_than_a_phone_writes_are_refused(
    manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_zip, "MOST_FILES", 3)
    body = zip_of(GOOD | {f"clips/{uuid.uuid7()}.wav": b"x" for _ in range(3)})
    assert "more than 3 files" in take_in(manager, body)["error"]


def test_more_bytes_than_a_phone_saves_are_refused(
    manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_zip, "MOST_BYTES_UNPACKED", 1000)
    assert "far more" in take_in(manager, zip_of(GOOD | {CLIP: bytes(1000)}))["error"]


def test_a_file_damaged_inside_refuses_its_clip_alone(manager: Person, copy: Copy) -> None:
    sitting = copy.sit_down()
    good, bad = copy.clip(sitting), copy.clip(sitting, seed=1)
    body = bytearray(copy.zipped())
    at = body.find(copy.sound_of(bad)) + 500
    body[at] ^= 1
    answer = take_in(manager, bytes(body))
    assert outcomes(answer) == {good["id"]: "taken", bad["id"]: "bytes-differ"}


def test_a_bomb_whose_directory_lies_is_read_no_further_than_it_says(
    manager: Person, copy: Copy
) -> None:
    row = copy.clip(copy.sit_down())
    bomb = bytes(3_000_000)
    copy.files[row["file"]] = bomb
    body = bytearray(copy.zipped(compression=zipfile.ZIP_DEFLATED))
    at = body.rfind(row["file"].encode()) - 46
    struct.pack_into("<L", body, at + 24, row["request"]["bytes"])
    assert outcomes(take_in(manager, bytes(body))) == {row["id"]: "bytes-differ"}


# The file does not stay


def test_an_import_that_a_person_cancels_ends_and_its_file_goes(
    manager: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = copy.sit_down()
    for seed in range(11):
        copy.clip(sitting, seed=seed)
    row = bring(manager, copy.zipped())
    bring_home = rescue._bring_home

    def canceled(*args: Any) -> Any:
        job = Job.objects.get(kind="import_clips")
        cancel_job(job_id=str(job.pk), actor="system", now=timezone.now())
        return bring_home(*args)

    monkeypatch.setattr(rescue, "_bring_home", canceled)
    assert run_job("import_clips", row.pk).state == JobState.CANCELED
    answer = sent(manager.get(f"/v1/imports/{row.pk}"), 200)
    assert (answer["state"], len(answer["results"])) == ("failed", 10)
    assert gone(row)
    monkeypatch.undo()
    again = take_in(manager, copy.zipped())
    assert again["state"] == "done"
    assert len(outcomes(again)) == 11
    assert Clip.objects.count() == 11


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_file_that_nobody_finished_is_gone_after_a_day(
    manager: Person, copy: Copy, confirmed: bool
) -> None:
    copy.clip(copy.sit_down())
    body = copy.zipped()
    begun = announce(manager, body)
    assert put_bytes(begun["upload"], body).status_code == 200
    if confirmed:
        sent(manager.post(f"/v1/imports/{begun['id']}/uploaded"), 202)
    row = ClipImport.objects.get(pk=begun["id"])
    job = Job.objects.get(kind="drop_import")
    assert row.keep_until < job.run_after <= timezone.now() + timedelta(hours=26)
    drop_import(row=row, now=row.keep_until - timedelta(seconds=1))
    assert not gone(row)
    drop_import(row=row, now=row.created_at + KEPT_FOR + timedelta(seconds=1))
    assert gone(row)
    row.refresh_from_db()
    assert row.state == ImportState.FAILED
    if confirmed:
        assert run_job("import_clips", row.pk).state == JobState.DONE
    assert take_in(manager, body)["state"] == "done"


def test_the_file_of_a_round_whose_attempts_all_died_goes_with_the_next_round(
    manager: Person, copy: Copy
) -> None:
    copy.clip(copy.sit_down())
    first = bring(manager, copy.zipped())
    Job.objects.filter(kind="import_clips").update(state=JobState.FAILED)
    second = bring(manager, copy.zipped())
    assert (second.pk, second.round) == (first.pk, 2)
    assert not gone(first)
    assert run_job("import_clips", second.pk).state == JobState.DONE
    second.refresh_from_db()
    assert second.state == ImportState.DONE
    assert gone(first)
    assert gone(second)


def test_what_is_put_after_the_end_goes_with_the_day(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down())
    body = copy.zipped()
    begun = announce(manager, body)
    answer = take_in(manager, body)
    assert put_bytes(begun["upload"], body).status_code == 200
    row = ClipImport.objects.get(pk=answer["id"])
    Job.objects.filter(kind="drop_import").update(run_after=timezone.now())
    ClipImport.objects.update(keep_until=timezone.now())
    assert run_job("drop_import", row.pk).state == JobState.DONE
    assert gone(row)
    row.refresh_from_db()
    assert row.state == ImportState.DONE
