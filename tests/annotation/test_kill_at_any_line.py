"""Push, pull and withdrawal killed at any line that they run: no task doubled, no answer lost.

Every tenth line is tried, and every single one with CHAOS=full. A tracer throws at the line; what
was not committed is rolled back, as after kill -9. What a kill would not do is let go of the lease:
the clock is moved on instead, past every lease and pause.
"""

import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Answer, Project, Route, RouteState
from annotation.services.receiving import pull_answers
from annotation.services.sending import push_routes
from annotation.services.withdrawal import clean_routes, revoke_withdrawn
from backend.clips import lifecycle
from backend.clips.models import ClipEvent, Transcript
from backend.clips.state import State
from tests.annotation.conftest import ACTOR, MakeRoute, accepting, now, state_of
from tests.label_studio_double import LabelStudioDouble

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # The double's socket is left to the collector when the line after the request is the one.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OURS = str(Path(__file__).resolve().parents[2] / "annotation")
Line = tuple[str, int]
STEP = 1 if os.environ.get("CHAOS") == "full" else 10


class Killed(BaseException):
    """Thrown where the process would have died."""


def lines_of(act: Callable[[], Any]) -> list[Line]:
    """Every line of ours that this runs, in the order of its first run."""
    seen: dict[Line, None] = {}

    def note(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            seen[(frame.f_code.co_filename, frame.f_lineno)] = None
        return note

    sys.settrace(note)
    try:
        act()
    finally:
        sys.settrace(None)
    return list(seen)


def kill_at(line: Line, act: Callable[[], Any]) -> bool:
    """Run this until it comes to the line; False when it did not."""

    def throw(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line" and (frame.f_code.co_filename, frame.f_lineno) == line:
            raise Killed
        return throw

    sys.settrace(throw)
    try:
        act()
    except Killed:
        return True
    finally:
        sys.settrace(None)
    return False


class Clock:
    """Real time, moved on by a quarter of an hour at each kill."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta(0)

    def __call__(self) -> dt.datetime:
        return timezone.now() + self.ahead

    def move_on(self) -> None:
        self.ahead += dt.timedelta(minutes=15)


def test_a_push_killed_at_any_line(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    clock = Clock()

    def push() -> None:
        push_routes(project=project, actor=ACTOR, clock=clock)

    def lose_the_reply() -> None:
        routed()
        push()

    routed()
    lines = lines_of(push)
    # The lines of looking up an earlier push run only after one that did not end.
    Route.objects.update(state=RouteState.SENDING, ls_task_id=None)
    lines += [line for line in lines_of(lose_the_reply) if line not in lines]
    assert len(lines) > 60
    killed = 0
    for line in lines[::STEP]:
        routes = [routed(), routed()]
        Route.objects.filter(pk=routes[0].pk).update(state=RouteState.SENDING)
        killed += kill_at(line, push)
        clock.move_on()
        push()
        for route in routes:
            route.refresh_from_db()
            assert route.state == RouteState.SENT, line
            assert double.tasks_of(route.pk) == [route.ls_task_id], line
    assert killed > 50 // STEP


def test_a_pull_killed_at_any_line(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    clock = Clock()

    def answered() -> Route:
        route = routed()
        push_routes(project=project, actor=ACTOR, clock=clock)
        # Past the overlap, or each pull would look at all the earlier ones again.
        double.pass_time(dt.timedelta(minutes=5))
        double.answer(double.task_of(route.pk), accepting())
        return route

    def pull() -> None:
        pull_answers(project=project, actor=ACTOR, clock=clock)

    answered()
    lines = lines_of(pull)
    assert len(lines) > 100
    killed = 0
    for line in lines[::STEP]:
        route = answered()
        killed += kill_at(line, pull)
        clock.move_on()
        pull()
        assert state_of(route) == State.ACCEPTED, line
        assert Answer.objects.filter(route=route).count() == 1, line
        assert Transcript.objects.filter(clip=route.clip_id).count() == 1, line
        events = ClipEvent.objects.filter(clip=route.clip_id, to_state=State.ACCEPTED)
        assert events.count() == 1, line
    assert killed > 80 // STEP


def test_a_withdrawal_killed_at_any_line(
    project: Project, double: LabelStudioDouble, routed: MakeRoute
) -> None:
    clock = Clock()

    def withdrawn() -> Route:
        route = routed()
        push_routes(project=project, actor=ACTOR, clock=clock)
        assert route.clip_id is not None
        lifecycle.move(
            clip_id=route.clip_id, to=State.WITHDRAWN, actor=ACTOR, at=now(), reason="withdrawn"
        )
        return route

    def clean(route: Route) -> None:
        assert route.clip_id is not None
        revoke_withdrawn(clip_id=route.clip_id, now=now())
        clean_routes(clip_id=route.clip_id, clock=clock)

    first = withdrawn()
    lines = lines_of(lambda: clean(first))
    killed = 0
    for line in lines[::STEP]:
        route = withdrawn()
        killed += kill_at(line, lambda route=route: clean(route))  # type: ignore[misc] # bound now
        clock.move_on()
        clean(route)
        route.refresh_from_db()
        assert (route.state, route.cleaned_at is not None) == (RouteState.WITHDRAWN, True), line
        assert double.tasks_of(route.pk) == [], line
    assert killed > 40 // STEP
