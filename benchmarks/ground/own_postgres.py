"""PostgreSQL for one benchmark, in a directory of its own that is removed afterwards."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.ports import free_ports
from deploy.postgres import Postgres


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Start it, careless of power cuts, and stop it at the end. Raises StartFailed."""
    with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
        # PostgreSQL may run as another user and has to pass through.
        Path(directory).chmod(0o711)
        database = Postgres(
            Path(directory) / "postgres",
            port=free_ports(["postgres"])["postgres"],
            password=secrets.token_urlsafe(24),
            log=Path(directory) / "postgres.log",
            durable=False,
        )
        database.start()
        try:
            database.wait()
            yield database
        finally:
            database.stop()
