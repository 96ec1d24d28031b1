"""Releases through the API: who may, what is answered, and what a withdrawal changes."""

import hashlib
import json
from typing import Any

import httpx
import pytest
import uuid_utils.compat as uuid
from django.test import Client
from django.utils import timezone

from backend import policy
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.jobs.models import AuditEvent, Job
from backend.releases.models import Release
from tests.cast import Person, Phone, make_campaign, make_person
from tests.factories import sent, sit_down
from tests.walk import accepted_clip, run_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_datasets")]
HERE = "/v1/campaigns/spring/releases"


@pytest.fixture
def scientist(campaign: Campaign) -> Person:
    """Somebody who builds and reads releases."""
    return make_person(policy.SCIENTIST, campaign)


@pytest.fixture
def clips(phone: Phone) -> list[Clip]:
    """Two accepted clips of two speakers."""
    return [accepted_clip(sit_down(phone), seed=number) for number in range(2)]


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def asked(person: Person, version: str = "1.0.0", **recipe: Any) -> dict[str, Any]:
    body: dict[str, Any] = sent(person.post(HERE, {"version": version, "recipe": recipe}), 202)
    return body


def built(person: Person, version: str = "1.0.0") -> str:
    """Ask for a release, let the worker build it, return its id."""
    release_id = asked(person, version)["id"]
    assert run_job("build_release", release_id).state == "done"
    return str(release_id)


def withdrawals(slug: str = "spring") -> list[dict[str, Any]]:
    answer = Client().get(f"/v1/campaigns/{slug}/withdrawals.jsonl")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/jsonl"
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_scientist_asks_for_a_release_and_follows_it_to_its_seal(
    scientist: Person, clips: list[Clip]
) -> None:
    begun = asked(scientist)
    assert begun["state"] == "draft"
    assert begun["progress"] == {"done": 0, "total": 0, "note": ""}
    path = f"/v1/releases/{begun['id']}"
    assert problem(scientist.get(f"{path}/files")) == "release-not-sealed"
    run_job("build_release", begun["id"])
    facts = sent(scientist.get(path))
    assert facts["state"] == "sealed"
    assert (facts["campaign"], facts["version"]) == ("spring", "1.0.0")
    assert facts["progress"]["done"] == facts["progress"]["total"] == 2
    assert (facts["counts"]["clips"], facts["counts"]["speakers"]) == (2, 2)
    assert facts["recipe"]["splits"] == {"train": 80, "validation": 10, "test": 10}
    assert facts["error"] == ""
    answer = sent(scientist.get(f"{path}/files"))
    assert answer["manifest_sha256"] == facts["manifest_sha256"]
    for file in answer["files"]:
        content = httpx.get(file["url"], timeout=120).raise_for_status().content
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
    names = [file["path"] for file in answer["files"]]
    assert {"MANIFEST.json", "README.md", "SHA256SUMS", "selection.parquet"} < set(names)
    acts = AuditEvent.objects.filter(subject=f"release:{begun['id']}").order_by("at")
    assert [event.act for event in acts] == ["release.draft", "release.seal"]


def test_the_same_request_again_is_the_same_release(scientist: Person, clips: list[Clip]) -> None:
    release_id = built(scientist)
    again = asked(scientist, splits={"train": 80, "validation": 10, "test": 10})
    assert (again["id"], again["state"]) == (release_id, "sealed")
    assert Job.objects.filter(kind="build_release").count() == 1


def test_another_recipe_under_the_same_version_is_refused(scientist: Person) -> None:
    asked(scientist)
    body = {"version": "1.0.0", "recipe": {"filters": {"transcribed": True}}}
    answer = scientist.post(HERE, body)
    assert (answer.status_code, problem(answer)) == (409, "version-taken")


def test_an_unknown_filter_is_refused_by_its_name(scientist: Person) -> None:
    body = {"version": "1.0.0", "recipe": {"filters": {"state": ["rejected"]}}}
    answer = scientist.post(HERE, body)
    assert (answer.status_code, problem(answer)) == (422, "recipe-refused")
    assert [error["field"] for error in answer.json()["errors"]] == ["recipe.filters.state"]
    assert not Release.objects.exists()


@pytest.mark.parametrize("version", ["", "1", "v1.0.0", "1.0", "01.0.0", "1.0.0+x", "../1.0.0", 1])
def test_a_version_is_semantic_or_refused(scientist: Person, version: object) -> None:
    answer = scientist.post(HERE, {"version": version, "recipe": {}})
    assert (answer.status_code, problem(answer)) == (400, "malformed")


def test_an_unknown_field_is_refused(scientist: Person) -> None:
    assert scientist.post(HERE, {"version": "1.0.0", "recipes": {}}).status_code == 400


def test_a_release_that_finds_no_clip_says_so(scientist: Person) -> None:
    release_id = asked(scientist)["id"]
    run_job("build_release", release_id)
    facts = sent(scientist.get(f"/v1/releases/{release_id}"))
    assert facts["state"] == "failed"
    assert "No clip" in facts["error"]


