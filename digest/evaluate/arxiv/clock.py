"""A clock that only moves when somebody sleeps."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class SimulatedClock:
    """A ``Clock`` for simulations: sleeping takes no time, and the day can be set forward.

    Shared by the client's thread and the server's.
    """

    def __init__(self, start_at: datetime) -> None:
        self._start_at = start_at.astimezone(UTC)
        self._elapsed_s = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The simulated time of day, aware, in UTC."""
        return self._start_at + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        """Simulated seconds since the start."""
        with self._lock:
            return self._elapsed_s

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        if seconds < 0:
            raise ValueError(f"cannot sleep {seconds} s")
        with self._lock:
            self._elapsed_s += seconds

    def move_to(self, at: datetime) -> None:
        """Move on to ``at``; stay where that is past."""
        self.sleep(max(0.0, (at - self.now()).total_seconds()))
