"""A pytest plugin: one real Label Studio for a test session, installed from its lock.

Its first start takes half a minute of one core, and minutes on a busy machine. So it is started
when the session begins, and the modules that need it come last: the others run meanwhile.
"""

import contextlib
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.label_studio import LabelStudio
from deploy.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent
_FIXTURE = "label_studio"
# Many times what it takes alone.
_START_SECONDS = 600.0


@dataclass(frozen=True)
class RealLabelStudio:
    """Where it answers and how to get in as its administrator."""

    url: str
    token: str

    def admin(self) -> httpx.Client:
        """A client of its API with the administrator's token."""
        headers = {"Authorization": f"Token {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def answer(self, task_id: int, result: Any, *, cancelled: bool = False) -> int:
        """Answer a task through the API; returns the annotation's id."""
        with self.admin() as api:
            reply = api.post(
                f"/api/tasks/{task_id}/annotations/",
                json={"result": result, "was_cancelled": cancelled, "lead_time": 4.2},
            )
        reply.raise_for_status()
        return int(reply.json()["id"])


class _Starting:
    """A Label Studio of this session's own, on its way up."""

    def __init__(self) -> None:
        subprocess.run([ROOT / "deploy" / "setup.sh", "label-studio"], check=True, cwd=ROOT)
        self._directory = Path(tempfile.mkdtemp(prefix="fieldvoice-label-studio-"))
        # Its legacy tokens are 40 hex digits and no more.
        self._token = secrets.token_hex(20)
        self._server = LabelStudio(
            self._directory,
            repository=ROOT,
            port=free_ports(["label_studio"])["label_studio"],
            password=secrets.token_urlsafe(12),
            token=self._token,
            secret_key=secrets.token_urlsafe(40),
            log=self._directory / "label-studio.log",
        )
        self._server.start()

    def wait(self) -> RealLabelStudio:
        """Return it once it is up."""
        self._server.wait(seconds=_START_SECONDS)
        return RealLabelStudio(self._server.url, self._token)

    def end(self) -> None:
        """Kill it and remove what it wrote."""
        self._server.child.kill()
        shutil.rmtree(self._directory, ignore_errors=True)


_starting_key = pytest.StashKey[_Starting]()


def _needs_it(item: pytest.Item) -> bool:
    return _FIXTURE in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that need it last, each as a whole and in its own order."""
    last = {item.path for item in items if _needs_it(item)}
    items.sort(key=lambda item: item.path in last)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start it, if a test that is going to run needs it."""
    if session.config.option.collectonly or not any(map(_needs_it, session.items)):
        return
    # A failed installation fails the tests that need it, and no other.
    with contextlib.suppress(subprocess.CalledProcessError):
        session.config.stash[_starting_key] = _Starting()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End it, whatever happened."""
    if starting := config.stash.get(_starting_key, None):
        starting.end()


@pytest.fixture(scope="session")
def label_studio(pytestconfig: pytest.Config) -> RealLabelStudio:
    """The running Label Studio."""
    if _starting_key not in pytestconfig.stash:
        pytestconfig.stash[_starting_key] = _Starting()
    return pytestconfig.stash[_starting_key].wait()
