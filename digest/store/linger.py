"""For how long a database stays open after a transaction, so that others get their turn.

Closing the file rewrites the last 2,048 rows of each table: 0.4 s where they hold texts of papers.
So a burst of transactions keeps it open. Whoever waits for it meanwhile says so by a lock on a
file beside it, which is noticed within a tenth of a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

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
def asked_for(database: Path) -> Iterator[Callable[[], None]]:
    """While the database is waited for. What it gives says so, if it can be said; call it at each
    look, for of several who wait one says it at a time.
    """
    with contextlib.ExitStack() as stack:
        mark: BinaryIO | None = None
        with contextlib.suppress(OSError):
            mark = stack.enter_context(mark_of(database).open("ab"))

        def say() -> None:
            if mark is not None:
                with contextlib.suppress(OSError):
                    fcntl.flock(mark.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

        yield say


def is_asked_for(database: Path) -> bool:
    """Whether somebody says so now."""
    try:
        with mark_of(database).open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever waited, or it cannot be said here
        return False
    return False


class Linger:
    """Off, until it is turned on.

    Args:
        database: The file.
        let_go: Closes it where what it is given says that it is time, and nobody uses it; called
            from a thread of its own.
    """

    def __init__(self, database: Path, let_go: Callable[[Callable[[], bool]], None]) -> None:
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
            with contextlib.suppress(OSError):  # so that whoever waits finds it, and may open it
                mark_of(self._database).open("ab").close()
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
        def is_due() -> bool:  # asked when it is our turn: it may have been used meanwhile
            return not ended.is_set() and self._is_due()

        while not ended.wait(_LOOK_S):
            if self._is_due():
                self._let_go(is_due)

    def _is_due(self) -> bool:
        now_s = time.monotonic()
        is_idle = now_s > self._used_s + IDLE_S or now_s > self._opened_s + MOST_S
        return is_idle or is_asked_for(self._database)
