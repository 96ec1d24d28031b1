"""The web process on its real parts, as `make run` starts them, with the benchmarks' bare views.

No worker runs: what is measured is the web process, and on a small machine the work that a
confirmation causes would be counted against the next round.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.children import Child, StartFailed, last_lines
from deploy.parts import Options, make_parts, settings_of
from deploy.place import Place
from deploy.seaweedfs import PORTS as STORE_PORTS

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SETTINGS = "benchmarks.ground.settings"


@dataclass(frozen=True)
class Server:
    """A running web process: its port, what bootstrap made, its settings, its process id."""

    port: int
    demo: dict[str, Any]
    environment: dict[str, str]
    pid: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_server(*, database: str) -> Iterator[Server]:
    """Start store, broker, database (sqlite or postgres) and gunicorn in a directory of their own.

    Raises StartFailed. Everything is stopped and removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
        options = Options(
            directory=Path(directory),
            database=database,
            label_studio=False,
            environment={"DJANGO_SETTINGS_MODULE": SETTINGS},
        )
        place = Place(options.directory)
        place.take()
        secrets = place.secrets()
        ports = place.ports(
            [*STORE_PORTS, "valkey", "postgres", "web", "s3_public", "label_studio"], wanted={}
        )
        parts = make_parts(place, options, secrets, ports)
        services = [part for part in (parts.store, parts.broker, parts.database) if part]
        environment = settings_of(place, options, secrets, ports, parts)
        web = _web(place, environment)
        try:
            for service in services:
                service.start()
            parts.broker.wait()
            parts.store.prepare(origins=[environment["PUBLIC_URL"]])
            parts.store.turn_fsync_on()
            if parts.database:
                parts.database.wait()
            _manage(environment, place, "migrate", "--noinput")
            demo = json.loads(_manage(environment, place, "bootstrap").strip().splitlines()[-1])
            web.start()
            web.wait_until(lambda: _answers(ports["web"]), seconds=60)
            yield Server(ports["web"], demo, environment, web.pid)
        finally:
            web.stop()
            for service in reversed(services):
                service.stop()
            place.release()


def _web(place: Place, environment: dict[str, str]) -> Child:
    return Child(
        name="web",
        command=[
            *(sys.executable, "-m", "gunicorn", "--config", "python:deploy.gunicorn_settings"),
            "backend.wsgi:application",
        ],
        log=place.logs / "web.log",
        environment=environment,
        directory=REPOSITORY,
    )


def _manage(environment: dict[str, str], place: Place, *command: str) -> str:
    log = place.logs / f"{command[0]}.log"
    with log.open("wb") as errors:
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "manage.py"), *command],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=REPOSITORY,
            check=False,
        )
    if done.returncode:
        raise StartFailed(f"manage.py {command[0]} failed: {last_lines(log)}")
    return done.stdout.decode()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False
