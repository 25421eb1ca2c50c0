"""Papers as they arrive and PDFs as they are read, while other work goes on.

One thread runs through what a source delivers (downloads wait for their turn at arXiv), another
hands PDFs to the readers' processes; both put what comes into one queue, from which a single
thread, the only one that knows the store, takes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from digest.records import Document
from digest.sources import Arrival

ExtractEach = Callable[[Iterable[Path | None]], Iterator[tuple[Path, Document | Exception]]]
"""Reads PDFs side by side; takes them as they are needed, gives a result for each. None among them
says that there is none now, but may be later."""

_MOST_WAITING = 8
"""Documents that are read and not taken: they would pile up while a model is at work."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading a PDF: its document, or what went wrong.

    ``seconds``: since the PDF before it was done, or since it was handed over: those of all add up
    to the time for which PDFs were being read.
    """

    pdf: Path
    found: Document | Exception
    seconds: float


class Intake:
    """What is on its way. ``are_expected``: whether papers are still to arrive.

    Args:
        arrivals: From a source.
        extract_each: Reads the PDFs that are handed over.
        ahead: Whether a thread runs through the arrivals; else they are taken one by one when
            they are asked for.
    """

    def __init__(self, arrivals: Iterable[Arrival], extract_each: ExtractEach, ahead: bool) -> None:
        self._extract_each = extract_each
        self._came: SimpleQueue[Arrival | Read | Future[None]] = SimpleQueue()
        self._pdfs: SimpleQueue[Path | None] = SimpleQueue()
        self._room = threading.Semaphore(_MOST_WAITING)
        self._is_stopped = False
        self._is_alone = not ahead
        self.are_expected = True
        self._unread = 0
        self._in_work = 0
        self._handed_s: dict[Path, float] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="intake")
        self._reading: Future[None] | None = None
        self._arrivals = iter(arrivals)
        if ahead:
            self._start(self._receive)

    @property
    def is_pending(self) -> bool:
        """Whether anything is still to come."""
        return self.are_expected or self._unread > 0

    def read(self, pdf: Path) -> None:
        """Have a PDF read."""
        self._handed_s[pdf] = time.monotonic()
        self._pdfs.put(pdf)
        self._unread += 1
        if self._reading is None:
            self._reading = self._start(self._read)

    def take(self, wait: bool) -> Arrival | Read | None:
        """The next thing that came; None where there is none (yet, or ever).

        Args:
            wait: For something that is still to come.

        Raises:
            DigestError: What the source raised.
        """
        while True:
            came = self._next(wait)
            if isinstance(came, Future):
                self.are_expected = self.are_expected and came is self._reading
                came.result()  # raises what ended a thread
                continue
            if isinstance(came, Read):
                self._unread -= 1
                self._room.release()
            return came

    def stop(self) -> None:
        """Take nothing any more. Does not wait for what is under way."""
        self._is_stopped = True
        self._pdfs.put(None)
        self._room.release()
        self._threads.shutdown(wait=False)

    def _next(self, wait: bool) -> Arrival | Read | Future[None] | None:
        try:
            return self._came.get_nowait()
        except Empty:
            pass
        if self.are_expected and self._is_alone:
            arrival = next(self._arrivals, None)
            self.are_expected = arrival is not None
            if arrival is not None:
                return arrival
        return self._came.get() if wait and self.is_pending else None

    def _start(self, run: Callable[[], None]) -> Future[None]:
        future = self._threads.submit(run)
        future.add_done_callback(self._came.put)
        return future

    def _receive(self) -> None:
        for arrival in self._arrivals:
            if self._is_stopped:
                return
            self._came.put(arrival)

    def _read(self) -> None:
        before_s = 0.0
        for pdf, found in self._extract_each(self._handed()):
            self._in_work -= 1
            now_s = time.monotonic()
            seconds, before_s = now_s - max(before_s, self._handed_s.pop(pdf)), now_s
            self._room.acquire()
            if self._is_stopped:
                return
            self._came.put(Read(pdf, found, seconds))

    def _handed(self) -> Iterator[Path | None]:
        """What was handed over; None while there is nothing, so that what is read can come out."""
        while True:
            try:
                pdf = self._pdfs.get(block=not self._in_work)
            except Empty:
                yield None
                continue
            if pdf is None:
                return
            self._in_work += 1
            yield pdf
