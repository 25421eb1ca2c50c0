"""The folder of reports: HOME/runs. Written as a run goes on, read in the morning."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from digest import files
from digest.errors import StoreError
from digest.night.report import NightReport, Process, as_json
from digest.records import from_json

KEPT = 400
"""A year of nights and some more."""
_SWEPT = 20
"""How many of the newest reports are looked at for runs that were killed."""
_ELSEWHERE = timedelta(days=2)
"""A run of another machine that is older than this is taken for ended: nobody here can look."""
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?\.json")


def folder(home: Path) -> Path:
    """Where a home's reports are."""
    return home / "runs"


def new(home: Path, at: datetime) -> Path:
    """A name of its own for a run that starts now, taken at once.

    Raises:
        StoreError: The home cannot be written.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{stamp}{'' if number == 1 else f'-{number}'}.json" for number in count(1))
    try:
        files.make_folder(folder(home), 0o700)
        return next(path for name in names if _is_taken(path := folder(home) / name))
    except OSError as exc:
        raise StoreError(
            f"{folder(home)} cannot be written: {exc.strerror or exc}",
            "check free space and permissions",
        ) from exc


def _is_taken(path: Path) -> bool:
    """Whether the name was free, and is ours now."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def write(path: Path, report: NightReport) -> None:
    """Put a report in its place, whole, also after a power cut.

    Raises:
        StoreError: The disk is full or the folder cannot be written.
    """
    data = as_json(report).encode(errors="replace")
    files.write(path, data)


def read(path: Path) -> NightReport | None:
    """A report; None where the file is none, or of a form that this version does not know."""
    try:
        return from_json(path.read_bytes(), NightReport)
    except (OSError, msgspec.ValidationError, msgspec.DecodeError):
        return None


def paths(home: Path) -> list[Path]:
    """The files of a home's reports, the newest first."""
    try:
        found = [path for path in folder(home).iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(found, key=_order, reverse=True)


def readable(home: Path) -> Iterator[tuple[Path, NightReport]]:
    """A home's reports as they are, the newest first; those that cannot be read are left out."""
    for path in paths(home):
        report = read(path)
        if report is not None:
            yield path, as_it_is(report)


def _order(path: Path) -> tuple[str, int]:
    stamp, _, number = path.stem.partition("-")
    return stamp, int(number or 1)


def prune(home: Path, kept: int = KEPT) -> None:
    """Remove the oldest reports."""
    for path in paths(home)[kept:]:
        with suppress(OSError):
            path.unlink()


def as_it_is(report: NightReport) -> NightReport:
    """A report that says that its run is at work, which it is not: it was killed."""
    is_killed = report.state == "running" and not is_alive(report)
    return replace(report, state="killed") if is_killed else report


def settle(home: Path) -> list[NightReport]:
    """Mark what says that it runs and does not: it was killed. Those that were marked now.

    Raises:
        StoreError: A report cannot be written.
    """
    found = []
    for path in paths(home)[:_SWEPT]:
        report = read(path)
        if report is not None and (now := as_it_is(report)) != report:
            found.append(now)
            write(path, now)
    files.sweep(folder(home))
    return found


def this_process() -> Process:
    """This one."""
    return Process(os.getpid(), _ticks(os.getpid()) or 0, _boot(), platform.node())


def is_alive(report: NightReport) -> bool:
    """Whether the run of a report is still at work."""
    process = report.process
    if process.host != platform.node():
        started = datetime.fromisoformat(report.started_at)
        return datetime.now(UTC) - started < _ELSEWHERE
    return process.boot == _boot() and _ticks(process.pid) == process.ticks


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since the machine did; None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[18])
