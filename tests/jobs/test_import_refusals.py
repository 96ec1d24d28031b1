"""What an import refuses: one bad clip fails no other, and who took their voice back is heard."""

from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker
from backend.speakers.models import Speaker
from tests.cast import Person, Phone, make_campaign, make_phone
from tests.factories import sent
from tests.phone_copies import Copy, outcomes, send_as_the_phone_does, take_in
from tests.sounds import speech_like, wav

pytestmark = pytest.mark.django_db


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
