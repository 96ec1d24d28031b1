"""The job that takes a copy in: nothing doubled, nothing lost, nothing kept that may not be."""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend import storage
from backend.accounts.services import revoke_device
from backend.clips import receipts
from backend.clips.models import Clip, ClipEvent, Session
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker
from backend.imports import rescue
from backend.imports.models import ClipImport, ImportedClip, ImportState
from backend.imports.services import KEPT_FOR, drop_import, import_key
from backend.jobs.models import Job, JobState
from backend.jobs.services import cancel_job
from backend.speakers.models import Consent, Speaker
from tests.cast import Person, Phone, make_campaign, make_phone
from tests.factories import put_bytes, sent
from tests.phone_copies import Copy, announce, bring, outcomes, take_in, zip_of
from tests.sounds import speech_like, wav
from tests.walk import run_job
from workers import export_zip
from workers.jobs import import_clips as import_job
from workers.registry import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def copy(phone: Phone) -> Copy:
    return Copy(phone)


def send_as_the_phone_does(copy: Copy, *, confirm: bool = True) -> None:
    """Send everything of a copy by the phone's own calls."""
    for table in ("speakers", "consents", "sessions"):
        for row in copy.rows[table]:
            sent(copy.phone.put(f"/v1/{table}/{row['id']}", row["request"]))
    for row in copy.rows["clips"]:
        answer = sent(copy.phone.put(f"/v1/clips/{row['id']}", row["request"]))
        if not confirm:
            continue
        if answer["upload"]:
            assert put_bytes(answer["upload"], copy.sound_of(row)).status_code == 200
        sent(copy.phone.post(f"/v1/clips/{row['id']}/uploaded"), 200)


def everything() -> list[int]:
    """Count the rows that an import may write."""
    return [model.objects.count() for model in (Speaker, Consent, Session, Clip, ClipEvent, Job)]


def gone(row: ClipImport) -> bool:
    try:
        storage.head(import_key(row))
    except storage.ObjectMissing:
        return True
    return False


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


# One bad clip fails no other


def test_each_clip_has_its_own_answer(manager: Person, copy: Copy) -> None:
    sitting = copy.sit_down()
    good = copy.clip(sitting)
    expected = {good["id"]: "taken"}

    def bad(problem: str, **changes: Any) -> dict[str, Any]:
        row = copy.clip(sitting, seed=len(expected), **changes)
        expected[row["id"]] = problem
        return row

    bad("session-unknown", session=str(uuid.uuid7()))
    bad("prompt-unknown", prompt=str(uuid.uuid7()))
    bad("malformed", colour="green")
    bad("clip-too-long", duration_ms=10**8)
    bad("clip-too-large", bytes=10**8)
    bad("bytes-differ", sha256="0" * 64)
    bad("bytes-differ")["request"]["bytes"] += 1
    bad("bytes-missing")["file"] = f"clips/{uuid.uuid7()}.wav"
    bad("malformed")["file"] = ""
    bad("other-campaign")["campaign"] = "autumn"
    copy.phone.device.install_id = "unknown-install"
    bad("collector-unknown")["collector"] = str(uuid.uuid7())
    answer = take_in(manager, copy.zipped())
    assert answer["state"] == "done"
    assert outcomes(answer) == expected
    assert Clip.objects.count() == 1


def test_what_refuses_a_speaker_refuses_their_clips_by_the_same_name(
    manager: Person, copy: Copy
) -> None:
    mute, heard = copy.sit_down(), copy.sit_down()
    copy.rows["speakers"][0]["request"]["demographics"] = {"gender": 7}
    refused, taken = copy.clip(mute), copy.clip(heard, seed=1)
    answer = take_in(manager, copy.zipped())
    assert outcomes(answer) == {refused["id"]: "malformed", taken["id"]: "taken"}
    assert Speaker.objects.count() == 1


def test_anothers_speaker_is_not_taken_over(
    manager: Person, copy: Copy, other_phone: Phone
) -> None:
    row = copy.clip(copy.sit_down())
    send_as_the_phone_does(copy)
    theirs = Copy(other_phone)
    theirs.clip(theirs.sit_down(), seed=1)
    theirs.rows["clips"][0] |= {"id": row["id"]}
    theirs.rows["speakers"][0]["id"] = copy.rows["speakers"][0]["id"]
    theirs.rows["consents"][0]["request"]["speaker"] = copy.rows["speakers"][0]["id"]
    answer = take_in(manager, theirs.zipped())
    assert outcomes(answer) == {row["id"]: "id-taken"}
    assert Clip.objects.get().sha256 == row["request"]["sha256"]


