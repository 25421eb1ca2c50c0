"""Many PDFs read side by side, each in a sandboxed process; results come as they finish.

A paper that crashes its reader, hangs it or eats its memory costs that paper only: the next one
of that process gets a new process. Not done here: retrying, logging, order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from digest.errors import ExtractError
from digest.records import Document, MadeBy

Outcome = Document | ExtractError

_LOOK_AGAIN_S = 0.1
"""For the next PDF, where there was none and others are being read."""


class Reads(Protocol):
    """What a place of the pool holds: an ``Extractor``."""

    def extract(self, path: Path) -> Document:
        """What the PDF at ``path`` says; raises ``ExtractError``."""
        ...


class ParallelExtractor:
    """Readers side by side, one a core, that look like one ``Extractor``.

    Args:
        make: Makes one of them.
        made_by: What they all are.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[Reads]], made_by: MadeBy) -> None:
        self.made_by = made_by
        self._make = make

    def extract_each(self, pdfs: Iterable[Path | None]) -> Iterator[tuple[Path, Outcome]]:
        """Read every PDF; yields in the order in which they finish, one result for each."""
        return extract_each(pdfs, self._make)


def extract_each(
    pdfs: Iterable[Path | None],
    make: Callable[[], AbstractContextManager[Reads]],
    workers: int | None = None,
) -> Iterator[tuple[Path, Outcome]]:
    """Read every PDF; yields in the order in which they finish, one result for each.

    At most two papers for each worker are under way or waiting to be taken, so that a slow
    consumer holds no pile of documents. Stopping early ends the processes.

    Args:
        pdfs: Taken as they are needed. None says that there is none now, but may be later.
        make: Makes one sandboxed reader, closed at the end; called once for each worker.
        workers: Processes at a time; None for one a core.

    Raises:
        ValueError: ``workers`` is under 1.
    """
    count = _cores() if workers is None else workers
    if count < 1:
        raise ValueError(f"workers must be at least 1, not {count}")
    idle: SimpleQueue[Reads] = SimpleQueue()
    waiting, running = iter(pdfs), set[Future[tuple[Path, Outcome]]]()
    with ExitStack() as open_readers, ThreadPoolExecutor(count) as threads:
        for _ in range(count):
            idle.put(open_readers.enter_context(make()))
        try:
            while True:
                patience_s = None
                for pdf in islice(waiting, 2 * count - len(running)):
                    if pdf is None:
                        patience_s = _LOOK_AGAIN_S
                        break
                    running.add(threads.submit(_read, idle, pdf))
                if not running and patience_s is None:
                    return
                done, running = wait(running, patience_s, FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def _read(idle: SimpleQueue[Reads], pdf: Path) -> tuple[Path, Outcome]:
    reader = idle.get()
    try:
        return pdf, reader.extract(pdf)
    except ExtractError as exc:
        return pdf, exc
    finally:
        idle.put(reader)


def _cores() -> int:
    """Cores that this process may use: a container or ``taskset`` may leave it fewer."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
