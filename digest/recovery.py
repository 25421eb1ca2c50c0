"""A database that is damaged or lost: set aside, and the newest good backup put in its place.

Nothing is deleted: the damaged file stays beside the new one. What was made since the backup is
made again by the next run, for a run makes whatever its day lacks; posts that are there as files
are entered into the store again (``digest.reentry``), so that no paper is carried twice.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Literal, TypeVar

from digest import backups, files
from digest.config import Config
from digest.errors import StoreDamaged, StoreError
from digest.reentry import Reentry, enter_again
from digest.store import Store
from digest.store import backup as mechanics
from digest.store.database import locked, wal_of

T = TypeVar("T")
Clock = Callable[[], datetime]
How = Literal["checkpoint", "backup", "anew"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done.

    ``how``: checkpoint (only what was yet to go into the file was damaged, and is left out), backup
    (``backup`` took its place) or anew. ``aside``: the files that were there before, under their
    new names. ``reentry``: the posts that were made since.
    """

    how: How
    backup: Path | None
    aside: tuple[Path, ...]
    reentry: Reentry


def surviving(config: Config, clock: Clock, work: Callable[[], T]) -> T:
    """Do the work of a night, also with a database that is damaged or lost.

    Each time that damage is met, the next older backup is tried; the caller holds the home's lock.

    Raises:
        StoreDamaged: A database that was begun anew is damaged, too: the disk is.
    """
    tried: list[Restored] = []
    if not config.database.exists() and backups.kept(config):
        tried.append(_recover(config, clock, tried, f"{config.database} is gone"))
    while True:
        try:
            return work()
        except StoreDamaged as exc:
            if any(restored.how == "anew" for restored in tried):
                raise
            tried.append(_recover(config, clock, tried, exc.message))


def restore(config: Config, clock: Clock, chosen: Path | None = None) -> Restored:
    """Put a backup in the database's place, by hand; the caller holds the home's lock.

    Args:
        config: For the home.
        clock: Dates what is entered again.
        chosen: A backup; the newest good one where it is None.

    Raises:
        StoreDamaged: ``chosen`` is damaged.
        StoreError: There is no good backup, or the home cannot be written.
    """
    if chosen is not None and not chosen.is_file():
        raise StoreError(f"no such backup: {chosen}", f"see {backups.folder(config)}")
    if chosen is not None:
        mechanics.check(chosen)
    good = chosen or _newest_good(config, ())
    if good is None:
        folder = backups.folder(config)
        raise StoreError(f"no good backup in {folder}", "give the file: digest restore FILE")
    aside = _replace(config.database, good, _free_number(config.database))
    return Restored("backup", good, aside, _enter_again(config, clock))


def _recover(config: Config, clock: Clock, tried: Sequence[Restored], damage: str) -> Restored:
    """The best state that there is: without the .wal, from a backup, or an empty one."""
    log.warning("%s", damage)
    how: How = "checkpoint"
    good: Path | None = None
    number = _free_number(config.database)
    with _alone(config.database):
        aside = _wal_aside(config.database, number)
    if not aside or not _is_good(config.database):
        good = _newest_good(config, [restored.backup for restored in tried])
        how = "anew" if good is None else "backup"
        aside += _replace(config.database, good, number)
    restored = Restored(how, good, aside, _enter_again(config, clock))
    _say(restored)
    return restored


def _say(restored: Restored) -> None:
    for path in restored.aside:
        log.warning("kept aside: %s", path)
    said = {
        "checkpoint": "the database goes on from its last whole state",
        "backup": f"the database goes on from {restored.backup}",
        "anew": "there is no good backup: the database begins anew, and knows nothing forgotten",
    }
    log.warning("%s; what was made since is made again", said[restored.how])
    for line in restored.reentry.lines():
        log.warning("%s", line)


def _newest_good(config: Config, tried: Sequence[Path | None]) -> Path | None:
    for backup in backups.kept(config):
        if backup.path not in tried and _is_good(backup.path):
            return backup.path
    return None


def _is_good(path: Path) -> bool:
    try:
        mechanics.check(path)
    except StoreDamaged as exc:  # what hinders the reading of a whole one is no damage
        log.warning("%s", exc.message)
        return False
    return True


def _enter_again(config: Config, clock: Clock) -> Reentry:
    """The posts that were made since."""
    return enter_again(config, Store(config.database, clock))


# ---------------------------------------------------------------- files


def _replace(database: Path, backup: Path | None, number: int) -> tuple[Path, ...]:
    """Put a copy of a backup in the database's place, or nothing; what was there goes aside.

    What is yet to go into the backup, as into one that was set aside itself, comes with it.
    A kill at any moment leaves the old file, the new one, or (on a disk without hard links) none,
    which the next run takes for lost.
    """
    with _alone(database):
        if backup is None:
            _drop_index(database)
            aside = _put_aside(database, number)
            database.unlink(missing_ok=True)  # its other name stays
            return aside
        with files.filling(database) as partial:
            mechanics.copy_file(backup, partial)
            files.flush(partial)
            _drop_index(database)
            aside = _put_aside(database, number)
            if wal_of(backup).exists():
                files.copy(wal_of(backup), wal_of(database))
    return aside


def _put_aside(database: Path, number: int) -> tuple[Path, ...]:
    """The database and its .wal, which must not meet the new file; their names belong together."""
    to = _aside(database, number)
    moved = _wal_aside(database, number)
    if not database.exists():
        return moved
    try:
        to.hardlink_to(database)  # until the rename the old file keeps its name, too
    except OSError:
        database.replace(to)
    else:
        files.flush(to.parent)
    return (to, *moved)


def _wal_aside(database: Path, number: int) -> tuple[Path, ...]:
    """What was yet to go into the database, out of its way."""
    moved = []
    for path in sorted(database.parent.glob(f"{database.name}.wal*")):
        to = path.with_name(_aside(database, number).name + path.name.removeprefix(database.name))
        path.replace(to)
        moved.append(to)
    return tuple(moved)


def _aside(database: Path, number: int) -> Path:
    return database.with_name(f"{database.name}.before-restore-{number}")


def _free_number(database: Path) -> int:
    """One under which nothing was set aside yet."""
    for number in count(1):
        name = _aside(database, number).name
        taken = (database.with_name(name), *database.parent.glob(f"{name}.wal*"))
        if not any(path.exists() for path in taken):
            return number
    raise AssertionError("unreachable")


def _drop_index(database: Path) -> None:
    """The search's index was made from another database: it is made again at the next search."""
    Store(database).search.remove()


@contextlib.contextmanager
def _alone(database: Path) -> Iterator[None]:
    """While no other process has the database open, which may write beside it.

    Raises:
        StoreError: One has had it open for long.
    """
    if not database.exists():
        yield
        return
    with locked(database):
        yield
