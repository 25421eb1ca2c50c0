"""Speed of the fast path on one core, beside bare PyMuPDF in the same process and the same run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pymupdf

from digest.confinement import Limits
from digest.errors import DigestError
from digest.evaluate.report import Goal, Part
from digest.extract.reader import Reader
from digest.worker import Worker

_TIMEOUT_S = 600.0
_MEMORY_BYTES = 4 << 30


class Stopwatch:
    """Lives in a worker: reads a paper in both ways, one straight after the other."""

    def __init__(self) -> None:
        self._reader = Reader(use_bookmarks=False)

    def both(self, path: str) -> tuple[int, float, float]:
        """Pages, and processor seconds of our reader and of ``get_text("dict")``."""
        started = time.process_time()
        self._reader.read(path)
        ours = time.process_time() - started
        started = time.process_time()
        with pymupdf.open(path) as document:
            for page in document:
                page.get_text("dict")
            pages = len(document)
        return pages, ours, time.process_time() - started


def measure(pdfs: Sequence[Path]) -> Part:
    """Pages per processor second over all papers together, and the ratio to the bare call."""
    pages, ours, bare, failed = 0, 0.0, 0.0, []
    limits = Limits(memory_bytes=_MEMORY_BYTES)
    with Worker("digest.evaluate.extract.speed:Stopwatch", limits=limits) as worker:
        for k, pdf in enumerate(pdfs):
            try:
                if k == 0:  # imports and fonts are loaded once, by a paper that is not counted
                    worker.call("both", str(pdf), timeout_s=_TIMEOUT_S)
                count, mine, theirs = worker.call("both", str(pdf), timeout_s=_TIMEOUT_S)
            except DigestError as exc:
                failed.append(f"not read: {exc.message}")
                continue
            pages, ours, bare = pages + count, ours + mine, bare + theirs
    papers = len(pdfs) - len(failed)
    return Part(
        f"Speed of the fast path, one core, tables included ({papers} papers, {pages} pages)",
        (
            Goal("pages a second (processor time)", pages / ours if ours else None, least=15.0),
            Goal('times a bare get_text("dict")', ours / bare if bare else None, most=5.0),
            Goal("pages a second of the bare call", pages / bare if bare else None),
        ),
        tuple(failed),
        {"pages": pages, "seconds": ours, "bare_seconds": bare},
    )
