"""Progress on stderr: a bar for each stage, a bar for each thing that is downloaded."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from digest.cli.session import Session

log = logging.getLogger("digest")


@contextmanager
def stage_bars(session: Session) -> Iterator[Callable[[str, str, int, int], None]]:
    """A bar for each stage, with the paper it is at."""
    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn(),
        TextColumn("{task.fields[stage]:<9}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[paper]}", markup=False),
    )
    with Progress(*columns, console=session.console) as bars:
        tasks: dict[str, Any] = {}

        def progress(stage: str, paper: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task("", total=total, stage=stage, paper="")
            width = max(20, shutil.get_terminal_size().columns - 60)
            bars.update(tasks[stage], completed=done, paper=paper[:width])
            log.debug("%s %d/%d", stage, done, total)
            session.night.heard(stage, done, total)

        yield progress


@contextmanager
def byte_bars(session: Session) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is downloaded or converted."""
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
