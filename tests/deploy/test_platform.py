"""The supervisor: ready in order, restarts what dies, refuses a twin, leaves no orphan."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.platforms import ROOT, RunningPlatform, group_members, running_platform, wait_for


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    with running_platform(tmp_path_factory.mktemp("platform") / "var") as running:
        yield running


def _ready(platform: RunningPlatform) -> bool:
    try:
        return httpx.get(f"{platform.facts()['web_url']}/readyz", timeout=15).status_code == 200
    except httpx.TransportError:
        return False


def _wait_until_ready(platform: RunningPlatform) -> None:
    wait_for("the platform to reach its parts", lambda: _ready(platform))


def test_a_started_platform_reaches_its_database_broker_and_bucket(
    platform: RunningPlatform,
) -> None:
    _wait_until_ready(platform)
    assert list(platform.facts()["pids"]) == [
        "seaweedfs",
        "valkey",
        "web",
        "worker-audio",
        "worker-models",
        "worker-slow",
        "beat",
    ]


def test_it_tells_its_owner_alone_how_to_reach_it(platform: RunningPlatform) -> None:
    for name in ("run.json", "run.env", "secrets.json", "demo.json", "pids.json"):
        assert (platform.directory / name).stat().st_mode & 0o077 == 0, name
    told = platform.facts()
    for name in ("console_email", "console_password", "enrolment_url", "api_token", "campaign"):
        assert told[name]
    assert told["console_password"] in platform.said()
    assert told["enrolment_url"] in platform.said()


def test_a_management_command_reaches_the_running_platform(platform: RunningPlatform) -> None:
    assert "No changes detected" in platform.manage("makemigrations", "--check", "--dry-run")


def test_a_second_platform_on_the_same_directory_is_refused_in_one_line(
    platform: RunningPlatform,
) -> None:
    twin = subprocess.run(
        [sys.executable, "-m", "deploy.run", "--directory", str(platform.directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert twin.returncode == 1
    assert len(twin.stderr.strip().splitlines()) == 1
    assert "already running" in twin.stderr
    _wait_until_ready(platform)


@pytest.mark.parametrize("name", ["web", "valkey", "worker-audio"])
def test_a_child_that_dies_is_started_again_and_said_so(
    platform: RunningPlatform, name: str
) -> None:
    old = platform.kill(name)
    platform.wait_for_restart(name, old)
    assert f"{name} ended with -9; starting it again" in platform.said()
    _wait_until_ready(platform)
    wait_for("what the dead one had started to be gone", lambda: not group_members(old))


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_start_finds_everything(
    tmp_path: Path,
) -> None:
    with running_platform(tmp_path / "var") as platform:
        before = platform.facts()
        groups = list(before["pids"].values())
        wait_for(
            "gunicorn and Celery to have processes of their own",
            lambda: len(group_members(*groups)) >= len(groups) + 4,
        )
        os.kill(platform.process.pid, signal.SIGKILL)
        wait_for("every process to be gone", lambda: not group_members(*groups))

        platform.start_again()
        after = platform.facts()
        _wait_until_ready(platform)
        for kept in ("web_url", "s3_url", "console_password", "campaign", "database_url"):
            assert after[kept] == before[kept]

        groups = list(after["pids"].values())
        assert platform.stop() == 0
        assert not group_members(*groups)
        assert platform.facts() == {}


def test_a_port_asked_for_and_taken_is_one_clear_line(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    taken = platform.facts()["web_url"].rpartition(":")[2]
    refused = subprocess.run(
        [sys.executable, "-m", "deploy.run", "--directory", str(tmp_path), "--no-label-studio"],
        cwd=ROOT,
        env={**os.environ, "WEB_PORT": taken},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        f"make run: port {taken} is taken: name another with WEB_PORT, or none"
    )


def test_a_pool_process_dies_with_its_worker(platform: RunningPlatform) -> None:
    main = platform.pid("worker-slow")
    wait_for("the pool to start", lambda: len(group_members(main)) > 1)
    # Stopped, the supervisor cannot sweep up: only the tie to the worker is at work.
    os.kill(platform.process.pid, signal.SIGSTOP)
    try:
        os.kill(main, signal.SIGKILL)
        wait_for("the pool to be gone", lambda: not group_members(main))
    finally:
        os.kill(platform.process.pid, signal.SIGCONT)
    platform.wait_for_restart("worker-slow", main)
