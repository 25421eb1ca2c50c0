"""The time, handed in wherever it matters, so that a test can live through eight weeks."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol


def is_time_of_day(text: str) -> bool:
    """Whether it is one, as HH:MM."""
    return re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is not None


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC. From one process to the next it may jump."""
        ...

    def elapsed_s(self) -> float:
        """Seconds since the machine started: the same in every process, and it never jumps."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock.

    The time of day is read once in a process, and counted on from there: when somebody sets the
    clock in the middle of a night, the night goes on as it began.
    """

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        began_at, began_s = _beginning()
        return began_at + timedelta(seconds=self.elapsed_s() - began_s)

    def elapsed_s(self) -> float:
        """CLOCK_BOOTTIME: counts while the machine sleeps, and is shared by all processes."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@cache
def _beginning() -> tuple[datetime, float]:
    """The time of day, and that since the machine started, when the first was asked for."""
    return datetime.now(UTC), time.clock_gettime(time.CLOCK_BOOTTIME)
