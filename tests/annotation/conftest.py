"""A campaign with clips that have passed, and vendors: doubles of Label Studio and the real one."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from annotation.label_studio.configs import CURRENT
from annotation.models import Project, Route
from annotation.services.connecting import connect_instance
from annotation.services.routing import open_annotation
from backend.clips import lifecycle
from backend.clips.models import Clip
from backend.clips.state import State
from tests.factories import Sitting, announce_clip
from tests.label_studio_double import TOKEN, LabelStudioDouble, running_double

ACTOR = "job:test"
_numbers = itertools.count(1)


def now() -> dt.datetime:
    return timezone.now()


MakeClip = Callable[[], Clip]


@pytest.fixture
def passed_clip(sitting: Sitting) -> MakeClip:
    """Make a clip that has passed its check (whose bytes nobody needs)."""

    def make() -> Clip:
        number = next(_numbers)
        clip_id, _ = announce_clip(sitting, f"sound {number}".encode(), seq=number)
        for to in (State.UPLOADED, State.PASSED):
            lifecycle.move(clip_id=clip_id, to=to, actor=ACTOR, at=now(), reason="test")
        return Clip.objects.get(pk=clip_id)

    return make


@pytest.fixture
def double() -> Iterator[LabelStudioDouble]:
    with running_double() as server:
        yield server


@pytest.fixture
def project(db: None, double: LabelStudioDouble) -> Project:
    """A vendor whose Label Studio is the double."""
    made = connect_instance(vendor_name="A vendor", base_url=double.url, token=TOKEN, now=now())
    assert len(made.projects) == len(CURRENT)
    return made.projects[0]


MakeRoute = Callable[[], Route]


@pytest.fixture
def routed(project: Project, passed_clip: MakeClip) -> MakeRoute:
    """Make a clip that has passed and is on its way to the vendor."""

    def make() -> Route:
        clip = passed_clip()
        assert open_annotation(clip_id=clip.pk, actor=ACTOR, now=now()) == "routed"
        return Route.objects.get(clip=clip)

    return make


def state_of(route: Route) -> str:
    """Where the route's clip stands."""
    return Clip.objects.get(routes=route).state


def accepting(text: str = "the bus leaves at half past seven") -> list[dict[str, object]]:
    """The result of a form that accepts."""
    return [
        _part("verdict", "choices", {"choices": ["accept"]}),
        _part("transcript", "textarea", {"text": [text]}),
    ]


def rejecting(*reasons: str) -> list[dict[str, object]]:
    """The result of a form that rejects."""
    return [
        _part("verdict", "choices", {"choices": ["reject"]}),
        _part("reasons", "choices", {"choices": list(reasons or ("noise",))}),
    ]


def _part(name: str, kind: str, value: object) -> dict[str, object]:
    part_id = uuid.uuid4().hex[:8]
    return {"id": part_id, "from_name": name, "to_name": "audio", "type": kind, "value": value}
