"""The process in which a PDF is opened: with limits, without network; PDFs come from strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.confinement import Limits
from digest.errors import ExtractError, WorkerDied, WorkerError, WorkerTimeout
from digest.worker import Worker

# Address space. Reading a 186-page thesis peaks at 0.55 GB (PyMuPDF's import alone takes most of
# it), 160 MB of it resident, and at 1.04 GB with the layout model; the rest is room for pages with
# huge images and paths.
MEMORY_BYTES = 2 << 30
_FILE_BYTES = 0  # a reader writes nothing
_NICE = 10  # papers are read while a model translates, whose threads wait for each other


class Sandbox:
    """One process for many papers, whose errors name the paper; a paper that kills it costs itself.

    Args:
        factory: What lives in it, ``package.module:callable``.
        arguments: For the factory.
        doing: What it does with a paper, for the errors: "reading".
        memory_bytes: Address space.
    """

    def __init__(
        self, factory: str, arguments: tuple[Any, ...], doing: str, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        limits = Limits(memory_bytes, file_bytes=_FILE_BYTES, network=False, nice=_NICE)
        self._worker, self._doing = Worker(factory, arguments, limits), doing

    def close(self) -> None:
        """End the process. Safe to call again."""
        self._worker.close()

    def ask(
        self,
        method: str,
        path: str | Path,
        *arguments: Any,
        timeout_s: float,
        silence_s: float | None = None,
    ) -> Any:
        """Call ``method`` with the PDF at ``path``; the times are those of ``Worker.call``.

        Raises:
            ExtractError: What the method raised, or what happened to its process.
        """
        try:
            return self._worker.call(
                method, str(path), *arguments, timeout_s=timeout_s, silence_s=silence_s
            )
        except WorkerTimeout as exc:
            most_s = min(timeout_s, silence_s or timeout_s)
            raise ExtractError(
                f"{self._doing} {path} took longer than {most_s:.0f} s",
                hint="get the PDF again, or remove it from the folder",
            ) from exc
        except WorkerDied as exc:
            raise ExtractError(
                f"{self._doing} {path} failed: {exc.message}",
                hint="get the PDF again, or remove it from the folder",
            ) from exc
        except WorkerError as exc:
            raise ExtractError(
                f"{self._doing} {path} failed: {exc.message}",
                hint="report the file; until then remove it from the folder",
            ) from exc
