"""The DuckDB file itself: opened for one transaction at a time, with its tables up to date.

DuckDB lets no second process open a file that one has open for writing, not even to read. So
``status`` works while a run writes: each waits for the other for a moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from digest.errors import StoreError
from digest.store.linger import Linger
from digest.store.migrations import migrate

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
}
"""DuckDB would fetch an extension from its own server when a query needs one; ours never may."""

LOCK_WAIT_S = 30.0
"""How long to wait for another process's transaction. Ours take well under a second."""


class Database:
    """One home's file.

    Args:
        path: The file; made, with its tables, at the first use.
        clock: Tells the time, aware and in UTC; tests hand in their own.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._path = path
        self._clock = clock
        self._migrated = False
        self._held: duckdb.DuckDBPyConnection | None = None
        self._users = 0
        self._turn = threading.RLock()
        self._linger = Linger(self.let_go)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def exists(self) -> bool:
        """Whether there is a database yet. Asking for it does not make one."""
        return self._path.is_file()

    def now(self) -> datetime:
        """The time as a naive UTC column holds it."""
        return self._clock().astimezone(UTC).replace(tzinfo=None)

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[Any]:
        """All rows of a query, in a transaction of its own."""
        with self.transaction() as con:
            return con.execute(sql, parameters or []).fetchall()

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Keep the file open over several transactions in a row, which is 17 ms less for each.

        Other processes wait meanwhile: for bursts of queries, never for work on a paper.
        """
        with self._turn:
            if self._held is None:
                self._linger.give_way()
                self._held = self._open()
                self._linger.opened()
            self._users += 1
            try:
                yield
            finally:
                self._users -= 1
                if not self._linger.goes_on():
                    self.let_go()

    @contextmanager
    def lingering(self) -> Iterator[None]:
        """Let the file stay open for a moment after each transaction: the next may follow at once.

        For a run whose papers are finished faster than the file is opened and closed.
        """
        with self._linger.on():
            try:
                yield
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Close the file, unless somebody holds it open."""
        with self._turn:
            if self._held is not None and not self._users:
                held, self._held = self._held, None
                held.close()
                self._linger.closed()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Begin, and commit at the end; a failure inside rolls back."""
        with self.held_open():
            con = self._held
            assert con is not None  # held_open opened it
            try:
                if not self._migrated:
                    migrate(con, self._path, self.now())
                    self._migrated = True
                con.begin()
                try:
                    yield con
                except BaseException:
                    con.rollback()
                    raise
                con.commit()
            except duckdb.Error as exc:
                raise StoreError(f"{self._path}: {_first_line(exc)}") from exc

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting for another process's transaction to end.

        Raises:
            StoreError: Still locked after ``LOCK_WAIT_S``, damaged, or not writable.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(
                f"{self._path.parent} cannot be made: {exc.strerror}", "give --home another folder"
            ) from exc
        give_up = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                return duckdb.connect(str(self._path), config=_SETTINGS)
            except duckdb.IOException as exc:
                if "Could not set lock" not in str(exc):
                    raise StoreError(
                        f"{self._path} cannot be opened: {_first_line(exc)}",
                        "is the disk writable, and the file a DuckDB database? move it away to "
                        "start anew; the PDFs and posts beside it stay",
                    ) from exc
                if time.monotonic() > give_up:
                    raise StoreError(
                        f"{self._path} is in use by another process",
                        "wait for the other digest run to end, or stop it",
                    ) from exc
                time.sleep(0.05)
            except duckdb.Error as exc:
                raise StoreError(
                    f"{self._path} is damaged: {_first_line(exc)}",
                    "move it away to start anew; the PDFs and posts beside it stay",
                ) from exc


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0]
