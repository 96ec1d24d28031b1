"""Pull: every answer arrives once, however it changes, and settles its clip."""

import datetime as dt

import pytest
from django.utils import timezone

from annotation.label_studio.errors import Unreachable
from annotation.models import Answer, Project, Route, RouteState
from annotation.services import receiving
from annotation.services.deciding import settle_route
from annotation.services.polling import poll_projects
from annotation.services.receiving import Pulled, pull_answers
from annotation.services.routing import MAX_ROUNDS
from annotation.services.sending import push_routes
from annotation.services.withdrawal import clean_routes, revoke_withdrawn
from backend.clips import lifecycle
from backend.clips.models import Clip, ClipEvent, Transcript
from backend.clips.state import State
from backend.jobs.models import AuditEvent, Job
from tests.annotation.conftest import ACTOR, MakeRoute, accepting, now, rejecting, state_of
from tests.label_studio_double import LabelStudioDouble

pytestmark = pytest.mark.django_db


def pull(project: Project) -> Pulled:
    return pull_answers(project=project, actor=ACTOR, clock=timezone.now)


def push(project: Project) -> None:
    push_routes(project=project, actor=ACTOR, clock=timezone.now)


@pytest.fixture
def sent(project: Project, routed: MakeRoute) -> Route:
    """A route whose task waits at the vendor."""
    route = routed()
    push(project)
    return fresh(route)


def fresh(route: Route) -> Route:
    return Route.objects.get(pk=route.pk)


def test_an_accepted_answer_becomes_the_clips_transcript(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), accepting("the bus leaves"), by=12, lead=3.5)
    assert pull(project).answers == 1
    assert (fresh(sent).state, state_of(sent)) == (RouteState.ANSWERED, State.ACCEPTED)
    answer = Answer.objects.get()
    assert answer.accepted_at is not None
    assert (answer.completed_by, answer.lead_time, answer.valid) == ("12", 3.5, True)
    transcript = Transcript.objects.get()
    assert (transcript.text, transcript.source) == ("the bus leaves", "annotation")
    assert transcript.detail["route"] == str(sent.pk)


def test_a_rejecting_answer_rejects_the_clip_with_its_reasons(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), rejecting("second_speaker", "noise"))
    pull(project)
    assert state_of(sent) == State.REJECTED
    event = ClipEvent.objects.filter(clip=sent.clip_id).latest("seq")
    assert event.detail["reasons"] == ["noise", "second_speaker"]
    assert not Transcript.objects.exists()


def test_pulling_twice_writes_once(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), accepting())
    assert pull(project).answers == 1
    events = ClipEvent.objects.count()
    assert (pull(project).answers, ClipEvent.objects.count()) == (0, events)
    assert Answer.objects.count() == Transcript.objects.count() == 1


