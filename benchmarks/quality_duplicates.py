"""Is a clip that comes again found among a million others, and how long does the search take?

The tables are filled with a million clips whose keys meet those of real recordings as often as
real clips' do (benchmarks.ground.key_model). Then real recordings are added and searched for again,
coded anew, cut, or with noise. On PostgreSQL (3 minutes) or SQLite (6), each in a directory of its
own that is removed afterwards (about 4 GB).
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.ports import free_ports
from deploy.postgres import Postgres

_MANY = 1_000_000


def main() -> int:
    """Run the searches. Returns 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=_MANY)
    parser.add_argument("--database", choices=("postgres", "sqlite", "both"), default="postgres")
    chosen = parser.parse_args()
    databases = ("postgres", "sqlite") if chosen.database == "both" else (chosen.database,)
    failed = False
    for name in databases:
        with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
            # PostgreSQL may run as another user and has to pass through.
            Path(directory).chmod(0o711)
            with _database(name, Path(directory)) as url:
                failed |= bool(_searched(url, chosen.clips))
    return int(failed)


def _searched(url: str, clips: int) -> int:
    command = ["-m", "benchmarks.ground.duplicate_search", "--clips", str(clips)]
    environment = {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "DATABASE_URL": url,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, *command], env={**os.environ, **environment}, check=False
    )
    return done.returncode


@contextmanager
def _database(name: str, directory: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{directory / 'fieldvoice.sqlite3'}"
        return
    database = Postgres(
        directory / "postgres",
        port=free_ports(["postgres"])["postgres"],
        password=secrets.token_urlsafe(24),
        log=directory / "postgres.log",
        durable=False,
    )
    database.start()
    try:
        database.wait()
        yield database.url
    finally:
        database.stop()


if __name__ == "__main__":
    sys.exit(main())
