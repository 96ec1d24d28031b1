"""The audio link and the webhook, as a vendor's browser and its Label Studio call them."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from annotation.links import WEBHOOK_SECRET_HEADER
from annotation.models import AudioAccess, Instance, Project, Route, RouteState
from annotation.services.polling import PULL_EVERY, poll_projects
from annotation.services.routing import open_annotation
from annotation.services.sending import task_data
from annotation.services.withdrawal import revoke_withdrawn
from backend import policy, storage
from backend.accounts.models import Firm
from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.clips.state import State
from backend.jobs.models import Job
from backend.quality.models import Derivative
from tests.annotation.conftest import ACTOR, MakeClip, MakeRoute, now
from tests.cast import Person, Phone, make_person

pytestmark = pytest.mark.django_db
SLUG = "urn:fieldvoice:problem:"


def link_of(route: Route) -> str:
    """The address in the route's task, without the host."""
    url = urlsplit(task_data(route)["audio"])
    return f"{url.path}?{url.query}"


def get(path: str, **headers: str) -> Any:
    answer = Client().get(path, headers=headers)
    # The player reads no status without this header, and a cached answer would outlive the route.
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "no-store"
    return answer


def test_the_link_leads_to_the_sound_in_the_store(routed: MakeRoute) -> None:
    route = routed()
    storage.write(key=storage.clip_key(route.clip_id), body=b"RIFF sound", content_type="audio/wav")
    answer = get(link_of(route), Range="bytes=0-")
    assert answer.status_code == 302
    heard = httpx.get(answer["Location"], headers={"Origin": "null"}, timeout=120)
    assert (heard.status_code, heard.content) == (200, b"RIFF sound")
    assert heard.headers["Access-Control-Allow-Origin"] in ("*", "null")
    assert AudioAccess.objects.get().range == "bytes=0-"


def test_the_derivative_is_played_where_there_is_one(routed: MakeRoute) -> None:
    route = routed()
    key = storage.derived_key(route.clip_id)
    storage.write(key=key, body=b"fLaC sound", content_type="audio/flac")
    assert route.clip is not None
    Derivative.objects.create(
        clip=route.clip,
        key=key,
        sha256="0" * 64,
        bytes=10,
        samples=1,
        sample_rate=16000,
        pcm_sha256="0" * 64,
        created_at=now(),
    )
    heard = httpx.get(get(link_of(route))["Location"], timeout=120)
    assert (heard.content, heard.headers["Content-Type"]) == (b"fLaC sound", "audio/flac")


def test_parameters_that_others_append_do_no_harm(routed: MakeRoute) -> None:
    route = routed()
    assert get(link_of(route) + "&lsref=1&utm=x").status_code == 302


@pytest.mark.parametrize("damage", ["?sig=", "?sig=AAAA", "", "?sig=%00", "?sig=%F0%9F%98%80"])
def test_a_link_that_is_not_signed_opens_nothing(damage: str, routed: MakeRoute) -> None:
    answer = get(f"/ls-audio/{routed().pk}{damage}")
    assert (answer.status_code, answer.json()["type"]) == (403, SLUG + "not-allowed")
    assert not AudioAccess.objects.exists()


def test_a_link_signed_for_another_route_opens_nothing(routed: MakeRoute) -> None:
    one, other = routed(), routed()
    signature = link_of(one).partition("?")[2]
    assert get(f"/ls-audio/{other.pk}?{signature}").status_code == 403
    assert get(f"/ls-audio/not-a-route?{signature}").status_code == 404


def test_a_withdrawn_clip_is_silent_before_any_job_has_run(routed: MakeRoute) -> None:
    route = routed()
    assert route.clip_id is not None
    lifecycle.move(
        clip_id=route.clip_id, to=State.WITHDRAWN, actor=ACTOR, at=now(), reason="withdrawn"
    )
    answer = get(link_of(route))
    assert (answer.status_code, answer.json()["type"]) == (410, SLUG + "audio-gone")
    revoke_withdrawn(clip_id=route.clip_id, now=now())
    assert get(link_of(route)).status_code == 410


def test_a_route_taken_back_is_silent_though_its_clip_is_not(routed: MakeRoute) -> None:
    route = routed()
    Route.objects.update(state=RouteState.WITHDRAWN)
    assert get(link_of(route)).status_code == 410


def test_a_head_tells_whether_the_link_works_and_is_no_hearing(routed: MakeRoute) -> None:
    route = routed()
    assert Client().head(link_of(route)).status_code == 200
    refused = Client().head(f"/ls-audio/{route.pk}")
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (403, "*")
    assert not AudioAccess.objects.exists()


def test_a_method_the_link_does_not_take_is_refused_so_that_a_page_may_read_it(
    routed: MakeRoute,
) -> None:
    answer = Client().post(link_of(routed()))
    assert answer.status_code in (401, 405)
    assert answer["Access-Control-Allow-Origin"] == "*"


def poke(instance: Instance, secret: str) -> int:
    answer = Client().post(
        f"/hooks/ls/{instance.pk}",
        b'{"action": "ANNOTATION_CREATED"}',
        content_type="application/json",
        headers={WEBHOOK_SECRET_HEADER: secret},
    )
    return int(answer.status_code)


def test_pokes_ask_for_one_pull_and_not_for_a_hundred(project: Project) -> None:
    instance = Instance.objects.get()
    for _ in range(20):
        assert poke(instance, instance.webhook_secret) == 200
    jobs = Job.objects.filter(kind="pull_answers")
    # Two when the ten seconds turned over between the first and the last.
    assert 1 <= jobs.count() <= 2
    assert all(job.run_after <= now() + PULL_EVERY for job in jobs)


def test_a_poke_that_is_not_believed_is_answered_all_the_same(project: Project) -> None:
    instance = Instance.objects.get()
    for secret in ("", "wrong", instance.webhook_secret[:-1]):
        assert poke(instance, secret) == 200
    assert Client().post("/hooks/ls/nobody", b"\0", content_type="text/x").status_code == 200
    assert not Job.objects.filter(kind="pull_answers").exists()


def test_a_clip_that_passed_before_any_vendor_came_is_routed_by_the_poll(
    passed_clip: MakeClip, request: pytest.FixtureRequest
) -> None:
    clip = passed_clip()
    open_annotation(clip_id=clip.pk, actor=ACTOR, now=now())
    request.getfixturevalue("project")
    counts = poll_projects(actor=ACTOR, now=timezone.now() + dt.timedelta(minutes=1))
    clip.refresh_from_db()
    assert (counts["opened"], clip.state) == (1, State.ANNOTATING)


def test_a_manager_sees_how_the_vendors_do(project: Project, manager: Person) -> None:
    (vendor,) = manager.get("/v1/vendors").json()["vendors"]
    assert (vendor["name"], vendor["active"]) == ("A vendor", True)
    (instance,) = vendor["instances"]
    assert instance["state"] == "ok"
    assert not {"sealed_token", "webhook_secret", "base_url"} & set(instance)


def test_a_vendors_people_see_their_own_firm_alone(project: Project, campaign: Campaign) -> None:
    person = make_person(policy.VENDOR, campaign)
    assert person.get("/v1/vendors").json() == {"vendors": []}
    firm = Firm.objects.create(name="A firm", created_at=now())
    person.user.firm = project.instance.vendor.firm = firm
    person.user.save()
    project.instance.vendor.save()
    assert len(person.get("/v1/vendors").json()["vendors"]) == 1


def test_a_collector_does_not_see_vendors(project: Project, phone: Phone) -> None:
    assert phone.get("/v1/vendors").status_code == 403
    assert Client().get("/v1/vendors").status_code == 401
