"""The reader with the bookmarks taken away: else it would read the answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.confinement import Limits
from digest.errors import ExtractError, WorkerError
from digest.extract import MEMORY_BYTES
from digest.extract.pool import Reads, extract_each
from digest.records import Document
from digest.worker import Worker

_log = logging.getLogger(__name__)

_TIMEOUT_S = 900.0  # the layout model reads about 2 pages a second, a thesis has 186


class _Blind:
    """A sandboxed reader that does not see bookmarks."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def extract(self, path: Path) -> Document:
        try:
            document: Document = self._worker.call("read", str(path), timeout_s=_TIMEOUT_S)
        except WorkerError as exc:
            raise ExtractError(f"reading {path} failed: {exc.message}") from exc
        return document


def read_all(pdfs: Iterable[Path], layout: str, workers: int | None) -> dict[str, Document]:
    """Stem -> document; what cannot be read is left out and logged. ``layout``: fast or model."""

    @contextmanager
    def reader() -> Iterator[Reads]:
        limits = Limits(memory_bytes=MEMORY_BYTES, file_bytes=0)
        with Worker("digest.extract.reader:Reader", (False, layout), limits) as worker:
            yield _Blind(worker)

    read: dict[str, Document] = {}
    for path, outcome in extract_each(pdfs, reader, workers):
        if isinstance(outcome, Document):
            read[path.stem] = outcome
        else:
            _log.warning("%s", outcome.message)
    return read
