"""The evidence of a consent in parts, on the real bucket: the way clips go, and nothing doubled."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend import storage
from backend.clips.withdrawal import withdraw_speaker
from backend.jobs.models import AuditEvent, Job, JobState
from backend.jobs.services import enqueue_job
from backend.speakers.models import Consent
from tests.cast import Phone
from tests.factories import (
    consent_body,
    cut,
    part_facts,
    put_bytes,
    put_parts,
    sent,
    speaker_body,
)
from tests.sounds import speech_like, wav
from tests.walk import run_job
from workers.jobs.join_parts import join_evidence
from workers.registry import JobRun

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = wav(speech_like(3.0))
PIECES = cut(WORDS)


def spoken(words: bytes, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(words).hexdigest()
    return {"sha256": digest, "bytes": len(words), "content_type": "audio/wav"} | more


def announce(phone: Phone, words: bytes = WORDS) -> tuple[UUID, dict[str, Any], dict[str, Any]]:
    """Announce a spoken consent whole; returns its id, its request and the upload."""
    speaker, consent = uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    body = consent_body(phone, speaker, method="spoken", evidence=spoken(words))
    return consent, body, sent(phone.put(f"/v1/consents/{consent}", body), 201)["upload"]


def with_parts(body: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    return body | {"evidence": body["evidence"] | {"parts": part_facts(pieces)}}


def in_parts(phone: Phone, words: bytes = WORDS) -> tuple[Consent, dict[str, Any]]:
    """Announce, add parts, put them all and confirm; the job to join them is there."""
    consent_id, body, _ = announce(phone, words)
    body = with_parts(body, PIECES)
    put_parts(sent(phone.put(f"/v1/consents/{consent_id}", body), 200)["upload"], PIECES)
    joining = sent(phone.post(f"/v1/consents/{consent_id}/uploaded"), 202)
    assert joining == {"id": str(consent_id)}
    return Consent.objects.get(pk=consent_id), body


def parts_of(consent: Consent) -> list[str]:
    return list(storage.list_keys(storage.consent_parts(consent.pk)))


def is_stored(consent: Consent) -> bool:
    try:
        return storage.head(storage.consent_key(consent.pk)).bytes > 0
    except storage.ObjectMissing:
        return False


def problem(answer: Any) -> str:
    slug: str = answer.json()["type"].rpartition(":")[2]
    return slug


def test_the_parts_are_joined_into_the_very_words_and_then_dropped(phone: Phone) -> None:
    consent, body = in_parts(phone)
    sent(phone.post(f"/v1/consents/{consent.pk}/uploaded"), 202)
    assert Job.objects.filter(kind="join_evidence").count() == 1
    assert run_job("join_evidence", consent.pk).state == JobState.DONE
    assert sent(phone.post(f"/v1/consents/{consent.pk}/uploaded"), 200) == {"id": str(consent.pk)}
    assert storage.read(storage.consent_key(consent.pk), max_bytes=len(WORDS)) == WORDS
    assert parts_of(consent) == []
    # Announced once more, with parts or without, it is home and no other consent.
    for again in (body, body | {"evidence": spoken(WORDS)}):
        assert sent(phone.put(f"/v1/consents/{consent.pk}", again), 200) == {"id": str(consent.pk)}
    assert AuditEvent.objects.filter(act="consent.give").count() == 1


def test_joining_twice_leaves_what_was_stored_first(phone: Phone) -> None:
    consent, _ = in_parts(phone)
    job = Job.objects.get(kind="join_evidence")
    join_evidence(JobRun(job))
    stored_at = Consent.objects.get().evidence_stored_at
    storage.write(
        key=storage.part_key(storage.consent_parts(consent.pk), 1), body=b"left", content_type="x/y"
    )
    join_evidence(JobRun(job))
    assert stored_at is not None
    assert Consent.objects.get().evidence_stored_at == stored_at
    assert parts_of(consent) == []


def test_a_part_that_is_gone_is_asked_for_again(phone: Phone) -> None:
    consent, body = in_parts(phone)
    storage.delete([parts_of(consent)[1]])
    assert run_job("join_evidence", consent.pk).state == JobState.FAILED
    refused = phone.post(f"/v1/consents/{consent.pk}/uploaded")
    assert (problem(refused), refused.json()["missing_parts"]) == ("bytes-missing", [2])
    upload = sent(phone.put(f"/v1/consents/{consent.pk}", body))["upload"]
    assert put_bytes(upload["parts"][1], PIECES[1]).status_code == 200
    sent(phone.post(f"/v1/consents/{consent.pk}/uploaded"), 202)
    assert run_job("join_evidence", consent.pk).state == JobState.DONE


def test_parts_that_are_not_the_announced_words_are_told_and_can_be_mended(phone: Phone) -> None:
    other = WORDS[:-1] + bytes([WORDS[-1] ^ 1])
    consent, body = in_parts(phone, other)
    assert run_job("join_evidence", consent.pk).state == JobState.FAILED
    assert parts_of(consent) == []
    refused = phone.post(f"/v1/consents/{consent.pk}/uploaded")
    assert (refused.status_code, problem(refused)) == (409, "bytes-differ")
    mended = with_parts(body, cut(other))
    put_parts(sent(phone.put(f"/v1/consents/{consent.pk}", mended))["upload"], cut(other))
    sent(phone.post(f"/v1/consents/{consent.pk}/uploaded"), 202)
    assert run_job("join_evidence", consent.pk).state == JobState.DONE


def test_other_parts_than_before_or_parts_that_do_not_add_up_are_refused(phone: Phone) -> None:
    consent_id, body, _ = announce(phone)
    short = phone.put(f"/v1/consents/{consent_id}", with_parts(body, PIECES[:-1]))
    assert (short.status_code, problem(short)) == (400, "malformed")
    assert short.json()["errors"][0]["field"] == "evidence.parts"
    sent(phone.put(f"/v1/consents/{consent_id}", with_parts(body, PIECES)), 200)
    other = phone.put(f"/v1/consents/{consent_id}", with_parts(body, cut(WORDS, 30_000)))
    assert (other.status_code, problem(other)) == (409, "id-taken")
    # Parts that cannot be are no reason to keep half a consent.
    malformed = with_parts(body, PIECES[:-1])
    assert phone.put(f"/v1/consents/{uuid.uuid7()}", malformed).status_code == 400
    assert Consent.objects.count() == 1


def test_whole_words_that_did_arrive_are_taken_and_their_parts_swept(phone: Phone) -> None:
    consent_id, body, upload = announce(phone)
    given = sent(phone.put(f"/v1/consents/{consent_id}", with_parts(body, PIECES)), 200)["upload"]
    assert put_bytes(given["parts"][0], PIECES[0]).status_code == 200
    assert put_bytes(upload, WORDS).status_code == 200
    sent(phone.post(f"/v1/consents/{consent_id}/uploaded"), 200)
    assert not Job.objects.filter(kind="join_evidence").exists()
    consent = Consent.objects.get()
    assert len(parts_of(consent)) == 1
    sweep()
    assert parts_of(consent) == []
    assert is_stored(consent)


def test_who_withdraws_while_their_words_are_joined_leaves_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent, _ = in_parts(phone)
    write = storage.write

    def write_late(**what: Any) -> bool:
        withdraw(consent)
        return write(**what)

    monkeypatch.setattr(storage, "write", write_late)
    assert run_job("join_evidence", consent.pk).state == JobState.DONE
    assert not is_stored(consent)
    assert parts_of(consent) == []
    refused = phone.post(f"/v1/consents/{consent.pk}/uploaded")
    assert (refused.status_code, problem(refused)) == (409, "speaker-withdrawn")


def test_a_join_that_died_before_a_withdrawal_leaves_nothing_when_it_is_tried_again(
    phone: Phone,
) -> None:
    consent, _ = in_parts(phone)
    sent(phone.post(f"/v1/consents/{consent.pk}/uploaded"), 202)
    withdraw(consent)
    # As the dead attempt wrote it.
    storage.write(key=storage.consent_key(consent.pk), body=WORDS, content_type="audio/wav")
    assert run_job("join_evidence", consent.pk).state == JobState.DONE
    assert not is_stored(consent)
    assert parts_of(consent) == []


def withdraw(consent: Consent) -> None:
    withdraw_speaker(
        speaker_id=consent.speaker_id, device=None, actor="system", reason="", now=timezone.now()
    )


def sweep() -> None:
    key = f"sweep_parts:{uuid.uuid7()}"
    enqueue_job(kind="sweep_parts", key=key, subject="parts", now=timezone.now())
    assert run_job("sweep_parts", "parts").state == JobState.DONE


def test_parts_are_swept_once_nobody_waits_for_them(phone: Phone) -> None:
    awaited, abandoned, withdrawn = (in_parts(phone)[0] for _ in range(3))
    long_ago = timezone.now() - timedelta(days=15)
    Consent.objects.filter(pk=abandoned.pk).update(evidence_until=long_ago)
    withdraw(withdrawn)
    sweep()
    assert len(parts_of(awaited)) == len(PIECES)
    assert parts_of(abandoned) == []
    assert parts_of(withdrawn) == []


def test_another_collector_cannot_confirm_my_speakers_words(
    phone: Phone, other_phone: Phone
) -> None:
    consent, _ = in_parts(phone)
    answer = other_phone.post(f"/v1/consents/{consent.pk}/uploaded")
    assert problem(answer) == "consent-unknown"
