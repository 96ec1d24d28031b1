"""One child process: it dies with its parent, stops when asked, and fails with its own words."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.children import Child, StartFailed
from deploy.watch import Watch
from tests.platforms import ROOT, group_members, wait_for

_PARENT = """
import sys, time
from pathlib import Path
from deploy.children import Child
child = Child(name="sleeper", command=["sleep", "60"], log=Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "log")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert group_members(child) == [child]
        parent.kill()
        wait_for("the child to be gone", lambda: not group_members(child))


def test_a_child_that_ignores_the_request_to_stop_is_killed_with_all_it_started(
    tmp_path: Path,
) -> None:
    child = Child(
        name="stubborn",
        command=["sh", "-c", "trap '' TERM; sleep 60 & echo up; wait; sleep 60"],
        log=tmp_path / "log",
        stop_seconds=0.3,
    )
    child.start()
    wait_for("it to be up", lambda: "up" in child.log.read_text())
    child.stop()
    assert child.exit_code() == -signal.SIGKILL
    wait_for("its own child to be gone", lambda: not group_members(child.pid))


def test_a_child_that_does_not_come_up_is_named_with_its_last_words(tmp_path: Path) -> None:
    child = Child(
        name="store", command=["sh", "-c", "echo the disk is full; exit 4"], log=tmp_path / "log"
    )
    child.start()
    with pytest.raises(StartFailed, match=r"store ended with 4: .*the disk is full"):
        child.wait_until(lambda: False, seconds=180)


def test_a_watched_child_is_started_again_after_a_growing_pause(tmp_path: Path) -> None:
    said: list[str] = []
    watch = Watch(said.append)
    child = Child(name="beat", command=["sh", "-c", "exit 3"], log=tmp_path / "log")
    child.start()
    watch.add(child, layer=0)
    wait_for("two restarts", lambda: (watch.tick(), len(said) >= 2)[1])
    assert "beat ended with 3; starting it again in 0.5 s" in said[0]
    assert "starting it again in 1 s" in said[1]
    watch.stop()


def test_layers_stop_from_the_top(tmp_path: Path) -> None:
    order = tmp_path / "order"
    watch = Watch(print)
    children = []
    for layer, name in enumerate(["below", "above"]):
        script = f"trap 'echo {name} >>{order}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        child = Child(name=name, command=["sh", "-c", script], log=tmp_path / name)
        child.start()
        watch.add(child, layer=layer)
        children.append(child)
    for child in children:
        wait_for("it to be up", lambda child=child: "up" in child.log.read_text())  # type: ignore[misc]
    watch.stop()
    assert order.read_text().split() == ["above", "below"]


def test_a_child_does_not_see_what_it_must_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "another.project")
    child = Child(
        name="env",
        command=["sh", "-c", "echo module=$DJANGO_SETTINGS_MODULE kind=$KIND"],
        log=tmp_path / "log",
        environment={"KIND": "test"},
        without=("DJANGO_SETTINGS_MODULE",),
    )
    child.start()
    wait_for("it to end", lambda: not child.running())
    assert "module= kind=test" in child.log.read_text()
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "another.project"