def test_a_release_whose_worker_always_died_is_shown_as_failed(scientist: Person) -> None:
    release_id = asked(scientist)["id"]
    Job.objects.update(state="failed", error="The worker died in every attempt.")
    facts = sent(scientist.get(f"/v1/releases/{release_id}"))
    assert (facts["state"], facts["error"]) == ("failed", "The worker died in every attempt.")
    assert asked(scientist)["state"] == "draft"


def test_a_release_is_canceled_once_and_a_sealed_one_is_not(
    scientist: Person, clips: list[Clip]
) -> None:
    release_id = asked(scientist)["id"]
    for _ in range(2):
        answer = sent(scientist.post(f"/v1/releases/{release_id}/cancel"), 200)
        assert answer["state"] == "canceled"
    assert Job.objects.get(kind="build_release").state == "canceled"
    sealed = built(scientist, "1.0.1")
    answer = scientist.post(f"/v1/releases/{sealed}/cancel")
    assert (answer.status_code, problem(answer)) == (409, "release-not-cancelable")


def test_a_withdrawn_clip_takes_its_files_links_away_and_is_listed(
    scientist: Person, clips: list[Clip], phone: Phone
) -> None:
    release_id = built(scientist)
    assert withdrawals() == []
    sent(phone.post(f"/v1/clips/{clips[0].pk}/withdraw", {"reason": "a private matter"}), 202)
    files = sent(scientist.get(f"/v1/releases/{release_id}/files"))["files"]
    closed = [file["path"] for file in files if file["url"] is None]
    holding = Release.objects.get(pk=release_id).items.get(clip=clips[0]).split
    assert closed == [f"data/{holding}-00000-of-00001.parquet", "selection.parquet"]
    assert [file["withdrawn"] for file in files if file["url"] is None] == [1, 1]
    (line,) = withdrawals()
    assert (line["clip_id"], line["versions"]) == (str(clips[0].pk), ["1.0.0"])
    assert set(line) == {"clip_id", "withdrawn_at", "versions"}
    ids = [str(clip.pk) for clip in clips] + [str(uuid.uuid7())]
    answer = sent(scientist.post(f"/v1/releases/{release_id}/gone", {"ids": ids}), 200)
    assert answer == {"gone": [str(clips[0].pk)]}
    # The next version is without it, and all its files can be had.
    later = sent(scientist.get(f"/v1/releases/{built(scientist, '1.0.1')}/files"))["files"]
    assert all(file["url"] for file in later)
    assert withdrawals() == [line]


def test_withdrawn_clips_that_were_never_published_are_not_listed(
    scientist: Person, phone: Phone, clips: list[Clip]
) -> None:
    release_id = asked(scientist)["id"]
    sent(phone.post(f"/v1/clips/{clips[0].pk}/withdraw", {}), 202)
    run_job("build_release", release_id)
    assert withdrawals() == []


def test_the_list_of_an_unknown_campaign_is_not_found() -> None:
    assert Client().get("/v1/campaigns/none/withdrawals.jsonl").status_code == 404


def test_more_ids_than_one_call_takes_are_refused(scientist: Person) -> None:
    release_id = asked(scientist)["id"]
    ids = [str(uuid.uuid7())] * 10_001
    assert scientist.post(f"/v1/releases/{release_id}/gone", {"ids": ids}).status_code == 400


def test_another_campaigns_scientist_sees_no_release_of_this_one(scientist: Person) -> None:
    release_id = asked(scientist)["id"]
    stranger = make_person(policy.SCIENTIST, make_campaign("autumn"), name="stranger")
    path = f"/v1/releases/{release_id}"
    assert stranger.get(path).status_code == 404
    assert stranger.get(f"{path}/files").status_code == 404
    assert stranger.post(f"{path}/cancel").status_code == 404
    assert stranger.post(f"{path}/gone", {"ids": []}).status_code == 404
    assert stranger.post(HERE, {"version": "1.0.0", "recipe": {}}).status_code == 404
    assert Release.objects.get().state == "draft"


def test_a_phone_and_an_operator_reach_no_release(
    scientist: Person, phone: Phone, campaign: Campaign
) -> None:
    release_id = asked(scientist)["id"]
    for caller in (phone, make_person(policy.OPERATOR, campaign, name="operator")):
        assert caller.get(f"/v1/releases/{release_id}").status_code == 403
        assert caller.post(HERE, {"version": "2.0.0", "recipe": {}}).status_code == 403


def test_an_unknown_release_is_not_found(scientist: Person) -> None:
    assert scientist.get(f"/v1/releases/{uuid.uuid7()}").status_code == 404


def test_the_age_of_a_withdrawal_is_the_servers(
    scientist: Person, clips: list[Clip], phone: Phone
) -> None:
    built(scientist)
    before = timezone.now().isoformat()
    sent(phone.post(f"/v1/clips/{clips[1].pk}/withdraw", {}), 202)
    assert before <= withdrawals()[0]["withdrawn_at"] <= timezone.now().isoformat()
