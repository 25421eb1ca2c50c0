"""PDF to ``Document``: pages, reading order, sections, sentences, tables, figures, hidden text.

A PDF is read in a process of its own, with limits and without network: PDFs come from strangers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.errors import ExtractError, WorkerDied, WorkerError, WorkerTimeout
from digest.extract.identity import Layout, made_by
from digest.records import Document, Figure
from digest.worker import Limits, Worker

__all__ = ["MEMORY_BYTES", "TIMEOUT_S", "Extractor", "Layout", "extract"]

# A thesis of 186 pages takes 6 s; the pages that are read by _PAGES_SHARE of it are kept. A file
# that hangs its reader shall cost a night less than 20 s.
TIMEOUT_S = 19.0
# Address space. Reading a 186-page thesis peaks at 0.55 GB (PyMuPDF's import alone takes most of
# it), 160 MB of it resident, and at 1.04 GB with the layout model; the rest is room for pages with
# huge images and paths.
MEMORY_BYTES = 2 << 30
_FILE_BYTES = 0  # a reader writes nothing
_PAGES_SHARE = 0.6  # of the time for one paper; what follows the pages takes a third of theirs


class Extractor:
    """One sandboxed reader for many papers; a paper that kills it costs that paper only.

    Args:
        layout: How headings are found where a PDF has no bookmarks: ``fast`` by fonts and places,
            ``model`` with PyMuPDF's layout model too, ``auto`` where the fast way seems to fail.
        timeout_s: For one paper.
        memory_bytes: Address space of the process that reads.
    """

    def __init__(
        self,
        *,
        layout: Layout = "fast",
        timeout_s: float = TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.made_by = made_by(layout)
        self._timeout_s = timeout_s
        limits = Limits(memory_bytes=memory_bytes, file_bytes=_FILE_BYTES, network=False)
        self._worker = Worker(
            "digest.extract.reader:Reader", (True, layout, _PAGES_SHARE * timeout_s), limits
        )

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._worker.close()

    def extract(self, path: str | Path) -> Document:
        """What the PDF at ``path`` says.

        Raises:
            ExtractError: It is no PDF, encrypted, empty or damaged beyond reading, or reading it
                crashed, took too long or too much memory.
        """
        document: Document = self._ask("read", path)
        return document

    def figure(self, path: str | Path, figure: Figure, dpi: int = 150) -> bytes:
        """A figure of the PDF at ``path`` as a PNG.

        Raises:
            ExtractError: It cannot be painted, or painting it took too long or too much memory.
        """
        png: bytes = self._ask("render_figure", path, figure, dpi)
        return png

    def _ask(self, method: str, path: str | Path, *arguments: Any) -> Any:
        """Call the reader in its process; what happens to the process happens to this paper."""
        try:
            return self._worker.call(method, str(path), *arguments, timeout_s=self._timeout_s)
        except WorkerTimeout as exc:
            raise ExtractError(
                f"reading {path} took longer than {self._timeout_s:.0f} s",
                hint="get the PDF again, or remove it from the folder",
            ) from exc
        except WorkerDied as exc:
            raise ExtractError(
                f"reading {path} failed: {exc.message}",
                hint="get the PDF again, or remove it from the folder",
            ) from exc
        except WorkerError as exc:
            raise ExtractError(
                f"reading {path} failed: {exc.message}",
                hint="report the file; until then remove it from the folder",
            ) from exc


def extract(
    path: str | Path,
    *,
    layout: Layout = "fast",
    timeout_s: float = TIMEOUT_S,
    memory_bytes: int = MEMORY_BYTES,
) -> Document:
    """Read one PDF in a sandboxed process; see ``Extractor`` for the arguments and errors."""
    with Extractor(layout=layout, timeout_s=timeout_s, memory_bytes=memory_bytes) as extractor:
        return extractor.extract(path)
