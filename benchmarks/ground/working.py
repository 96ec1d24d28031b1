"""The workers and the beat beside the benchmarks' web process, as `make run` starts them."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground.server import REPOSITORY, Server
from deploy.children import Child
from deploy.platform import WORKERS


@contextmanager
def running_workers(server: Server) -> Iterator[None]:
    """Start every worker that `make run` starts, with as many processes; end them afterwards."""
    celery = (sys.executable, "-m", "deploy.worker", "-A", "workers.app")
    quiet = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    commands: dict[str, tuple[str, ...]] = {
        name: (*celery, "worker", "-n", f"{name}@%h", "-Q", queues, "-c", str(count), *quiet)
        for name, (queues, count) in WORKERS.items()
    }
    with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
        place = Path(directory)
        commands["beat"] = (*celery, "beat", "-s", str(place / "schedule"), "--pidfile=")
        children = [
            Child(
                name=name,
                command=list(command),
                log=place / f"{name}.log",
                environment=server.environment,
                directory=REPOSITORY,
            )
            for name, command in commands.items()
        ]
        try:
            for child in children:
                child.start()
            yield
        finally:
            for child in children:
                child.stop()
