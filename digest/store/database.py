"""The DuckDB file itself: opened for one transaction at a time, with its tables up to date.

DuckDB lets no second process open a file that one has open for writing, not even to read. So
``status`` works while a run writes: each waits for the other for a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from digest import files
from digest.errors import StoreError
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
        if self._held is not None:
            yield
            return
        self._held = self._open()
        try:
            yield
        finally:
            held, self._held = self._held, None
            held.close()

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file open outside a transaction, for what none may hold: CHECKPOINT, COPY.

        Raises:
            ValueError: It is open already, and whoever has opened it would go on with it.
        """
        if self._held is not None:
            raise ValueError(f"{self._path} is held open")
        with self.held_open():
            assert self._held is not None  # held_open opened it
            yield self._held

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
                self._flush_names()
            except duckdb.Error as exc:
                raise StoreError(f"{self._path}: {_first_line(exc)}") from exc

    def _flush_names(self) -> None:
        """Wait until the names of the file and of its log are on the disk.

        DuckDB waits for their bytes alone. A commit that is in the log would be lost with the
        log's name; and where the removal of several logs was lost, DuckDB refuses an old one.

        Raises:
            StoreError: The folder cannot be flushed.
        """
        if self._path.with_name(f"{self._path.name}.wal").exists():
            try:
                files.flush(self._path.parent)
            except OSError as exc:
                raise StoreError(
                    f"{self._path} cannot be written: {exc.strerror}", "check the disk: dmesg"
                ) from exc

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting for another process's transaction to end.

        Raises:
            StoreError: Still locked after ``LOCK_WAIT_S``, damaged, or not writable.
        """
        try:
            files.make_folder(self._path.parent)
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
