"""Speakers, consents, sessions: idempotent under the phone's ids, and in the right order."""

import hashlib
from typing import Any

import pytest
import uuid_utils.compat as uuid

from backend.campaigns.models import Campaign, Site
from backend.clips.models import Session
from backend.jobs.models import AuditEvent
from backend.speakers.models import Consent, Speaker
from tests.cast import Phone
from tests.factories import (
    Sitting,
    consent_body,
    put_bytes,
    sent,
    session_body,
    speaker_body,
)
from tests.sounds import flac, speech_like

pytestmark = pytest.mark.django_db


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_a_speaker_is_registered_once_under_the_phones_id(phone: Phone) -> None:
    speaker = uuid.uuid7()
    body = speaker_body(phone)
    first = phone.put(f"/v1/speakers/{speaker}", body)
    again = phone.put(f"/v1/speakers/{speaker}", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Speaker.objects.get().cell == "gender=female|age_band=30-39"


def test_the_same_speaker_with_other_answers_is_a_conflict(phone: Phone) -> None:
    speaker = uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    other = phone.put(f"/v1/speakers/{speaker}", speaker_body(phone, gender="male"))
    assert (other.status_code, problem(other)) == (409, "id-taken")


def test_a_declined_answer_is_kept_apart_from_an_unknown_one(phone: Phone) -> None:
    for gender, birth_year in (("declined", "unknown"), ("unknown", "declined")):
        body = speaker_body(phone, gender=gender, birth_year=birth_year)
        sent(phone.put(f"/v1/speakers/{uuid.uuid7()}", body))
    assert set(Speaker.objects.values_list("cell", flat=True)) == {
        "gender=declined|age_band=unknown",
        "gender=unknown|age_band=declined",
    }


def test_answers_that_the_campaign_does_not_know_are_named(phone: Phone) -> None:
    answer = phone.put(
        f"/v1/speakers/{uuid.uuid7()}", speaker_body(phone, gender="green", shoe_size=43)
    )
    assert answer.status_code == 400
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"demographics.gender", "demographics.shoe_size"}


def test_a_consent_is_recorded_once_with_an_audit_event(phone: Phone) -> None:
    speaker, consent = uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    body = consent_body(phone, speaker)
    assert phone.put(f"/v1/consents/{consent}", body).status_code == 201
    assert phone.put(f"/v1/consents/{consent}", body).status_code == 200
    assert AuditEvent.objects.filter(act="consent.give").count() == 1


def test_a_spoken_consent_is_stored_and_confirmed(phone: Phone) -> None:
    speaker, consent = uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    words = flac(speech_like(2.0))
    evidence = {
        "sha256": hashlib.sha256(words).hexdigest(),
        "bytes": len(words),
        "content_type": "audio/flac",
    }
    body = consent_body(phone, speaker, method="spoken", evidence=evidence)
    upload = sent(phone.put(f"/v1/consents/{consent}", body), 201)["upload"]
    early = phone.post(f"/v1/consents/{consent}/uploaded")
    assert (early.status_code, problem(early)) == (409, "bytes-missing")
    assert put_bytes(upload, words).status_code == 200
    assert phone.post(f"/v1/consents/{consent}/uploaded").json() == {"id": str(consent)}
    assert Consent.objects.get().evidence_stored_at is not None


def test_a_signature_is_stored_as_a_picture_and_confirmed(phone: Phone) -> None:
    speaker, consent = uuid.uuid7(), uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    drawing = b"\x89PNG\r\n\x1a\n" + bytes(64)
    evidence = {
        "sha256": hashlib.sha256(drawing).hexdigest(),
        "bytes": len(drawing),
        "content_type": "image/png",
    }
    body = consent_body(phone, speaker, method="signature", evidence=evidence)
    upload = sent(phone.put(f"/v1/consents/{consent}", body), 201)["upload"]
    assert put_bytes(upload, drawing).status_code == 200
    assert phone.post(f"/v1/consents/{consent}/uploaded").status_code == 200
    spoken = consent_body(phone, speaker, method="spoken", evidence=evidence)
    assert phone.put(f"/v1/consents/{uuid.uuid7()}", spoken).status_code == 400


def test_scopes_beyond_the_form_are_refused(phone: Phone) -> None:
    speaker = uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{speaker}", speaker_body(phone)))
    body = consent_body(phone, speaker, scopes=["collect", "embeddings"])
    assert phone.put(f"/v1/consents/{uuid.uuid7()}", body).status_code == 400