def test_an_edit_after_acceptance_is_a_version_that_changes_nothing(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    note = double.answer(double.task_of(sent.pk), accepting("first words"))
    pull(project)
    double.edit(note, accepting("other words"))
    assert pull(project).answers == 1
    old, new = Answer.objects.order_by("version")
    assert (old.accepted_at is not None, old.superseded_at is not None) == (True, True)
    assert (new.version, new.accepted_at, new.stands) == (2, None, True)
    assert old.payload != new.payload
    assert Transcript.objects.get().text == "first words"
    assert AuditEvent.objects.filter(act="answer.edited_after_acceptance").count() == 1
    double.edit(note, rejecting())
    pull(project)
    assert state_of(sent) == State.ACCEPTED


def test_an_answer_deleted_after_acceptance_stays_taken(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    note = double.answer(double.task_of(sent.pk), accepting())
    pull(project)
    double.delete_answer(note)
    assert pull(project).deleted == 1
    assert (Answer.objects.get().deleted_at is not None, state_of(sent)) == (True, State.ACCEPTED)


def test_a_skipped_task_is_asked_again_and_then_a_person_looks(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    route = sent
    for number in range(1, MAX_ROUNDS + 1):
        route = Route.objects.get(clip=sent.clip_id, round=number)
        push(project)
        double.answer(double.task_of(route.pk), [], cancelled=True)
        pull(project)
        assert (fresh(route).state, fresh(route).reason) == (RouteState.ANSWERED, "skipped")
    assert state_of(sent) == State.REVIEW
    assert Route.objects.filter(clip=sent.clip_id).count() == MAX_ROUNDS


def test_a_skip_that_is_taken_back_settles_the_clip_and_the_second_asking(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    note = double.answer(double.task_of(sent.pk), [], cancelled=True)
    pull(project)
    push(project)
    second = Route.objects.get(clip=sent.clip_id, round=2)
    double.edit(note, accepting())
    pull(project)
    assert state_of(sent) == State.ACCEPTED
    assert (fresh(second).state, fresh(second).reason) == (RouteState.WITHDRAWN, "settled")
    assert Job.objects.filter(kind="withdraw_routes", subject=str(sent.clip_id)).exists()
    assert sent.clip_id is not None
    clean_routes(clip_id=sent.clip_id, clock=timezone.now)
    assert double.tasks_of(second.pk) == []
    assert double.tasks_of(sent.pk) != []


@pytest.mark.parametrize(
    "result",
    [
        [],
        None,
        "accept",
        [{"from_name": "verdict", "type": "choices", "value": {"choices": ["accept"]}}],
        accepting(""),
        [*accepting(), *accepting()],
        accepting("nul \0 and \ud800 half"),
        [[[[[{}]]]]] * 10,
        {"deep": {"er": [float(10**300)]}},
        ["x" * 300_000],
    ],
)
def test_a_forged_answer_is_kept_named_and_asked_again(
    result: object, project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), result)
    pull(project)
    answer = Answer.objects.get()
    assert (answer.valid, bool(answer.errors)) == (False, True)
    assert fresh(sent).reason == "invalid"
    assert Route.objects.filter(clip=sent.clip_id, round=2).exists()
    assert state_of(sent) == State.ANNOTATING


def test_an_invalid_answer_that_is_corrected_is_taken(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    note = double.answer(double.task_of(sent.pk), accepting(""))
    pull(project)
    double.edit(note, accepting("now with words"))
    pull(project)
    assert (state_of(sent), Transcript.objects.get().text) == (State.ACCEPTED, "now with words")


def test_the_first_of_two_answers_is_taken(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), accepting("one"), by=1)
    double.answer(double.task_of(sent.pk), accepting("two"), by=2)
    assert pull(project).answers == 2
    assert Transcript.objects.get().text == "one"
    assert Answer.objects.filter(accepted_at__isnull=False).count() == 1


def test_a_clip_passed_again_by_a_person_takes_a_new_answer_not_the_old(
    project: Project, double: LabelStudioDouble, sent: Route, routed: MakeRoute
) -> None:
    note = double.answer(double.task_of(sent.pk), rejecting())
    pull(project)
    assert sent.clip_id is not None
    for to in (State.PASSED, State.ANNOTATING):
        lifecycle.move(clip_id=sent.clip_id, to=to, actor="user:x", at=now(), reason="undone")
    double.edit(note, accepting("an old answer, edited"))
    pull(project)
    assert state_of(sent) == State.ANNOTATING


def test_an_answer_arrives_though_the_push_never_heard_of_its_task(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    route = routed()
    double.fail("POST", "/import", "cut", after=True)
    with pytest.raises(Unreachable):
        push(project)
    double.answer(double.task_of(route.pk), accepting())
    pull(project)
    assert (fresh(route).state, state_of(route)) == (RouteState.ANSWERED, State.ACCEPTED)
    assert fresh(route).ls_task_id == double.task_of(route.pk)


def test_an_unanswered_double_is_removed_and_an_answered_one_counts(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    routes = [routed() for _ in range(2)]
    push(project)
    for route in routes:
        data = double.tasks[double.task_of(route.pk)]["data"]
        status, _ = double.handle(
            "POST", f"/api/projects/{project.ls_project_id}/import", {}, [{"data": data}]
        )
        assert status == 201
    second = double.tasks_of(routes[1].pk)[1]
    double.answer(second, accepting())
    pull(project)
    assert len(double.tasks_of(routes[0].pk)) == 1
    assert (state_of(routes[0]), state_of(routes[1])) == (State.ANNOTATING, State.ACCEPTED)


def test_a_task_that_somebody_else_imported_is_left_alone(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    for data in ({"audio": "x"}, {"audio": "x", "route_id": "not one"}):
        double.handle("POST", f"/api/projects/{project.ls_project_id}/import", {}, [{"data": data}])
    assert pull(project).strays == 2
    assert len(double.tasks) == 3


def test_no_row_is_jumped_over_while_the_list_moves(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    double: LabelStudioDouble,
    routed: MakeRoute,
) -> None:
    """Rows are edited between two pages, so that everything behind them moves one place up."""
    monkeypatch.setattr("annotation.label_studio.client.PAGE_SIZE", 5)
    routes = [routed() for _ in range(23)]
    push(project)
    notes = [double.answer(double.task_of(route.pk), accepting()) for route in routes]
    real = receiving._receive_page
    pages = 0

    def receive_and_disturb(*args: object) -> None:
        nonlocal pages
        real(*args)  # type: ignore[arg-type] # passed through as they came
        if pages < 5:
            double.edit(notes[pages], accepting("edited meanwhile"))
        pages += 1

    monkeypatch.setattr(receiving, "_receive_page", receive_and_disturb)
    pull(project)
    assert all(state_of(route) == State.ACCEPTED for route in routes)


def test_a_pull_that_dies_on_the_way_is_simply_done_again(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    double: LabelStudioDouble,
    routed: MakeRoute,
) -> None:
    monkeypatch.setattr("annotation.label_studio.client.PAGE_SIZE", 4)
    routes = [routed() for _ in range(10)]
    push(project)
    for route in routes:
        double.answer(double.task_of(route.pk), accepting())
    real = settle_route
    settled = 0

    def die_at_the_seventh(**arguments: object) -> None:
        nonlocal settled
        settled += 1
        if settled == 7:
            raise KeyboardInterrupt
        real(**arguments)  # type: ignore[arg-type] # passed through as they came

    monkeypatch.setattr(receiving, "settle_route", die_at_the_seventh)
    with pytest.raises(KeyboardInterrupt):
        pull(project)
    pull(project)
    assert all(state_of(route) == State.ACCEPTED for route in routes)
    assert Answer.objects.count() == Transcript.objects.count() == 10


@pytest.mark.parametrize("kind", ["500", "cut", "html"])
def test_a_pull_without_an_answer_moves_no_cursor(
    kind: str, project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), accepting())
    double.fail("GET", "/api/tasks", kind)
    with pytest.raises(Unreachable):
        pull(project)
    assert Project.objects.get().cursor_at is None
    pull(project)
    assert state_of(sent) == State.ACCEPTED


def test_the_cursor_never_passes_our_own_clock(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double._clock = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    double.answer(double.task_of(sent.pk), accepting())
    pull(project)
    cursor = Project.objects.get().cursor_at
    assert cursor is not None
    assert cursor <= now()


def test_a_withdrawn_clip_leaves_nothing_at_the_vendor(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    double.answer(double.task_of(sent.pk), accepting())
    pull(project)
    withdraw(sent)
    assert fresh(sent).state == RouteState.WITHDRAWN
    assert Answer.objects.get().payload is None
    assert sent.clip_id is not None
    assert clean_routes(clip_id=sent.clip_id, clock=timezone.now) == 1
    assert double.tasks == {}
    assert clean_routes(clip_id=sent.clip_id, clock=timezone.now) == 0


def test_a_task_whose_id_never_arrived_is_deleted_too(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    route = routed()
    double.fail("POST", "/import", "cut", after=True)
    with pytest.raises(Unreachable):
        push(project)
    withdraw(route)
    assert route.clip_id is not None
    later = dt.timedelta(minutes=15)
    clean_routes(clip_id=route.clip_id, clock=lambda: timezone.now() + later)
    assert double.tasks == {}


def test_an_answer_to_a_withdrawn_clip_is_not_taken(
    project: Project, double: LabelStudioDouble, sent: Route
) -> None:
    withdraw(sent)
    double.answer(double.task_of(sent.pk), accepting())
    assert pull(project).answers == 0
    assert not Answer.objects.exists()


def test_the_poll_alone_asks_for_all_that_is_to_do(
    project: Project, sent: Route, routed: MakeRoute
) -> None:
    routed()
    Job.objects.all().delete()
    counts = poll_projects(actor=ACTOR, now=now())
    assert counts["projects"] == 1
    kinds = set(Job.objects.values_list("kind", flat=True))
    assert kinds == {"pull_answers", "push_tasks"}


def withdraw(route: Route) -> None:
    assert route.clip_id is not None
    lifecycle.move(
        clip_id=route.clip_id, to=State.WITHDRAWN, actor="user:x", at=now(), reason="withdrawn"
    )
    assert Job.objects.filter(kind="withdraw_routes", subject=str(route.clip_id)).exists()
    revoke_withdrawn(clip_id=route.clip_id, now=now())
    assert Clip.objects.get(pk=route.clip_id).state == State.WITHDRAWN
