"""Progress on stderr: a bar for each stage, a bar for each thing that is downloaded."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from digest.cli.session import Session

log = logging.getLogger("digest")


Left = Callable[[], tuple[float, float] | None]
"""From and to how many seconds are left; None where nobody knows."""

_SAY_EVERY_S = 300.0
"""Where there is no terminal to show a bar, a line as often as this."""


@contextmanager
def stage_bars(
    session: Session, left: Left = lambda: None
) -> Iterator[Callable[[str, str, int, int], None]]:
    """A bar for each stage, with the paper it is at, and how long all of it will still take."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn(),
        TextColumn("{task.fields[stage]:<9}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[paper]}", markup=False),
    )
    with Progress(*columns, console=session.console) as bars:
        tasks: dict[str, Any] = {}
        said_s = time.monotonic()

        heard = threading.Lock()  # what is fetched is told by another thread

        def progress(stage: str, paper: str, done: int, total: int) -> None:
            if total:
                with heard:
                    show(stage, paper, done, total)

        def show(stage: str, paper: str, done: int, total: int) -> None:
            nonlocal said_s
            if stage not in tasks:
                tasks[stage] = bars.add_task("", total=total, stage=stage, paper="", left="")
            ahead = time_left(left()) if done < total else ""
            width = max(20, shutil.get_terminal_size().columns - 60 - len(ahead))
            bars.update(tasks[stage], completed=done, total=total, paper=paper[:width], left=ahead)
            if not session.console.is_terminal and time.monotonic() - said_s > _SAY_EVERY_S:
                said_s = time.monotonic()
                log.info("%s %d/%d%s", stage, done, total, f", {ahead}" if ahead else "")
            session.night.heard(stage, done, total)

        yield progress


def time_left(span: tuple[float, float] | None) -> str:
    """``2 h 10 to 2 h 50 left``; empty where it is not known or nothing."""
    if span is None or span[1] < 1:
        return ""
    least, most = (_rounded(seconds) for seconds in span)
    return f"{most} left" if least == most else f"{least} to {most} left"


def _rounded(seconds: float) -> str:
    """As exactly as anybody can know."""
    if seconds < 90:
        return f"{10 * max(1, round(seconds / 10))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    tens = 10 * round(minutes / 10)
    return f"{tens // 60} h {tens % 60:02}"


@contextmanager
def byte_bars(session: Session) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is downloaded or converted."""
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=session.console) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progress
