"""Label Studio comes up beside the platform; when it cannot, the platform says why and runs on."""

import json
from pathlib import Path

from deploy.children import Child
from deploy.label_studio import LabelStudio, LabelStudioInBackground
from tests.platforms import wait_for


def _in_background(directory: Path, install: str, said: list[str]) -> LabelStudioInBackground:
    """Return it for a repository whose installation is this shell script."""
    script = directory / "repository" / "deploy" / "setup.sh"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\n{install}\n")
    script.chmod(0o755)
    server = LabelStudio(
        directory / "label-studio",
        repository=directory / "repository",
        port=1,
        password="known",
        token="0" * 40,
        secret_key="known",
        log=directory / "server.log",
    )
    watched: list[Child] = []
    return LabelStudioInBackground(
        server,
        repository=directory / "repository",
        logs=directory / "logs",
        environment={},
        say=said.append,
        watch=watched.append,
    )


def test_a_failed_installation_is_a_state_with_a_reason(tmp_path: Path) -> None:
    said: list[str] = []
    background = _in_background(tmp_path, "echo no room on the disk >&2; exit 3", said)
    background.start()
    assert background.state == "installing"
    wait_for("the failure", lambda: (background.tick(), background.state == "failed")[1])
    assert "no room on the disk" in background.reason
    state = json.loads((tmp_path / "label-studio" / "state.json").read_text())
    assert (state["state"], state["reason"]) == ("failed", background.reason)
    assert "Label Studio failed" in said[-1]


def test_looking_after_it_never_waits(tmp_path: Path) -> None:
    background = _in_background(tmp_path, "sleep 60", [])
    background.start()
    for _ in range(100):
        background.tick()
    assert background.state == "installing"
    background.stop()
