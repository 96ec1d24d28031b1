"""A pytest plugin: one real Label Studio for a test session, installed from its lock."""

import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.label_studio import LabelStudio
from deploy.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent


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


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLabelStudio]:
    """A running Label Studio of this session's own; its first start takes half a minute."""
    subprocess.run([ROOT / "deploy" / "setup.sh", "label-studio"], check=True, cwd=ROOT)
    directory = tmp_path_factory.mktemp("label-studio")
    # Its legacy tokens are 40 hex digits and no more.
    token = secrets.token_hex(20)
    server = LabelStudio(
        directory,
        repository=ROOT,
        port=free_ports(["label_studio"])["label_studio"],
        password=secrets.token_urlsafe(12),
        token=token,
        secret_key=secrets.token_urlsafe(40),
        log=directory / "label-studio.log",
    )
    server.start()
    try:
        server.wait(seconds=600)
        yield RealLabelStudio(server.url, token)
    finally:
        server.child.kill()
