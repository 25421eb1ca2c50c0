"""arXiv, asked by a process of its own: the only one of a run that has a network.

What feeds and servers send is taken apart there, too; what comes back are records and errors, and
PDFs as files. When everything is fetched it is closed, and nothing of the run can reach anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any

from digest.calendar import load_calendar
from digest.clock import SystemClock
from digest.confinement import Limits
from digest.errors import FetchError, WorkerError
from digest.records import ArxivId, Look, Sighting
from digest.sources.arxiv import ArxivFeeds, Known, LookOptions
from digest.sources.endpoints import Endpoints
from digest.sources.http import Client, HttpOptions
from digest.sources.pdfs import fetch_pdf
from digest.worker import Worker

_PATIENCE_S = 24 * 3600.0
"""For one call. How long a server is waited for, and how often, the client in there knows."""


class Asking:
    """What the process holds: a client, and the feeds that it asks."""

    def __init__(
        self, options: HttpOptions, endpoints: Endpoints, holidays: tuple[Date, ...]
    ) -> None:
        clock = SystemClock()
        self._client = Client(options, clock)
        self._endpoints = endpoints
        self._feeds = ArxivFeeds(self._client, endpoints, load_calendar(holidays), clock)

    def look(self, known: Mapping[str, Known], options: LookOptions) -> Look:
        """As ``ArxivFeeds.look``."""
        return self._feeds.look(known, options)

    def by_id(self, ids: Sequence[ArxivId]) -> list[Sighting]:
        """As ``ArxivFeeds.by_id``."""
        return self._feeds.by_id(ids)

    def download(self, paper: ArxivId, to: Path) -> None:
        """As ``fetch_pdf``, from the endpoints."""
        fetch_pdf(self._client, self._endpoints.pdf_of(paper), to)


class ArxivProcess:
    """Looks at arXiv and downloads from it, in a process of its own; from any thread.

    It is started at once, so that whoever made it may leave the network afterwards.

    Args:
        options: How to ask.
        endpoints: Whom.
        holidays: Further evenings without an announcement.
    """

    def __init__(
        self, options: HttpOptions, endpoints: Endpoints, holidays: Sequence[Date]
    ) -> None:
        arguments = (options, endpoints, tuple(holidays))
        self._worker = Worker("digest.sources.process:Asking", arguments, Limits(network=True))
        self._worker.start()
        self._calling = threading.Lock()
        self._is_over = False

    def close(self) -> None:
        """End the process; whoever asks afterwards is told so. Waits for what is under way."""
        with self._calling:
            self._is_over = True
            self._worker.close()

    def kill(self) -> None:
        """End the process now, whatever it is at."""
        self._is_over = True
        self._worker.kill()

    def look(self, known: Mapping[str, Known], options: LookOptions) -> Look:
        """Look once.

        Raises:
            FetchError: The process ended before it answered.
        """
        found: Look = self._asked("look", known, options)
        return found

    def by_id(self, ids: Sequence[ArxivId]) -> list[Sighting]:
        """What the query API knows of papers.

        Raises:
            FetchError: A request failed, or the process ended.
        """
        found: list[Sighting] = self._asked("by_id", list(ids))
        return found

    def download(self, paper: ArxivId, to: Path) -> None:
        """Get a paper's PDF into a file.

        Raises:
            FetchError: It cannot be had now; ``PaperWithdrawn``: there is none.
            StoreError: The file cannot be written.
        """
        self._asked("download", paper, to)

    def _asked(self, method: str, *arguments: Any) -> Any:
        with self._calling:
            if self._is_over:
                raise FetchError("the network is closed for this run", "the next run asks again")
            try:
                return self._worker.call(method, *arguments, timeout_s=_PATIENCE_S)
            except WorkerError as exc:
                raise FetchError(f"arXiv was not asked: {exc.message}", "run again") from exc
