"""The door against a real Label Studio, and the double against the door: do they still agree?"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.utils import timezone
from label_studio_sdk.label_interface.interface import LabelInterface

from annotation.label_studio.client import LabelStudio
from annotation.label_studio.configs import CURRENT, read_config
from annotation.label_studio.errors import Refused, Unauthorised
from annotation.label_studio.records import RemoteTask
from annotation.label_studio.transport import is_personal_token
from annotation.models import Answer, Instance, Project, Route, RouteState
from annotation.sealing import unseal
from annotation.services.connecting import add_annotator, connect_instance
from annotation.services.receiving import pull_answers
from annotation.services.routing import open_annotation
from annotation.services.sending import push_routes
from annotation.services.withdrawal import clean_routes, revoke_withdrawn
from backend.clips import lifecycle
from backend.clips.models import Transcript
from backend.clips.state import State
from tests.annotation.conftest import ACTOR, MakeClip, accepting, now, rejecting, state_of
from tests.label_studio_server import RealLabelStudio

CONFIG = read_config("transcription", CURRENT["transcription"])
BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def door(label_studio: RealLabelStudio) -> Iterator[LabelStudio]:
    with LabelStudio(base_url=label_studio.url, token=label_studio.token) as opened:
        yield opened


@pytest.fixture
def project_id(door: LabelStudio) -> int:
    title = f"contract:{uuid.uuid4().hex[:12]}"
    return door.create_project(title=title, config=CONFIG).id


def task(route: uuid.UUID) -> dict[str, str]:
    return {
        "audio": f"http://127.0.0.1:9/ls-audio/{route}?sig=x",
        "prompt_text": "The bus leaves at half past seven.",
        "language": "en",
        "route_id": str(route),
    }


def changes(door: LabelStudio, project_id: int) -> dict[int, RemoteTask]:
    pages = door.changed_tasks(project_id, BEGINNING)
    return {one.id: one for page in pages for one in page}


def test_the_server_takes_our_form_and_refuses_a_broken_one(door: LabelStudio) -> None:
    door.check_config(CONFIG)
    form: Any = LabelInterface(CONFIG)
    form.validate()
    with pytest.raises(Refused):
        door.check_config(CONFIG.replace('toName="audio"', 'toName="nothing"'))


@pytest.mark.parametrize("result", [accepting(), rejecting("noise", "other")])
def test_what_we_read_as_valid_is_what_the_form_can_say(result: Any) -> None:
    form: Any = LabelInterface(CONFIG)
    faults = form.validate_prediction(
        {"result": result, "model_version": "x", "score": 0}, return_errors=True
    )
    assert not faults


def test_a_project_is_found_by_its_title(door: LabelStudio, project_id: int) -> None:
    assert door.find_project(f"no such title {uuid.uuid4()}") is None
    title = f"contract:{uuid.uuid4().hex[:12]}"
    made = door.create_project(title=title, config=CONFIG)
    found = door.find_project(title)
    assert found is not None
    assert found.id == made.id


def test_imported_tasks_are_found_by_their_routes(door: LabelStudio, project_id: int) -> None:
    routes = [uuid.uuid4() for _ in range(120)]
    ids = door.import_tasks(project_id, [task(route) for route in routes])
    found = door.find_tasks(project_id, [*routes, uuid.uuid4()])
    assert {one.route_id: one.id for one in found} == dict(zip(routes, ids, strict=True))


def test_the_server_knows_no_uniqueness_and_the_look_up_finds_both(
    door: LabelStudio, project_id: int
) -> None:
    route = uuid.uuid4()
    ids = door.import_tasks(project_id, [task(route)]) + door.import_tasks(
        project_id, [task(route)]
    )
    assert sorted(one.id for one in door.find_tasks(project_id, [route])) == sorted(ids)


def test_one_bad_task_and_nothing_is_written(door: LabelStudio, project_id: int) -> None:
    with pytest.raises(Refused) as refused:
        door.import_tasks(project_id, [task(uuid.uuid4()), {"prompt_text": "no audio"}])
    assert refused.value.status == 400
    assert "no audio" not in str(refused.value)
    assert changes(door, project_id) == {}


def test_changes_come_for_new_edited_skipped_and_deleted_answers(
    door: LabelStudio, project_id: int, label_studio: RealLabelStudio
) -> None:
    ids = door.import_tasks(project_id, [task(uuid.uuid4()) for _ in range(3)])
    first = label_studio.answer(ids[0], accepting("one"))
    label_studio.answer(ids[1], [], cancelled=True)
    seen = changes(door, project_id)
    (note,) = seen[ids[0]].annotations
    assert (note.id, note.lead_time, note.was_cancelled) == (first, 4.2, False)
    assert note.completed_by.isdigit()
    assert seen[ids[1]].annotations[0].was_cancelled
    assert seen[ids[2]].annotations == ()

    latest = max(one.updated_at for one in seen.values())
    with label_studio.admin() as api:
        api.patch(f"/api/annotations/{first}/", json={"result": accepting("two")})
    (page,) = door.changed_tasks(project_id, latest + dt.timedelta(microseconds=1))
    assert [one.id for one in page] == [ids[0]]
    assert page[0].annotations[0].updated_at > note.updated_at

    with label_studio.admin() as api:
        api.delete(f"/api/annotations/{first}/")
    assert changes(door, project_id)[ids[0]].annotations == ()


def test_changes_of_more_than_a_page_come_whole(
    door: LabelStudio, project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.label_studio.client.PAGE_SIZE", 7)
    ids = door.import_tasks(project_id, [task(uuid.uuid4()) for _ in range(28)])
    assert sorted(changes(door, project_id)) == sorted(ids)


def test_a_task_is_deleted_once_and_again_without_harm(door: LabelStudio, project_id: int) -> None:
    route = uuid.uuid4()
    (task_id,) = door.import_tasks(project_id, [task(route)])
    door.delete_task(task_id)
    door.delete_task(task_id)
    assert door.find_tasks(project_id, [route]) == []


def test_a_project_that_is_gone_is_refused_and_not_empty(door: LabelStudio) -> None:
    with pytest.raises(Refused) as refused:
        door.import_tasks(999_999, [task(uuid.uuid4())])
    assert refused.value.status == 404


def test_a_webhook_is_made_once_without_a_payload(
    door: LabelStudio, project_id: int, label_studio: RealLabelStudio
) -> None:
    url = f"http://127.0.0.1:9/hooks/ls/{uuid.uuid4()}"
    for secret in ("one", "two", "two"):
        door.ensure_webhook(project_id, url=url, secret=secret)
    with label_studio.admin() as api:
        (hook,) = api.get("/api/webhooks/", params={"project": project_id}).json()
    assert (hook["url"], hook["send_payload"]) == (url, False)
    assert list(hook["headers"].values()) == ["two"]


def test_a_wrong_token_is_unauthorised(label_studio: RealLabelStudio) -> None:
    for token in ("f" * 40, "eyJhbGciOiJIUzI1NiJ9.e30.x"):
        with (
            LabelStudio(base_url=label_studio.url, token=token) as wrong,
            pytest.raises(Unauthorised),
        ):
            wrong.read_version()


@pytest.mark.django_db
def test_a_clip_goes_out_and_its_answer_comes_home(
    label_studio: RealLabelStudio, passed_clip: MakeClip, settings: Any
) -> None:
    """The whole slice on the real server: connect, push, answer, pull, edit, withdraw."""
    # Nobody listens there: every poke is lost, and nothing else is.
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    first = connect_instance(
        vendor_name="V", base_url=label_studio.url, token=label_studio.token, now=now()
    )
    assert first.webhook
    instance = Instance.objects.get()
    assert is_personal_token(unseal(instance.sealed_token))
    again = connect_instance(
        vendor_name="V", base_url=label_studio.url, token=label_studio.token, now=now()
    )
    assert again.projects == first.projects
    assert (Instance.objects.count(), Project.objects.count()) == (1, 1)

    (project,) = again.projects
    clips = [passed_clip() for _ in range(3)]
    for clip in clips:
        open_annotation(clip_id=clip.pk, actor=ACTOR, now=now())
    assert push_routes(project=project, actor=ACTOR, clock=timezone.now).sent == 3
    routes = [Route.objects.get(clip=clip) for clip in clips]
    tasks = [route.ls_task_id for route in routes]
    assert None not in tasks
    note = label_studio.answer(tasks[0] or 0, accepting("the bus leaves"))
    label_studio.answer(tasks[1] or 0, rejecting("noise"))
    assert pull_answers(project=project, actor=ACTOR, clock=timezone.now).answers == 2
    assert [state_of(route) for route in routes] == [
        State.ACCEPTED,
        State.REJECTED,
        State.ANNOTATING,
    ]
    assert Transcript.objects.get().text == "the bus leaves"

    with label_studio.admin() as api:
        api.patch(f"/api/annotations/{note}/", json={"result": accepting("something else")})
    pull_answers(project=project, actor=ACTOR, clock=timezone.now)
    assert list(Answer.objects.filter(route=routes[0]).values_list("version", flat=True)) == [1, 2]
    assert Transcript.objects.get().text == "the bus leaves"

    for clip in clips:
        lifecycle.move(
            clip_id=clip.pk, to=State.WITHDRAWN, actor=ACTOR, at=now(), reason="withdrawn"
        )
        revoke_withdrawn(clip_id=clip.pk, now=now())
        clean_routes(clip_id=clip.pk, clock=timezone.now)
    assert set(Route.objects.values_list("state", flat=True)) == {RouteState.WITHDRAWN}
    with LabelStudio(base_url=label_studio.url, token=label_studio.token) as door:
        assert door.find_tasks(project.ls_project_id, [route.pk for route in routes]) == []


@pytest.mark.django_db
def test_an_annotator_gets_an_account_that_can_log_in(label_studio: RealLabelStudio) -> None:
    made = connect_instance(
        vendor_name="V", base_url=label_studio.url, token=label_studio.token, now=now()
    )
    email = f"{uuid.uuid4().hex[:8]}@vendor.example"
    assert add_annotator(instance=made.instance, email=email, password="long enough 1")
    assert not add_annotator(instance=made.instance, email=email, password="long enough 1")
    with pytest.raises(Refused):
        add_annotator(instance=made.instance, email=email, password="another one 2")
    # Sign-up without the invite stays shut.
    assert httpx.get(f"{label_studio.url}/user/signup/", timeout=120).status_code in (200, 403)
