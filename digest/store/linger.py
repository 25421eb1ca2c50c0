"""For how long a database stays open after a transaction, so that others get their turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_S, TURN_S = 2.0, 0.12
"""The file stays open for so long, then is closed for a moment in which every process that waits
for it looks at it twice (``database`` looks every 50 ms). Opening a file, writing 9 kB to it and
closing it took 76 ms of a processor, writing alone 6 ms; a run of papers that take minutes each
gains nothing and makes nobody wait longer than now."""


class Linger:
    """Off, until it is turned on.

    Args:
        let_go: Closes the file; called from a thread of its own.
    """

    def __init__(self, let_go: Callable[[], None]) -> None:
        self._let_go = let_go
        self._is_on = False
        self._until_s = self._closed_s = 0.0
        self._timer: threading.Timer | None = None

    @contextmanager
    def on(self) -> Iterator[None]:
        """While it lasts, a file that is closed at last by the block itself may stay open."""
        before, self._is_on = self._is_on, True
        try:
            yield
        finally:
            self._is_on = before

    def goes_on(self) -> bool:
        """Whether the file may stay open now."""
        return self._is_on and time.monotonic() < self._until_s

    def opened(self) -> None:
        """The file was opened: it is closed in time, whether it is used again or not."""
        if self._is_on:
            self._until_s = time.monotonic() + MOST_S
            self._timer = threading.Timer(MOST_S, self._let_go)
            self._timer.daemon = True
            self._timer.start()

    def closed(self) -> None:
        """The file was closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            if time.monotonic() >= self._until_s:  # others may have been waiting all the time
                self._closed_s = time.monotonic()

    def give_way(self) -> None:
        """Wait, before the file is opened again, for as long as others may need to notice."""
        time.sleep(max(0.0, self._closed_s + TURN_S - time.monotonic()))
