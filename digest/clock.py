"""The time, handed in wherever it matters, so that a test can live through eight weeks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC. It may jump."""
        ...

    def elapsed_s(self) -> float:
        """Seconds since the machine started: the same in every process, and it never jumps."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def elapsed_s(self) -> float:
        """CLOCK_BOOTTIME: counts while the machine sleeps, and is shared by all processes."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
