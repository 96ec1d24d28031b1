"""Label Studio takes the next port when its own is taken; nobody else is taken for it then."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.label_studio import VENV, LabelStudio, LabelStudioInBackground
from deploy.parts import Options
from deploy.platform import Platform
from deploy.ports import free_ports, listening_ports
from deploy.watch import Watch
from tests.platforms import wait_for

# Like the real one it looks at its port only after its migrations (here: once a file is there),
# by connecting to it, and counts on from there.
_STAND_IN = """
import json, os, socket, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "UP"}')

while not os.path.exists("migrated"):
    time.sleep(0.02)
port = int(sys.argv[sys.argv.index("--port") + 1])
told = os.environ["LABEL_STUDIO_HOST"]
while socket.socket().connect_ex(("127.0.0.1", port)) == 0:
    port += 1
print("stand-in at", port, "told", told, flush=True)
HTTPServer(("127.0.0.1", port), Health).serve_forever()
"""
_CONNECT = """
import sys
open("connected", "a").write(sys.argv[sys.argv.index("--url") + 1] + "\\n")
"""


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "UP"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _another_label_studio(port: int) -> Iterator[None]:
    """Somebody else's, in good health, on this port."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Supervised:
    """A stand-in for Label Studio under the real supervision, in a repository of its own."""

    def __init__(self, directory: Path) -> None:
        self.repository = directory / "repository"
        for path, text in {
            f"{VENV}/bin/label-studio": f"#!{sys.executable}\n{_STAND_IN}",
            "deploy/setup.sh": "#!/bin/sh\n",
            "manage.py": _CONNECT,
        }.items():
            file = self.repository / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755)
        self.said: list[str] = []
        self.watch = Watch(self.said.append)
        self.server = LabelStudio(
            directory / "label-studio",
            repository=self.repository,
            port=free_ports(["label_studio"])["label_studio"],
            password="known",
            token="0" * 40,
            secret_key="known",
            log=directory / "logs" / "label-studio.log",
        )
        self.background = LabelStudioInBackground(
            self.server,
            repository=self.repository,
            logs=directory / "logs",
            environment={},
            say=self.said.append,
            watch=lambda child: self.watch.add(child, layer=0),
        )

    def migrate(self) -> None:
        """Let the stand-in go on to its port."""
        (self.server.directory / "migrated").touch()

    def is_now(self, state: str) -> bool:
        """Look after it once; whether it is in this state."""
        self.watch.tick()
        self.background.tick()
        return self.background.state == state

    def connected(self) -> list[str]:
        """The addresses that were connected, in order."""
        return (self.repository / "connected").read_text().split()


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[_Supervised]:
    made = _Supervised(tmp_path)
    yield made
    made.background.stop()
    made.watch.stop()


def test_a_process_is_told_by_the_ports_it_listens_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        ports = listening_ports(os.getpid())
        assert server.getsockname()[1] in ports
        assert bound.getsockname()[1] not in ports
        assert server.getsockname()[1] not in listening_ports(os.getppid())


def test_a_port_taken_during_the_migrations_is_left_to_who_took_it(
    supervised: _Supervised,
) -> None:
    taken = supervised.server.port
    supervised.background.start()
    wait_for("the start", lambda: supervised.is_now("starting"))
    with _another_label_studio(taken):
        for _ in range(5):
            assert supervised.is_now("starting"), "another's good health was taken for ours"
        supervised.migrate()
        wait_for("Label Studio", lambda: supervised.is_now("ready"))
    assert supervised.server.port not in {taken, taken + 1}
    assert supervised.connected() == [supervised.server.url]
    assert supervised.background.told() == {"state": "ready", "url": supervised.server.url}
    moves = [line for line in supervised.said if f"took port {taken}" in line]
    assert len(moves) == 1
    assert str(supervised.server.port) in moves[0]
    # Its own links hold the address it is told, so it must be told the new one.
    assert f"told {supervised.server.url}\n" in supervised.server.child.log.read_text()


def test_what_the_platform_tells_follows_the_move(supervised: _Supervised, tmp_path: Path) -> None:
    platform = Platform(Options(directory=tmp_path / "var"), say=supervised.said.append)
    platform.place.logs.mkdir(parents=True)
    platform.facts["label_studio"] = {"state": "off", "url": supervised.server.url}
    platform._label_studio = supervised.background

    def ready() -> bool:
        platform.tick()
        return supervised.background.state == "ready"

    with _another_label_studio(supervised.server.port):
        supervised.background.start()
        supervised.migrate()
        wait_for("Label Studio", ready)
    told = json.loads((tmp_path / "var" / "run.json").read_text())
    assert told["label_studio"] == {"state": "ready", "url": supervised.server.url}
    settings = (tmp_path / "var" / "run.env").read_text().splitlines()
    assert f"LABEL_STUDIO_URL={supervised.server.url}" in settings


def test_a_port_lost_in_a_restart_is_connected_anew_elsewhere(supervised: _Supervised) -> None:
    supervised.background.start()
    wait_for("the start", lambda: supervised.is_now("starting"))
    supervised.migrate()
    wait_for("Label Studio", lambda: supervised.is_now("ready"))
    first = supervised.server.url
    os.kill(supervised.server.child.pid, signal.SIGKILL)
    wait_for("its end", lambda: not supervised.server.child.running())
    with _another_label_studio(supervised.server.port):
        wait_for(
            "the move", lambda: supervised.is_now("starting") and supervised.server.url != first
        )
        wait_for("Label Studio", lambda: supervised.is_now("ready"))
    assert supervised.connected() == [first, supervised.server.url]


def test_a_restart_on_its_own_port_connects_nothing_anew(supervised: _Supervised) -> None:
    supervised.background.start()
    wait_for("the start", lambda: supervised.is_now("starting"))
    supervised.migrate()
    wait_for("Label Studio", lambda: supervised.is_now("ready"))
    os.kill(supervised.server.child.pid, signal.SIGKILL)
    wait_for("its end", lambda: not supervised.server.child.running())
    wait_for("its restart", lambda: supervised.is_now("ready") and supervised.server.answers())
    assert supervised.connected() == [supervised.server.url]
