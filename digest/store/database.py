"""The DuckDB file itself: opened for one transaction at a time, with its tables up to date.

DuckDB lets no second process open a file that one has open for writing, not even to read. So
``status`` works while a run writes: each waits for the other for a moment.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from digest import files
from digest.errors import StoreError
from digest.store.damage import meaning
from digest.store.linger import Linger, asked_for
from digest.store.migrations import migrate

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
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
        self._linger = Linger(path, self._let_go_if)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def wal(self) -> Path:
        """What is yet to go into it; there for a moment, or after a kill."""
        return wal_of(self._path)

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
        try:
            with self._linger.on():
                yield
        finally:
            if not self._linger.goes_on():
                self.let_go()

    def _let_go_if(self, is_due: Callable[[], bool]) -> None:
        with self._turn:
            if is_due():
                self.let_go()

    def let_go(self) -> None:
        """Close the file, unless somebody holds it open."""
        with self._turn:
            if self._held is not None and not self._users:
                held, self._held = self._held, None
                held.close()
                self._linger.closed()

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file open outside a transaction, for what none may hold: CHECKPOINT, COPY.

        Raises:
            ValueError: It is open already, and whoever has opened it would go on with it.
        """
        self.let_go()
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
                raise meaning(self._path, exc) from exc

    @contextmanager
    def at_rest(self) -> Iterator[int]:
        """A descriptor of the file while no process writes to it and nothing is left in its .wal.

        Others wait meanwhile. The lock is DuckDB's own, a POSIX one: closing any descriptor of the
        file ends it. So the database must not be held open here, and the copy is made from this
        descriptor.

        Raises:
            StoreError: The file is damaged, or others write to it all the time.
        """
        self.let_go()
        if self._held is not None:
            raise ValueError("the database is held open: a lock of ours would end DuckDB's")
        give_up = time.monotonic() + LOCK_WAIT_S
        while time.monotonic() < give_up:
            self._checkpoint()
            self.let_go()  # it may linger
            with self._path.open("rb") as file:
                if _is_locked(file.fileno(), fcntl.LOCK_SH) and not self.wal.exists():
                    yield file.fileno()
                    return
            time.sleep(0.05)
        raise _busy(self._path)

    def _checkpoint(self) -> None:
        with self.held_open():
            assert self._held is not None  # held_open opened it
            try:
                self._held.execute("CHECKPOINT")
            except duckdb.Error as exc:
                raise meaning(self._path, exc) from exc

    def _flush_names(self) -> None:
        """Wait until the names of the file and of its log are on the disk.

        DuckDB waits for their bytes alone. A commit that is in the log would be lost with the
        log's name; and where the removal of several logs was lost, DuckDB refuses an old one.

        Raises:
            StoreError: The folder cannot be flushed.
        """
        if self.wal.exists():
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
        return connected(self._path)


def connected(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database file, waiting for another process's transaction to end.

    Raises:
        StoreError: Still locked after ``LOCK_WAIT_S``, damaged, or not to be opened.
    """
    found = _connected_now(path, read_only)
    if found is not None:
        return found
    give_up = time.monotonic() + LOCK_WAIT_S
    with asked_for(path) as say:
        while (found := _connected_now(path, read_only)) is None:
            if time.monotonic() > give_up:
                raise _busy(path)
            say()
            time.sleep(0.05)
    return found


def _connected_now(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection | None:
    """The file open, or None where another process has it open."""
    try:
        return duckdb.connect(str(path), read_only=read_only, config=SETTINGS)
    except duckdb.Error as exc:
        if "Could not set lock" not in str(exc):
            raise meaning(path, exc) from exc
        return None


def wal_of(path: Path) -> Path:
    """Where DuckDB keeps what is yet to go into the file ``path``."""
    return path.with_name(f"{path.name}.wal")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that DuckDB takes of a file: no process has it open, and none opens it.

    Raises:
        StoreError: One has had it open for ``LOCK_WAIT_S``.
    """
    give_up = time.monotonic() + LOCK_WAIT_S
    with path.open("r+b") as file:
        with asked_for(path) as say:
            while not _is_locked(file.fileno(), fcntl.LOCK_EX):
                if time.monotonic() > give_up:
                    raise _busy(path)
                say()
                time.sleep(0.05)
        yield


def _is_locked(descriptor: int, how: int) -> bool:
    """Whether the lock is ours now. It is a POSIX one, as DuckDB's: closing any descriptor of the
    file in this process ends it.
    """
    try:
        fcntl.lockf(descriptor, how | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either
        return False
    return True


def _busy(path: Path) -> StoreError:
    return StoreError(
        f"{path} is in use by another process", "wait for the other digest run to end, or stop it"
    )
