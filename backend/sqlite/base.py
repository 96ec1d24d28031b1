"""Django's SQLite backend with a queue for writers, across threads and processes.

SQLite lets one writer in at a time, and whoever finds it busy sleeps for up to a tenth of a second
and looks again: under load the database stands idle between two looks, and an unlucky writer waits
for seconds. Here a writer first waits for its turn on a lock of the operating system, which wakes
the next one at once. SQLite's own lock stays what keeps the data right; the turn only saves the
waiting, so a process that does not know of it does no harm.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class QueuedCursor(base.SQLiteCursorWrapper):
    """A cursor whose writes outside a transaction wait for their turn, too."""

    turn: Callable[[str], Any]

    def execute(self, query: str, params: Any = None) -> Any:
        """Execute one statement."""
        with self.turn(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Execute one statement for many sets of values."""
        with self.turn(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection."""

    _turn: int | None = None

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that knows this connection's turn."""
        cursor = self.connection.cursor(factory=QueuedCursor)
        cursor.turn = self._turn_for
        return cursor

    @contextmanager
    def _turn_for(self, query: str) -> Iterator[None]:
        alone = self._turn is None and query.lstrip()[:7].upper().startswith(_WRITES)
        if alone:
            self._wait_for_turn()
        try:
            yield
        finally:
            if alone:
                self._end_turn()

    def _start_transaction_under_autocommit(self) -> None:
        self._wait_for_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # not in the stubs
        except BaseException:
            self._end_turn()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc] # not in the stubs
        if autocommit:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # not in the stubs
        finally:
            self._end_turn()

    def _wait_for_turn(self) -> None:
        if self._turn is not None or self.is_in_memory_db():
            return
        path = Path(f"{self.settings_dict['NAME']}-turn")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._turn = descriptor

    def _end_turn(self) -> None:
        if self._turn is None:
            return
        descriptor, self._turn = self._turn, None
        # Unlocked by name, not by closing: a child that was forked meanwhile holds a copy.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
