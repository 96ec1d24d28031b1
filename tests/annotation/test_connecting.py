"""Connecting a Label Studio that is known already, at the same address or at another."""

import io
import json
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Instance, Project, Route, RouteState
from tests.annotation.conftest import MakeRoute
from tests.annotation.test_annotation_jobs import run
from tests.label_studio_double import TOKEN, LabelStudioDouble, running_double

pytestmark = pytest.mark.django_db
ELSEWHERE = "http://127.0.0.1:9"


def _connect(double: LabelStudioDouble, **options: object) -> str:
    """Run the command as the supervisor does; returns the instance's id."""
    out = io.StringIO()
    call_command("connect_label_studio", url=double.url, token=TOKEN, stdout=out, **options)
    return str(json.loads(out.getvalue())["instance"])


def test_a_label_studio_on_another_port_is_the_same_instance_with_the_same_routes(
    double: LabelStudioDouble, routed: MakeRoute, tmp_path: Path
) -> None:
    ids = tmp_path / "instances"
    first = _connect(double, instance_file=ids)
    route = routed()
    # The double stays where it is, so it is the row that says another address.
    Instance.objects.update(base_url=ELSEWHERE)
    assert _connect(double, instance_file=ids) == first
    assert Instance.objects.get().base_url == double.url
    assert len(double.projects) == len(double.webhooks) == 1
    run("push_tasks", Project.objects.get().pk)
    assert Route.objects.get(pk=route.pk).state == RouteState.SENT
    assert ids.read_text().split() == [first]


def test_a_database_that_knows_it_by_no_id_adds_its_own(
    double: LabelStudioDouble, tmp_path: Path
) -> None:
    ids = tmp_path / "instances"
    other_databases = str(uuid.uuid4())
    ids.write_text(f"{other_databases}\n")
    own = _connect(double, instance_file=ids)
    assert ids.read_text().split() == [other_databases, own]


def test_a_moved_label_studio_does_not_take_another_instances_place(
    double: LabelStudioDouble, project: Project
) -> None:
    with running_double() as moved:
        its_id = _connect(moved, vendor="Another vendor")
        before = list(Instance.objects.order_by("pk").values())
        with pytest.raises(CommandError, match="registered as another instance"):
            _connect(double, instance=uuid.UUID(its_id))
    assert list(Instance.objects.order_by("pk").values()) == before


def test_an_instance_that_nobody_knows_cannot_have_moved(double: LabelStudioDouble) -> None:
    with pytest.raises(CommandError, match="there is no instance"):
        _connect(double, instance=uuid.uuid4())
    assert not Instance.objects.exists()
