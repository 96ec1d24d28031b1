"""The jobs of annotation, from the rows that the clip's moves write to the clip's end."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Instance, Project, Route, RouteState
from annotation.services.leases import hold_lease
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.state import State
from backend.jobs.models import Job
from tests.annotation.conftest import ACTOR, MakeClip, MakeRoute, accepting, now, state_of
from tests.label_studio_double import TOKEN, LabelStudioDouble
from workers import jobs
from workers.registry import FUNCTIONS, GiveUp, JobRun, TryLater

pytestmark = pytest.mark.django_db
jobs.load()


def run(kind: str, subject: object) -> None:
    """Run the job of this kind that waits for the subject, as a worker would."""
    job = Job.objects.filter(kind=kind, subject=str(subject)).latest("created_at")
    FUNCTIONS[kind](JobRun(job))


def test_a_clip_goes_from_passed_to_accepted_to_withdrawn_by_its_jobs(
    project: Project, double: LabelStudioDouble, passed_clip: MakeClip
) -> None:
    clip = passed_clip()
    run("open_annotation", clip.pk)
    run("push_tasks", project.pk)
    route = Route.objects.get(clip=clip)
    double.answer(double.task_of(route.pk), accepting())
    Job.objects.create(
        kind="pull_answers",
        key="pull",
        subject=str(project.pk),
        run_after=now(),
        announce_at=now(),
        created_at=now(),
    )
    run("pull_answers", project.pk)
    assert state_of(route) == State.ACCEPTED
    lifecycle.move(clip_id=clip.pk, to=State.WITHDRAWN, actor=ACTOR, at=now(), reason="withdrawn")
    run("withdraw_routes", clip.pk)
    assert double.tasks == {}


def test_a_push_to_an_instance_that_is_away_is_no_failed_job(
    project: Project, routed: MakeRoute
) -> None:
    route = routed()
    Instance.objects.update(base_url="http://127.0.0.1:9")
    for _ in range(4):
        run("push_tasks", project.pk)
    route.refresh_from_db()
    assert route.state == RouteState.SENDING
    instance = Instance.objects.get()
    assert (instance.state, instance.retry_at is not None) == ("away", True)


def test_a_withdrawal_from_an_instance_that_is_away_is_tried_again(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    route = routed()
    run("push_tasks", project.pk)
    assert route.clip_id is not None
    lifecycle.move(
        clip_id=route.clip_id, to=State.WITHDRAWN, actor=ACTOR, at=now(), reason="withdrawn"
    )
    double.fail("DELETE", "/api/tasks", "502")
    with pytest.raises(TryLater):
        run("withdraw_routes", route.clip_id)
    route.refresh_from_db()
    assert (route.state, route.cleaned_at) == (RouteState.WITHDRAWN, None)


def test_a_job_waits_for_the_one_that_is_at_work(project: Project, routed: MakeRoute) -> None:
    routed()
    with (
        hold_lease(project=project, purpose="write", clock=now),
        pytest.raises(TryLater),
    ):
        run("push_tasks", project.pk)


def test_an_unknown_policy_ends_as_a_failure_that_is_seen(passed_clip: MakeClip) -> None:
    clip = passed_clip()
    clip.campaign.annotation = {"type": "divination"}
    clip.campaign.save()
    with pytest.raises(GiveUp):
        run("open_annotation", clip.pk)
    assert Clip.objects.get(pk=clip.pk).state == State.PASSED


def test_the_command_connects_twice_and_says_the_same(double: LabelStudioDouble) -> None:
    said = []
    for _ in range(2):
        out = io.StringIO()
        call_command("connect_label_studio", url=double.url, token=TOKEN, vendor="V", stdout=out)
        said.append(json.loads(out.getvalue()))
    assert said[0] == said[1]
    assert said[0]["projects"][0]["task_type"] == "transcription"
    assert TOKEN not in json.dumps(said)
    assert len(double.projects) == len(double.webhooks) == 1


def test_the_command_says_why_it_could_not_connect(double: LabelStudioDouble) -> None:
    with pytest.raises(CommandError, match="refused the token"):
        call_command("connect_label_studio", url=double.url, token="f" * 40)
    with pytest.raises(CommandError, match="no connection"):
        call_command("connect_label_studio", url="http://127.0.0.1:9", token=TOKEN)
    with pytest.raises(CommandError, match="--url and --token"):
        call_command("connect_label_studio", url="", token="")
    assert not Instance.objects.exists()
