"""A whole platform of a test's own: `make run`'s supervisor in a directory of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def wait_for(what: str, reached: Callable[[], bool], *, seconds: float = 180.0) -> None:
    """Poll until it is so; an AssertionError that names what was waited for when time is up."""
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.1)


def group_members(*groups: int) -> list[int]:
    """Return the live processes of these process groups (a child leads a group of its own)."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[2]) in groups and fields[0] != "Z":
            members.append(int(entry.name))
    return members


class RunningPlatform:
    """The supervisor as a process, and what it tells about itself in run.json."""

    def __init__(self, directory: Path, arguments: list[str]) -> None:
        self.directory = directory
        self.output = directory.with_name(directory.name + ".out")
        self._command = [sys.executable, "-m", "deploy.run", "--directory", str(directory)]
        # A test session that is killed must not leave a platform behind.
        self._command.append("--with-parent")
        self._command += arguments
        self.process = self._spawn()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self.output.open("ab") as output:
            return subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT
            )

    def start_again(self) -> None:
        """Start a new supervisor on the same directory after the last one ended."""
        self.process.wait()
        self.process = self._spawn()
        self.wait_until_ready()

    def wait_until_ready(self, *, seconds: float = 300.0) -> None:
        """Return when the platform says that it is ready; fail with its output otherwise."""

        def ready() -> bool:
            assert self.process.poll() is None, f"the platform ended: {self.said()}"
            return self.facts().get("supervisor_pid") == self.process.pid

        wait_for("the platform to be ready", ready, seconds=seconds)

    def facts(self) -> dict[str, Any]:
        """Return run.json: addresses, logins, tokens and `pids` (empty when nothing runs)."""
        try:
            facts: dict[str, Any] = json.loads((self.directory / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return facts

    def said(self) -> str:
        """Return what the supervisor printed."""
        return self.output.read_text(errors="replace")

    def pid(self, name: str) -> int:
        """Return the process id of a child: seaweedfs, valkey, web, worker-audio, beat, ..."""
        pid = self.facts()["pids"][name]
        assert isinstance(pid, int)
        return pid

    def kill(self, name: str) -> int:
        """End a child without warning and return its process id."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_restart(self, name: str, old: int) -> None:
        """Return when the supervisor has started the child again."""
        wait_for(
            f"{name} to be started again",
            lambda: self.facts().get("pids", {}).get(name, old) != old,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment with which `manage.py` reaches this platform."""
        lines = (self.directory / "run.env").read_text().splitlines()
        return {**os.environ, **dict(line.split("=", 1) for line in lines)}

    def manage(self, *command: str) -> str:
        """Run a management command against this platform and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def stop(self) -> int:
        """Stop it as Ctrl-C would and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=180)


@contextmanager
def running_platform(
    directory: Path,
    *,
    database: str = "sqlite",
    label_studio: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[RunningPlatform]:
    """Start a platform, wait until it is ready, and leave nothing of it running afterwards."""
    arguments = ["--database", database]
    if not label_studio:
        arguments.append("--no-label-studio")
    for name, value in (settings or {}).items():
        arguments += ["--set", f"{name}={value}"]
    platform = RunningPlatform(directory, arguments)
    try:
        platform.wait_until_ready()
        yield platform
    finally:
        groups = list(platform.facts().get("pids", {}).values())
        try:
            platform.stop()
        finally:
            for pid in group_members(*groups):
                os.kill(pid, signal.SIGKILL)
