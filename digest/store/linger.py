"""For how long a database stays open after a transaction, so that others get their turn.

Closing the file rewrites the last 2,048 rows of each table: 0.4 s where they hold texts of papers.
So a burst of transactions keeps it open. Whoever waits for it meanwhile says so by a lock on a
file beside it, and gets it within a tenth of a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from digest import files
from digest.errors import BusyError, StoreError

IDLE_S = 1.0
"""A file that nobody uses for so long is closed: between papers that take minutes it is free."""
MOST_S = 10.0
"""It is closed after so long in any case: a program that is not ours cannot say that it waits."""
TURN_S = 0.12
"""Then it stays closed for so long; ``database`` looks every 50 ms."""
GRANTED_S = 0.5
"""At most so long for somebody who said that they wait, and have not come yet."""
_LOOK_S = 0.1


def mark_of(database: Path) -> Path:
    """The file whose lock says that somebody waits for the database."""
    return database.with_name(f".{database.name}.wanted")


@contextmanager
def asked_for(database: Path) -> Iterator[None]:
    """Say that the database is waited for, as well as it can be said."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(BusyError, StoreError):  # another one says so; or nobody can
            stack.enter_context(files.held(mark_of(database)))
        yield


def is_asked_for(database: Path) -> bool:
    """Whether somebody says so now."""
    try:
        with mark_of(database).open("r+b") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever waited, or it cannot be said here
        return False
    return False


class Linger:
    """Off, until it is turned on.

    Args:
        database: The file.
        let_go: Closes it unless it is in use; called from a thread of its own.
    """

    def __init__(self, database: Path, let_go: Callable[[], None]) -> None:
        self._database = database
        self._let_go = let_go
        self._is_on = False
        self._opened_s = self._used_s = 0.0
        self._closed_s = float("-inf")
        self._watch: threading.Event | None = None

    @contextmanager
    def on(self) -> Iterator[None]:
        """While it lasts, a file that is closed at last by the block itself may stay open."""
        before, self._is_on = self._is_on, True
        try:
            yield
        finally:
            self._is_on = before

    def goes_on(self) -> bool:
        """Whether the file may stay open now, after it was used."""
        self._used_s = time.monotonic()
        is_new = self._used_s < self._opened_s + MOST_S
        return self._is_on and is_new and not is_asked_for(self._database)

    def opened(self) -> None:
        """The file was opened: it is closed in time, whether it is used again or not."""
        if self._is_on:
            self._opened_s = self._used_s = time.monotonic()
            self._watch = threading.Event()
            threading.Thread(target=self._watched, args=(self._watch,), daemon=True).start()

    def closed(self) -> None:
        """The file was closed."""
        if self._watch is not None:
            self._watch.set()
            self._watch = None
            self._closed_s = time.monotonic()

    def give_way(self) -> None:
        """Before the file is opened again, let those have it who wait."""
        if not self._is_on:
            return
        if self._closed_s - self._opened_s >= MOST_S:
            time.sleep(max(0.0, self._closed_s + TURN_S - time.monotonic()))
        while time.monotonic() < self._closed_s + GRANTED_S and is_asked_for(self._database):
            time.sleep(0.01)

    def _watched(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_S):
            now_s = time.monotonic()
            is_idle = now_s > self._used_s + IDLE_S or now_s > self._opened_s + MOST_S
            if is_idle or is_asked_for(self._database):
                self._let_go()
