"""PDF to ``Document``: pages, reading order, sections, sentences, tables, figures, hidden text.

A PDF is read in a process of its own, with limits and without network: PDFs come from strangers.
"""

from __future__ import annotations

from pathlib import Path

from digest.extract.identity import Layout, made_by
from digest.extract.sandbox import MEMORY_BYTES, Sandbox
from digest.records import Document, Figure

__all__ = ["MEMORY_BYTES", "TIMEOUT_S", "Extractor", "Layout", "extract"]

# A thesis of 186 pages takes 6 s; the pages that are read by _PAGES_SHARE of it are kept. A file
# that hangs its reader shall cost a night less than 20 s.
TIMEOUT_S = 19.0
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
        self._sandbox = Sandbox(
            "digest.extract.reader:Reader",
            (True, layout, _PAGES_SHARE * timeout_s),
            "reading",
            memory_bytes,
        )

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._sandbox.close()

    def extract(self, path: str | Path) -> Document:
        """What the PDF at ``path`` says.

        Raises:
            ExtractError: It is no PDF, encrypted, empty or damaged beyond reading, or reading it
                crashed, took too long or too much memory.
        """
        document: Document = self._sandbox.ask("read", path, timeout_s=self._timeout_s)
        return document

    def figure(self, path: str | Path, figure: Figure, dpi: int = 150) -> bytes:
        """A figure of the PDF at ``path`` as a PNG.

        Raises:
            ExtractError: It cannot be painted, or painting it took too long or too much memory.
        """
        png: bytes = self._sandbox.ask(
            "render_figure", path, figure, dpi, timeout_s=self._timeout_s
        )
        return png


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
