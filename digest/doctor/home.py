"""The home: whose it is, who can read it, the disk, the store, its copies, who is at work there."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest import backups, files, space
from digest.config import CONFIG_FILE, Config
from digest.doctor.finding import Finding, State, checked, looked
from digest.errors import BusyError, StoreError
from digest.night import keeper
from digest.running import LOCK
from digest.store import Store

FREE_BYTES = 2 << 30
"""A night's PDFs, the store's growth and a converted model fit into this."""
LEAST_BYTES = 200 << 20
"""With less a night does not get through its PDFs."""
BACKUP_DAYS = 3
HANGS = timedelta(hours=12)
"""A run that takes longer has outlived the night it was for."""
_DAY_S = 86_400


def look(config: Config) -> Iterator[Finding]:
    """Everything about the home."""
    yield _writable(config)
    if config.home.exists():
        yield from _private(config)
    yield _settings(config)
    yield _disk(config)
    yield from _store(config)
    yield from _backup(config)
    yield from _at_work(config)
    yield from _leftovers(config)


def _place(config: Config) -> Path:
    """The home, or where it would be made."""
    return next(path for path in (config.home, *config.home.parents) if path.exists())


def _writable(config: Config) -> Finding:
    bad: State | None = None if os.access(_place(config), os.W_OK | os.X_OK) else "FAIL"
    return checked("home", bad, str(config.home), "give --home a folder of your own")


def _private(config: Config) -> Iterator[Finding]:
    """Whether the home is its user's, and nobody else's to read."""
    found = config.home.stat()
    if found.st_uid != os.geteuid():
        owner = _name_of(found.st_uid)
        yield Finding("owner", "warn", f"the home is {owner}'s", f"run digest as {owner}")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        cure = f"if nobody is to: chmod -R go= '{config.home}'"
        yield Finding("readers", "warn", "other users can look into the home", cure)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _settings(config: Config) -> Finding:
    path = config.home / CONFIG_FILE
    found = ", ".join(config.categories)
    if path.exists():
        return Finding("settings", "ok", f"{found}, from {path.name}")
    return Finding("settings", "warn", f"there is no {CONFIG_FILE}; {found}", "digest init")


def _disk(config: Config) -> Finding:
    """Whether there is much room, and whether a run itself would say that there is enough."""
    free = shutil.disk_usage(_place(config)).free
    bad: State | None = "FAIL" if free < LEAST_BYTES else "warn" if free < FREE_BYTES else None
    if bad != "FAIL":
        with contextlib.suppress(StoreError):  # a store that cannot be read is another finding
            state, found, cure = space.finding(config, Store(config.database))
            if state == "FAIL":
                return Finding("disk", state, found, cure)
    cure = f"free {FREE_BYTES / 2**30:.0f} GiB there"
    return checked("disk", bad, f"{free / 2**30:.1f} GiB free", cure)


def _store(config: Config) -> Iterator[Finding]:
    store = Store(config.database)
    if store.database.exists():
        yield looked("store", lambda: f"{store.counts().papers} papers")


def _backup(config: Config) -> Iterator[Finding]:
    """How old the newest copy of a store is that has been there for longer."""
    if not config.keep_backups or not config.database.exists():
        return
    now = time.time()
    since = min(_changed(path) for path in (config.home / CONFIG_FILE, config.database))
    ages = [now - _changed(backup.path) for backup in backups.kept(config)]
    age_s = min(ages, default=now - since)
    days = f"{age_s / _DAY_S:.0f} days old"
    if age_s > BACKUP_DAYS * _DAY_S:
        found = f"the newest is {days}" if ages else "there is none"
        cure = f"see why with: digest report; {backups.folder(config)} must be writable"
        yield Finding("backup", "warn", found, cure)
    elif ages:
        yield Finding("backup", "ok", days)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def _at_work(config: Config) -> Iterator[Finding]:
    """Another run that is at work, and whether it still gets anywhere."""
    lock = config.home / LOCK
    if not lock.exists():
        return
    try:
        with files.held(lock):
            return
    except BusyError:
        pass
    except StoreError as exc:
        yield Finding("lock", "FAIL", exc.message, exc.hint or "")
        return
    known = (each for _, each in keeper.readable(config.home))
    report = next((each for each in known if each.state == "running"), None)
    if report is None:
        yield Finding("run", "warn", "a run is at work here", "wait for it to end")
        return
    since = datetime.now(UTC) - datetime.fromisoformat(report.started_at)
    found = f"process {report.process.pid} is at work since {report.started_at}"
    cure = f"if it hangs: kill {report.process.pid}; the next run goes on where it stopped"
    yield checked("run", "warn" if since > HANGS else None, found, cure)


def _leftovers(config: Config) -> Iterator[Finding]:
    """What killed runs left: each is taken over by the next, so an old one is of nobody's use."""
    old = time.time() - _DAY_S
    found = [path for path in config.home.glob("**/.*.partial") if _changed(path) < old]
    staging = config.home / ".import"
    found += [staging] if staging.exists() and _changed(staging) < old else []
    if found:
        paths = " ".join(f"'{path}'" for path in found[:3])
        yield Finding("leftovers", "warn", f"{len(found)} of killed runs", f"rm -r {paths}")
