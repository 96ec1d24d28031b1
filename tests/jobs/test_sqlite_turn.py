"""Writers to SQLite queue for their turn: nobody is locked out, and the turn is always given on."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from backend.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)
# Its own database, so that it says the same whatever the session's database is.
SETTINGS: dict[str, Any] = {
    "ENGINE": "backend.sqlite",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 2,
        "init_command": "PRAGMA journal_mode=WAL;",
    },
    "TIME_ZONE": None,
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": False,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
}
WRITER = """
import sys
from tests.jobs.test_sqlite_turn import opened
database = opened(sys.argv[1])
for _ in range(100):
    database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with database.cursor() as cursor:
        cursor.execute("SELECT n FROM counter")
        n = cursor.fetchone()[0]
        cursor.execute("UPDATE counter SET n = %s", [n + 1])
    database.commit()
    database.set_autocommit(True)
    with database.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = n + 1")
database.close()
"""


def opened(path: str) -> DatabaseWrapper:
    """Open a connection of our own to a file."""
    return DatabaseWrapper(SETTINGS | {"NAME": path}, alias="turn")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database with one number."""
    name = str(tmp_path / "turn.sqlite3")
    with sqlite3.connect(name) as made:
        # Before anybody else is there: the change to WAL itself waits for nobody.
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE counter (n INTEGER UNIQUE)")
        made.execute("INSERT INTO counter VALUES (0)")
    made.close()
    return name


def test_writers_of_several_processes_lose_no_update_and_are_never_locked_out(path: str) -> None:
    def write(_: int) -> int:
        done = subprocess.run([sys.executable, "-c", WRITER, path], check=False)
        return done.returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))) == [0] * 4
    database = opened(path)
    with database.cursor() as cursor:
        cursor.execute("SELECT n FROM counter")
        assert cursor.fetchone()[0] == 4 * 200
    database.close()


def test_a_write_that_fails_gives_its_turn_on(path: str) -> None:
    first, second = opened(path), opened(path)
    with pytest.raises(IntegrityError), first.cursor() as cursor:
        cursor.execute("INSERT INTO counter VALUES (0)")
    with second.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = 5")
    first.close()
    second.close()


def test_a_connection_that_is_closed_in_a_transaction_gives_its_turn_on(path: str) -> None:
    first, second = opened(path), opened(path)
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    first.close()
    with second.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = 5")
    second.close()


def test_a_transaction_that_is_rolled_back_gives_its_turn_on() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        raise RuntimeError("no")
    assert getattr(connection, "_turn", None) is None
