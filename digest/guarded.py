"""What stands around a whole command that changes the home.

It is alone at work there, the clock that dates it can be right, and a database that turns out to be
damaged costs the night a backup's restoring, and not its post.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TypeVar

from digest import backups, clockcheck, recovery, running
from digest.clock import SystemClock
from digest.config import Config
from digest.store import Store

T = TypeVar("T")


def guarded(config: Config, what: str, dated: bool, work: Callable[[bool], T]) -> T:
    """Do a command's work, and make the day's backup.

    Args:
        config: For the home.
        what: The command, for who comes second.
        dated: Whether the user named the date; then a wrong clock is only a warning.
        work: Told whether it was called before: it is again, where the database was damaged and
            another one has come into its place.

    Raises:
        BusyError: Another process is at work in the home.
        DigestError: The clock is plainly wrong, or what ``work`` raises.
    """
    clock, attempts = SystemClock(), count()

    def night() -> T:
        store = Store(config.database, clock.now)
        backups.ensure_whole(store)
        clockcheck.check(store, clock, dated)
        done = work(next(attempts) > 0)
        backups.back_up(config, store, clock.now)
        return done

    with running.at_work(config.home, what, clock.now):
        return recovery.surviving(config, clock.now, night)
