"""Push: each route becomes one task, whatever is lost on the way, and says no more than it must."""

import datetime as dt
import json
import uuid
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from annotation.label_studio.client import LabelStudio
from annotation.label_studio.errors import Refused, Unauthorised, Unreachable
from annotation.models import Instance, InstanceState, Project, ProjectLease, Route, RouteState
from annotation.services import sending
from annotation.services.circuit import InstanceAway
from annotation.services.leases import LEASE, LeaseBusy
from annotation.services.routing import PolicyUnknown, open_annotation
from annotation.services.sending import Pushed, push_routes
from backend.accounts.models import Firm
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.models import Job
from tests.annotation.conftest import ACTOR, MakeClip, MakeRoute, now, state_of
from tests.label_studio_double import LabelStudioDouble

pytestmark = pytest.mark.django_db


def push(project: Project, *, later: dt.timedelta = dt.timedelta(0)) -> Pushed:
    return push_routes(project=project, actor=ACTOR, clock=lambda: timezone.now() + later)


def after_the_lease(project: Project) -> Pushed:
    """Push when the lease of a push that was killed has run out."""
    return push(project, later=LEASE + dt.timedelta(minutes=11))


def test_a_passed_clip_becomes_one_task(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routes = [routed() for _ in range(3)]
    assert state_of(routes[0]) == State.ANNOTATING
    assert push(project).sent == 3
    for route in routes:
        route.refresh_from_db()
        assert route.state == RouteState.SENT
        assert route.ls_task_id == double.task_of(route.pk)
    assert push(project).sent == 0
    assert len(double.tasks) == 3


def test_a_task_tells_the_vendor_four_things_and_nothing_else(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routes = [routed() for _ in range(3)]
    push(project)
    for route in routes:
        data = double.tasks[double.task_of(route.pk)]["data"]
        assert set(data) == {"audio", "prompt_text", "language", "route_id"}
        assert data["route_id"] == str(route.pk)
        assert urlsplit(data["audio"]).path == f"/ls-audio/{route.pk}"
        clip = Clip.objects.select_related("speaker", "prompt").get(routes=route)
        sent = json.dumps(data).lower()
        for secret in (
            str(clip.pk),
            clip.pk.hex,
            str(clip.speaker_id),
            clip.speaker_id.hex,
            str(clip.session_id),
            str(clip.collector_id),
            clip.sha256,
            clip.speaker.code,
            clip.cell,
            *(str(value) for value in clip.speaker.demographics.values()),
            "x-amz",
            "/clips/",
            "/derived/",
        ):
            assert secret.lower() not in sent, secret
    # Nothing in a route's id tells when or in which order the clips were recorded.
    assert all(route.pk.version == 4 for route in routes)


def test_a_campaign_that_wants_no_annotation_accepts_at_once(
    campaign: Campaign, project: Project, passed_clip: MakeClip
) -> None:
    campaign.annotation = {"type": "none"}
    campaign.save()
    clip = passed_clip()
    assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "accepted"
    clip.refresh_from_db()
    assert (clip.state, clip.routes.count()) == (State.ACCEPTED, 0)


def test_a_policy_that_nobody_wrote_is_said_so(campaign: Campaign, passed_clip: MakeClip) -> None:
    campaign.annotation = {"type": "divination"}
    campaign.save()
    with pytest.raises(PolicyUnknown):
        open_annotation(clip_id=passed_clip().pk, actor=ACTOR, now=now())


def test_a_clip_waits_in_passed_while_there_is_no_vendor(passed_clip: MakeClip) -> None:
    clip = passed_clip()
    assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "waiting"
    clip.refresh_from_db()
    assert clip.state == State.PASSED


def test_opening_twice_makes_one_route(project: Project, passed_clip: MakeClip) -> None:
    clip = passed_clip()
    assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "routed"
    assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "gone"
    assert clip.routes.count() == 1
    assert Job.objects.filter(kind="push_tasks").count() >= 1


def test_a_firm_never_annotates_what_it_collected(project: Project, passed_clip: MakeClip) -> None:
    clip = passed_clip()
    firm = Firm.objects.create(name="A firm", created_at=now())
    clip.collector.firm = project.instance.vendor.firm = firm
    clip.collector.save()
    project.instance.vendor.save()
    assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "waiting"


@pytest.mark.parametrize("kind", ["502", "504", "cut", "html", "short"])
def test_a_reply_that_was_lost_makes_no_second_task(
    kind: str, project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routes = [routed() for _ in range(5)]
    double.fail("POST", "/import", kind, after=True)
    with pytest.raises(Unreachable):
        push(project)
    assert double.count("POST", "/import") == 1
    assert set(Route.objects.values_list("state", flat=True)) == {RouteState.SENDING}
    with pytest.raises(LeaseBusy):
        push(project)
    again = after_the_lease(project)
    assert (again.adopted, again.sent) == (5, 0)
    for route in routes:
        route.refresh_from_db()
        assert route.state == RouteState.SENT
        assert double.tasks_of(route.pk) == [route.ls_task_id]


def test_a_request_that_never_arrived_is_sent_again(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    for _ in range(5):
        routed()
    double.fail("POST", "/import", "502")
    with pytest.raises(Unreachable):
        push(project)
    routed()
    assert after_the_lease(project) == Pushed(adopted=0, sent=6, failed=0)
    assert len(double.tasks) == 6


def test_more_routes_than_one_request_or_one_query_holds(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    double: LabelStudioDouble,
    routed: MakeRoute,
) -> None:
    monkeypatch.setattr(sending, "IMPORT_LIMIT", 20)
    for _ in range(65):
        routed()
    calls = 0

    def import_and_die(
        self: LabelStudio, project_id: int, tasks: list[dict[str, str]]
    ) -> list[int]:
        nonlocal calls
        # The third of four requests is carried out, and its answer lost.
        calls += 1
        ids = real(self, project_id, tasks)
        if calls == 3:
            raise Unreachable("lost")
        return ids

    real = LabelStudio.import_tasks
    monkeypatch.setattr(LabelStudio, "import_tasks", import_and_die)
    with pytest.raises(Unreachable):
        push(project)
    assert after_the_lease(project) == Pushed(adopted=20, sent=5, failed=0)
    assert len(double.tasks) == 65
    assert {t["data"]["route_id"] for t in double.tasks.values()} == {
        str(pk) for pk in Route.objects.values_list("pk", flat=True)
    }


@pytest.mark.parametrize("line", ["_take", "_record_sent"])
def test_a_push_killed_at_a_line_is_finished_by_the_next(
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    double: LabelStudioDouble,
    routed: MakeRoute,
) -> None:
    """Killed after the routes were taken, and after the request but before its ids were noted."""
    for _ in range(4):
        routed()

    class Killed(BaseException):
        """As good as kill -9: nothing after it runs but what the context managers do."""

    real = getattr(sending, line)

    def die(*args: object) -> None:
        if line == "_take":
            real(*args)
        raise Killed

    monkeypatch.setattr(sending, line, die)
    with pytest.raises(Killed):
        push(project)
    monkeypatch.setattr(sending, line, real)
    done = after_the_lease(project)
    assert done.adopted + done.sent == 4
    assert len(double.tasks) == 4
    assert set(Route.objects.values_list("state", flat=True)) == {RouteState.SENT}


def test_one_bad_task_does_not_hold_up_the_others(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routes = [routed() for _ in range(9)]
    double.refused_routes = {str(routes[4].pk)}
    assert push(project) == Pushed(adopted=0, sent=8, failed=1)
    routes[4].refresh_from_db()
    assert routes[4].state == RouteState.FAILED
    assert state_of(routes[4]) == State.REVIEW
    assert len(double.tasks) == 8


def test_a_project_that_was_deleted_condemns_no_clip(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    route = routed()
    double.projects.clear()
    with pytest.raises(Refused):
        push(project)
    route.refresh_from_db()
    assert route.state == RouteState.SENDING
    assert state_of(route) == State.ANNOTATING


def test_two_pushes_at_once_are_one(project: Project, routed: MakeRoute) -> None:
    routed()
    ProjectLease.objects.update_or_create(
        project=project,
        purpose="write",
        defaults={"holder": uuid.uuid4(), "until": now() + LEASE},
    )
    with pytest.raises(LeaseBusy):
        push(project)


def test_a_clip_withdrawn_while_it_waited_is_not_sent(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    route = routed()
    Clip.objects.filter(routes=route).update(state=State.WITHDRAWN)
    assert push(project).sent == 0
    assert not double.tasks


def test_a_refused_token_shuts_the_door_until_it_may_be_tried_again(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routed()
    double.fail("POST", "/import", "401")
    with pytest.raises(Unauthorised):
        push(project)
    instance = Instance.objects.get()
    assert instance.state == InstanceState.UNAUTHORISED
    assert instance.last_error
    asked = len(double.requests)
    with pytest.raises(InstanceAway):
        push(project)
    assert len(double.requests) == asked
    assert after_the_lease(project).sent == 1
    assert Instance.objects.get().state == InstanceState.OK


def test_three_failures_in_a_row_open_the_circuit(project: Project, routed: MakeRoute) -> None:
    routed()
    Instance.objects.update(base_url="http://127.0.0.1:9")
    project.refresh_from_db()
    for _ in range(3):
        with pytest.raises(Unreachable):
            push(project)
    instance = Instance.objects.get()
    assert (instance.state, instance.failures) == (InstanceState.AWAY, 3)
    assert instance.retry_at is not None
    with pytest.raises(InstanceAway):
        push(project)
