"""Pages as pictures with what a claim cites marked on them, painted in a process of its own.

Not done here: choosing what to mark, writing files, asking whether the licence allows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from digest.extract.sandbox import MEMORY_BYTES, Sandbox
from digest.records import Figure, PageMark, PagePicture

SILENCE_S = 20.0
"""A page takes a third of a second; one that takes so long hangs its reader."""
_PAGE_S = 3.0  # for each page that marks name, on a machine that is at work


class Painter:
    """One sandboxed painter for many papers; a paper that kills it costs that paper only.

    Args:
        silence_s: How long one page may take.
        memory_bytes: Address space of the process that paints.
    """

    def __init__(self, *, silence_s: float = SILENCE_S, memory_bytes: int = MEMORY_BYTES) -> None:
        self._silence_s = silence_s
        self._sandbox = Sandbox("digest.extract.pictures:Easel", (), "painting", memory_bytes)

    def __enter__(self) -> Painter:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._sandbox.close()

    def pages(self, path: str | Path, wanted: Sequence[PageMark]) -> list[PagePicture]:
        """The pages of the PDF at ``path`` on which the ``wanted`` marks stand, in order.

        A mark that runs over pages is on each of them. One that cannot be found is marked by its
        boxes; without boxes its page comes without it. Pages that the PDF does not have are left
        out.

        Raises:
            ExtractError: The PDF cannot be opened, a page cannot be painted, or painting it
                crashed, took too long or too much memory.
            ValueError: Two marks have one key.
        """
        if len({mark.key for mark in wanted}) < len(wanted):
            raise ValueError("each mark needs a key of its own")
        if not wanted:
            return []
        pages = {box.page for mark in wanted for box in mark.boxes} | {m.page for m in wanted}
        found: list[PagePicture] = self._sandbox.ask(
            "pages",
            path,
            tuple(wanted),
            timeout_s=self._silence_s + _PAGE_S * len(pages),
            silence_s=self._silence_s,
        )
        return found

    def figure(self, path: str | Path, figure: Figure, dpi: int = 150) -> bytes:
        """A figure of the PDF at ``path`` as a PNG, without its caption.

        Raises:
            ExtractError: It cannot be painted, or painting it took too long or too much memory.
        """
        png: bytes = self._sandbox.ask("figure", path, figure, dpi, timeout_s=self._silence_s)
        return png