def test_a_session_needs_a_consent_of_its_own_speaker(phone: Phone, sitting: Sitting) -> None:
    stranger = uuid.uuid7()
    sent(phone.put(f"/v1/speakers/{stranger}", speaker_body(phone)))
    answer = phone.put(
        f"/v1/sessions/{uuid.uuid7()}", session_body(phone, stranger, sitting.consent)
    )
    assert (answer.status_code, problem(answer)) == (409, "consent-missing")


def test_a_session_of_an_unknown_speaker_is_refused(phone: Phone, sitting: Sitting) -> None:
    answer = phone.put(
        f"/v1/sessions/{uuid.uuid7()}", session_body(phone, uuid.uuid7(), sitting.consent)
    )
    assert (answer.status_code, problem(answer)) == (422, "speaker-unknown")


def test_a_clock_years_off_is_stored_not_refused(phone: Phone, sitting: Sitting) -> None:
    session = uuid.uuid7()
    body = session_body(
        phone,
        sitting.speaker,
        sitting.consent,
        started_at="1987-01-01T00:00:00+02:00",
        clock_offset_ms=-1_200_000_000_000,
    )
    assert phone.put(f"/v1/sessions/{session}", body).status_code == 201
    assert phone.put(f"/v1/sessions/{session}", body).status_code == 200
    assert Session.objects.get(pk=session).started_at.year == 1986


def test_a_withdrawn_speaker_takes_no_new_session(phone: Phone, sitting: Sitting) -> None:
    assert phone.post(f"/v1/speakers/{sitting.speaker}/withdraw", {}).status_code == 202
    answer = phone.put(
        f"/v1/sessions/{uuid.uuid7()}", session_body(phone, sitting.speaker, sitting.consent)
    )
    assert (answer.status_code, problem(answer)) == (409, "speaker-withdrawn")


def test_another_collector_cannot_use_or_withdraw_my_speaker(
    other_phone: Phone, sitting: Sitting
) -> None:
    theirs = other_phone.put(
        f"/v1/sessions/{uuid.uuid7()}",
        session_body(other_phone, sitting.speaker, sitting.consent),
    )
    assert problem(theirs) == "speaker-unknown"
    assert other_phone.post(f"/v1/speakers/{sitting.speaker}/withdraw", {}).status_code == 404


def test_the_pack_holds_what_days_offline_need_and_costs_a_304(phone: Phone) -> None:
    answer = phone.get("/v1/campaigns/spring/pack")
    pack = answer.json()
    assert set(pack) == {
        "campaign",
        "consent_forms",
        "demographics",
        "sites",
        "prompts",
        "quality_profile",
    }
    assert len(pack["prompts"]) == 5
    assert pack["campaign"]["dimensions"] == ["gender", "age_band"]
    assert pack["sites"] == []
    assert pack["quality_profile"]["rules"]
    again = phone.get("/v1/campaigns/spring/pack", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_pack_names_the_sites(phone: Phone) -> None:
    for slug, name in (("north", "North market"), ("bus", "Bus station")):
        Site.objects.create(campaign=phone.campaign, slug=slug, name=name)
    pack = phone.get("/v1/campaigns/spring/pack").json()
    assert pack["sites"] == [
        {"slug": "bus", "name": "Bus station"},
        {"slug": "north", "name": "North market"},
    ]


def test_next_prompts_leave_out_what_the_speaker_has_recorded(sitting: Sitting) -> None:
    path = f"/v1/campaigns/spring/prompts?session={sitting.session}&count=3"
    prompts = sent(sitting.phone.get(path))["prompts"]
    assert len(prompts) == 3
    assert set(prompts[0]) == {
        "id",
        "revision",
        "kind",
        "text",
        "language",
        "direction",
        "max_seconds",
        "repeats",
        "block",
        "has_audio",
    }


def test_a_clock_that_is_ahead_is_no_reason_to_refuse_a_closed_campaigns_session(
    phone: Phone, sitting: Sitting
) -> None:
    Campaign.objects.update(state="closed")
    body = session_body(phone, sitting.speaker, sitting.consent, started_at="2099-01-01T00:00:00Z")
    assert phone.put(f"/v1/sessions/{uuid.uuid7()}", body).status_code == 201
    assert phone.get("/v1/campaigns/spring/pack").json()["campaign"]["state"] == "closed"