def test_evidence_that_is_not_the_recorded_one_refuses_the_consent(
    manager: Person, copy: Copy
) -> None:
    row = copy.clip(copy.sit_down(spoken=wav(speech_like(1.0, seed=1))))
    name = copy.rows["consents"][0]["file"]
    copy.files[name] = wav(speech_like(1.0, seed=2))
    answer = take_in(manager, copy.zipped())
    assert outcomes(answer) == {row["id"]: "bytes-differ"}
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.consent_key(copy.rows["consents"][0]["id"]))


# Who took their voice back


def test_a_withdrawn_speakers_clips_are_refused_and_not_stored(manager: Person, copy: Copy) -> None:
    sitting = copy.sit_down(spoken=wav(speech_like(1.0, seed=5)))
    row = copy.clip(sitting)
    for table in ("speakers",):
        for one in copy.rows[table]:
            sent(copy.phone.put(f"/v1/{table}/{one['id']}", one["request"]))
    withdraw_speaker(
        speaker_id=sitting.speaker, device=None, actor="system", reason="", now=timezone.now()
    )
    answer = take_in(manager, copy.zipped())
    assert outcomes(answer) == {row["id"]: "speaker-withdrawn"}
    for key in (storage.clip_key(row["id"]), storage.consent_key(sitting.consent)):
        with pytest.raises(storage.ObjectMissing):
            storage.head(key)


def test_a_withdrawal_that_the_phone_could_not_send_is_heard(manager: Person, copy: Copy) -> None:
    sitting, other = copy.sit_down(), copy.sit_down()
    taken_back, kept = copy.clip(sitting), copy.clip(other, seed=1)
    collector = str(copy.phone.device.collector_id)
    copy.rows["withdrawals"].append(
        {"collector": collector, "campaign": "spring", "speaker": str(sitting.speaker)}
    )
    answer = take_in(manager, copy.zipped())
    assert outcomes(answer) == {taken_back["id"]: "speaker-withdrawn", kept["id"]: "taken"}
    assert Speaker.objects.get(pk=sitting.speaker).withdrawn_at is not None


def test_a_clip_taken_back_on_the_phone_is_taken_back_here(manager: Person, copy: Copy) -> None:
    row = copy.clip(copy.sit_down())
    send_as_the_phone_does(copy)
    copy.rows["clips"].clear()
    collector = str(copy.phone.device.collector_id)
    wish = {"collector": collector, "campaign": "spring", "clip": row["id"]}
    copy.rows["withdrawals"] += [wish, wish | {"clip": str(uuid.uuid7())}]
    assert take_in(manager, copy.zipped())["state"] == "done"
    assert Clip.objects.get().state == State.WITHDRAWN


def test_a_clip_taken_back_while_it_is_stored_leaves_no_bytes(
    manager: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = copy.clip(copy.sit_down())
    write = storage.write

    def after_a_withdrawal(**stored: Any) -> Any:
        withdraw_clip(clip_id=row["id"], actor="system", reason="", now=timezone.now())
        return write(**stored)

    monkeypatch.setattr(storage, "write", after_a_withdrawal)
    assert outcomes(take_in(manager, copy.zipped())) == {row["id"]: "clip-withdrawn"}
    with pytest.raises(storage.ObjectMissing):
        storage.head(storage.clip_key(row["id"]))


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


def test_another_campaigns_clips_are_left_for_it(manager: Person, copy: Copy) -> None:
    copy.clip(copy.sit_down())
    autumn = Copy(make_phone(make_campaign("autumn"), install_id="install-0001"))
    foreign = autumn.clip(autumn.sit_down(), seed=1)
    for table, rows in autumn.rows.items():
        copy.rows[table] += rows
    copy.files |= autumn.files
    answer = take_in(manager, copy.zipped())
    assert sorted(outcomes(answer).values()) == ["other-campaign", "taken"]
    assert outcomes(answer)[foreign["id"]] == "other-campaign"
    assert Speaker.objects.filter(campaign__slug="autumn").count() == 0
