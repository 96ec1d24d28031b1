"""Rescued copies through the API: who may, what is answered, what the same file again does."""

import hashlib
from typing import Any

import pytest
import uuid_utils.compat as uuid

from backend import policy, storage
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.imports.models import ClipImport
from backend.imports.services import MAX_BYTES, import_key
from backend.jobs.models import AuditEvent, Job
from tests.cast import Person, Phone, make_campaign, make_person
from tests.factories import put_bytes, sent
from tests.phone_copies import Copy, announce, bring, outcomes, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def copy(phone: Phone) -> Copy:
    """A phone's copy with one clip."""
    made = Copy(phone)
    made.clip(made.sit_down())
    return made


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def facts(body: bytes, **changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(body).hexdigest()
    return {"campaign": "spring", "sha256": sha256, "bytes": len(body)} | changes


def test_a_manager_brings_a_copy_and_reads_what_became_of_each_clip(
    manager: Person, copy: Copy
) -> None:
    body = copy.zipped()
    begun = sent(manager.post("/v1/imports", facts(body)), 201)
    assert begun["state"] == "expected"
    headers = begun["upload"]["headers"]
    assert (headers["Content-Type"], headers["If-None-Match"]) == ("application/zip", "*")
    assert "/parts/imports/" in begun["upload"]["url"]
    assert put_bytes(begun["upload"], body).status_code == 200
    here = f"/v1/imports/{begun['id']}"
    assert sent(manager.post(f"{here}/uploaded"), 202)["state"] == "uploaded"
    assert sent(manager.get(here), 200)["results"] == []
    answer = take_in(manager, body)
    [clip] = copy.rows["clips"]
    assert (answer["state"], answer["error"]) == ("done", "")
    assert answer["progress"] == {"done": 1, "total": 1, "note": ""}
    assert answer["results"] == [{"id": clip["id"], "outcome": "taken", "problem": ""}]
    assert Clip.objects.get().state == "uploaded"


def test_the_same_file_again_is_the_same_import(manager: Person, copy: Copy) -> None:
    body = copy.zipped()
    first = sent(manager.post("/v1/imports", facts(body)), 201)
    again = sent(manager.post("/v1/imports", facts(body)), 200)
    assert (again["id"], again["state"]) == (first["id"], "expected")
    assert again["upload"]["url"]
    done = take_in(manager, body)
    after = sent(manager.post("/v1/imports", facts(body)), 200)
    assert after == {"id": first["id"], "state": "done", "upload": None}
    assert take_in(manager, body) == done
    assert Job.objects.filter(kind="import_clips").count() == 1


def test_a_confirmation_that_comes_twice_starts_one_job(manager: Person, copy: Copy) -> None:
    row = bring(manager, copy.zipped())
    assert sent(manager.post(f"/v1/imports/{row.pk}/uploaded"), 202)["state"] == "uploaded"
    assert Job.objects.filter(kind="import_clips").count() == 1


def test_bytes_that_did_not_come_are_missing(manager: Person, copy: Copy) -> None:
    begun = announce(manager, copy.zipped())
    answer = manager.post(f"/v1/imports/{begun['id']}/uploaded")
    assert (answer.status_code, problem(answer)) == (409, "bytes-missing")


def test_the_store_takes_no_other_bytes_than_those_announced(manager: Person, copy: Copy) -> None:
    body = copy.zipped()
    begun = announce(manager, body)
    other = body[:-1] + bytes([body[-1] ^ 1])
    assert put_bytes(begun["upload"], other).status_code >= 400
    assert put_bytes(begun["upload"], body).status_code == 200
    assert put_bytes(begun["upload"], body).status_code == 412


def test_a_file_beyond_the_bound_is_refused_before_it_is_sent(manager: Person) -> None:
    answer = manager.post("/v1/imports", facts(b"x", bytes=MAX_BYTES + 1))
    assert (answer.status_code, problem(answer)) == (422, "import-too-large")
    assert not ClipImport.objects.exists()


def test_one_sum_with_two_sizes_is_malformed(manager: Person) -> None:
    sent(manager.post("/v1/imports", facts(b"x")), 201)
    answer = manager.post("/v1/imports", facts(b"x", bytes=2))
    assert (answer.status_code, problem(answer)) == (400, "malformed")


def test_only_a_manager_of_the_campaign_imports_into_it(
    manager: Person, phone: Phone, campaign: Campaign
) -> None:
    row = announce(manager, b"x")
    here = f"/v1/imports/{row['id']}"
    scientist = make_person(policy.SCIENTIST, campaign)
    stranger = make_person(policy.MANAGER, make_campaign("autumn"), name="stranger")
    for caller, status in ((scientist, 403), (phone, 403), (stranger, 404)):
        assert caller.post("/v1/imports", facts(b"x")).status_code == status
        assert caller.get(here).status_code == status
        assert caller.post(f"{here}/uploaded").status_code == status
    assert manager.get(f"/v1/imports/{uuid.uuid7()}").status_code == 404
    assert manager.post("/v1/imports", facts(b"x", campaign="winter")).status_code == 404


def test_a_file_that_left_something_out_may_be_sent_again(
    manager: Person, phone: Phone, copy: Copy
) -> None:
    too_long = copy.clip(copy.sit_down(), seed=1, duration_ms=90_000)
    body = copy.zipped()
    first = take_in(manager, body)
    assert outcomes(first)[too_long["id"]] == "clip-too-long"
    phone.campaign.max_seconds = 120
    phone.campaign.save()
    second = take_in(manager, body)
    assert second["id"] == first["id"]
    assert set(outcomes(second).values()) == {"taken"}
    assert Clip.objects.count() == 2


def test_an_import_stands_in_the_audit_trail(manager: Person, copy: Copy) -> None:
    answer = take_in(manager, copy.zipped())
    begun, done = AuditEvent.objects.filter(subject=f"import:{answer['id']}").order_by("at")
    assert (begun.act, begun.actor) == ("clip.import", f"user:{manager.user.pk}")
    assert done.act == "clip.import-done"
    assert done.detail == {"taken": 1, "already-there": 0, "refused": 0}


def test_the_file_is_gone_when_the_import_is_done(manager: Person, copy: Copy) -> None:
    answer = take_in(manager, copy.zipped())
    with pytest.raises(storage.ObjectMissing):
        storage.head(import_key(ClipImport.objects.get(pk=answer["id"])))
