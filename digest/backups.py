"""Backups of the database: one a day in HOME/backups, each read through before it counts.

They are numbered, and the highest number is the newest: a clock that once was ten years ahead
must not make an old backup the newest for ten years.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import files
from digest.config import Config
from digest.errors import StoreDamaged, StoreError
from digest.store import Store
from digest.store import backup as mechanics

RESERVE_BYTES = 100 << 20
"""Left free beside a backup: what a night writes into the database, the log and a post."""

_WAIT_S = 600.0
"""For another process's backup."""
_NAME = re.compile(r"digest-(?P<date>\d{4}-\d{2}-\d{2})-(?P<number>\d+)\.duckdb")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """A backup. ``number``: higher is newer; ``date``: what the clock said."""

    number: int
    date: str
    path: Path


def folder(config: Config) -> Path:
    """Where the backups are."""
    return config.home / "backups"


def kept(config: Config) -> list[Backup]:
    """The backups that are there, the newest first."""
    found = []
    for path in folder(config).glob("digest-*.duckdb"):
        named = _NAME.fullmatch(path.name)
        if named is not None:
            found.append(Backup(int(named["number"]), named["date"], path))
    return sorted(found, reverse=True)


def alone(config: Config) -> AbstractContextManager[None]:
    """While nobody else makes or changes a backup.

    Raises:
        BusyError: Somebody has been at it for long.
    """
    return files.held(folder(config) / ".lock", _WAIT_S)


def back_up(config: Config, store: Store, clock: Callable[[], datetime]) -> Path | None:
    """The day's backup, after a run; what hinders it is a warning, and the run goes on.

    Raises:
        StoreDamaged: The database does not read through. Earlier backups stay.
    """
    if config.keep_backups == 0 or not store.database.exists():
        return None
    try:
        return make(config, store, clock)
    except StoreDamaged:
        raise
    except StoreError as exc:
        log.warning("no backup of the database: %s", exc.message, extra={"hint": exc.hint})
        return None


def ensure_whole(store: Store) -> None:
    """Read the database through before a night, if that takes seconds only: now it can be restored
    while arXiv may still be asked.

    Raises:
        StoreDamaged: It is damaged.
    """
    path = store.database.path
    if path.exists() and path.stat().st_size < _READ_BYTES:
        mechanics.check(path)


_READ_BYTES = 4 << 30


def make(config: Config, store: Store, clock: Callable[[], datetime]) -> Path:
    """Make the day's backup: it replaces another one of the day, and the oldest ones go.

    Raises:
        StoreDamaged: The database does not read through.
        StoreError: There is too little space, or the folder cannot be written.
    """
    with alone(config):
        before = kept(config)
        date = clock().astimezone(ZoneInfo(config.zone)).date().isoformat()
        number = before[0].number + 1 if before else 1
        path = folder(config) / f"digest-{date}-{number:04}.duckdb"
        files.sweep(folder(config))
        check_space(store.database.path, path.parent)
        mechanics.copy(store.database, path)
        for old in _superseded(before, date, max(config.keep_backups, 1)):
            old.path.unlink(missing_ok=True)
    return path


def check_space(database: Path, to: Path) -> None:
    """See that a copy fits on the disk with something left, rather than fill it.

    Raises:
        StoreError: It does not.
    """
    wanted = database.stat().st_size + RESERVE_BYTES
    free = shutil.disk_usage(to).free
    if free < wanted:
        raise StoreError(
            f"{to} has {free / 1e6:.0f} MB free, {wanted / 1e6:.0f} MB are wanted",
            "make room, or set keep_backups = 0",
        )


def _superseded(before: list[Backup], date: str, keep: int) -> list[Backup]:
    """Of the backups before a new one of ``date``, newest first, those that go."""
    same_day = [backup for backup in before if backup.date == date]
    others = [backup for backup in before if backup.date != date]
    return [*same_day, *others[keep - 1 :]]
