"""PDFs from a server: of the right type, whole, and under their name only then.

What was cut off is resumed, in this run or a later one. A page that says why there is no PDF
becomes an error that says so. What it does not do: open a PDF; whether its pages can be read is
found out by the extractor.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from digest import files
from digest.errors import FetchError, PaperWithdrawn, StoreError
from digest.sources.http import Client
from digest.sources.wire import Asked, Incoming, address, shown

_HEAD_BYTES = 1024
"""A PDF starts within them: ISO 32000-1, implementation note 13 of appendix H."""
_TAIL_BYTES = 2048
"""And ends within these; of 49 papers from arXiv all do so within the last 32."""
_PAGE_BYTES = 64 << 10
"""Of a web page in the place of a PDF: enough to find its reason."""
_TYPES = ("application/pdf", "application/x-pdf", "application/octet-stream", "binary/octet-stream")
# The wording of arXiv's own pages: github.com/arXiv/arxiv-browse, templates/dissemination. The one
# for a withdrawn paper comes with status 200, the one for a failed conversion with 404.
_WITHDRAWN = re.compile(
    r"(?:has been|was|is|been) withdrawn|withdrawn by|provided no source"
    r"|file unavailable for|source was not provided",
    re.IGNORECASE,
)
_NOT_MADE = re.compile(
    r"unable to produce pdf|failed to produce pdf|pdf unavailable", re.IGNORECASE
)
_TITLE = re.compile(r"<(title|h1)[^>]*>\s*(.*?)\s*</\1>", re.IGNORECASE | re.DOTALL)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A whole file, and what identifies it."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class _Note:
    """Beside an unfinished file: of what it is the beginning. ``total`` bytes, 0 if unknown.

    ``validator``: an ETag or a date by which the server knows the same file again.
    """

    url: str
    validator: str
    total: int


def fetch_pdf(client: Client, url: str, to: Path, sha256: str = "") -> Pdf:
    """Fetch a PDF to ``to``, or find it there; nothing half ever stands under that name.

    Args:
        client: Paces and retries.
        url: Of one version of one paper, whose PDF does not change.
        to: Its folder is made where it is missing.
        sha256: Of a file fetched before; a file with another one is fetched again. arXiv may make
            a PDF anew, so what comes then may differ: the result says what it is.

    Raises:
        PaperWithdrawn: The server says that there is no PDF and will be none.
        FetchError: No whole PDF; what arrived of it is kept where it can be resumed.
        FetchRefused: 403, now or earlier today.
        StoreError: The disk is full or the folder cannot be written, or another process is
            fetching the same file.
    """
    try:
        found = _at_hand(to, sha256)
        if found is not None:
            return found
        partial = _Partial(to)
        with files.held(partial.path):
            # Whoever held it may just have finished.
            return _at_hand(to, sha256) or partial.fetched(client, url)
    except OSError as exc:
        raise StoreError(
            f"{to} cannot be written: {exc.strerror or exc}", "check free space and permissions"
        ) from exc


def _at_hand(path: Path, sha256: str) -> Pdf | None:
    """The file if it is the wanted one; where none is named, if it is a whole PDF."""
    if not path.is_file():
        return None
    digest = files.sha256(path)
    is_wanted = digest == sha256 if sha256 else _problem(path) is None
    return Pdf(path, digest, path.stat().st_size) if is_wanted else None


def _problem(path: Path) -> str | None:
    """Why a file is no whole PDF, as far as its two ends tell."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    if b"%PDF-" not in head:
        return "does not start as a PDF"
    return None if b"%%EOF" in tail else f"is cut off after {size} bytes"


class _Partial:
    """The unfinished file beside the final one, and what is noted about it. Held by its caller."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self.path = to.with_name(f".{to.name}.partial")
        self._note = to.with_name(f".{to.name}.partial.json")

    def fetched(self, client: Client, url: str) -> Pdf:
        """Fetch what is missing, then give it its name."""
        try:
            client.retrying(url, lambda: self._fill(client, url))
        except FetchError as exc:
            if not exc.retryable or not self._size():
                self._discard()
                self.path.unlink()
            raise
        files.flush(self.path)
        self.path.replace(self._to)
        files.flush(self._to.parent)
        self._note.unlink(missing_ok=True)
        pdf = _at_hand(self._to, "")
        assert pdf is not None  # _fill looked
        return pdf

    def _fill(self, client: Client, url: str) -> None:
        """One request: the rest of the file, or all of it where there is no rest to ask for."""
        bounds = client.options.pdf
        start, headers = self._rest(url)
        limit = replace(bounds, most_bytes=bounds.most_bytes - start)
        with client.exchange(Asked(url, limit, headers)) as incoming:
            if start and incoming.status in (206, 416):
                self._append(incoming, start)
            elif incoming.status == 200:
                self._begin(incoming, url)
            else:
                raise _no_pdf(incoming)
            self._check(incoming.url)

    def _rest(self, url: str) -> tuple[int, dict[str, str]]:
        """Where to go on, and the headers that ask for it; 0 where there is nothing to go on."""
        headers = {"Accept-Encoding": "identity"}  # packed bytes could not be counted
        note = self._noted()
        start = self._size()
        if note is None or note.url != shown(address(url)) or not note.validator or not start:
            return 0, headers
        return start, {**headers, "Range": f"bytes={start}-", "If-Range": note.validator}

    def _begin(self, incoming: Incoming, url: str) -> None:
        """Take a whole file from its first byte."""
        chunks = incoming.chunks()
        head = _head(incoming, chunks)
        with self.path.open("wb") as file:  # emptied first: the note is about what comes now
            note = _Note(shown(address(url)), _validator(incoming), _length(incoming))
            files.write(self._note, msgspec.json.encode(note))
            file.write(head)
            file.writelines(chunks)

    def _append(self, incoming: Incoming, start: int) -> None:
        """Take the rest of a file; a rest that does not fit means to start anew."""
        sent = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", incoming.header("content-range"))
        is_plain = incoming.header("content-encoding").lower() in ("", "identity")
        if incoming.status == 416 or not sent or int(sent[1]) != start or not is_plain:
            self._discard()
            raise FetchError(f"{incoming.url} does not go on where it was cut off")
        log.info("%s goes on after %d bytes", incoming.url, start)
        with self.path.open("ab") as file:
            file.writelines(incoming.chunks())

    def _check(self, url: str) -> None:
        """Raise, and start anew the next time, where what has arrived is no whole PDF."""
        note, size = self._noted(), self._size()
        problem = _problem(self.path)
        if problem is None and note is not None and note.total and note.total != size:
            problem = f"has {size} bytes, not {note.total}"
        if problem is not None:
            self._discard()
            raise FetchError(f"{url} {problem}", "ask again later")

    def _noted(self) -> _Note | None:
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=_Note)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _size(self) -> int:
        return self.path.stat().st_size  # it exists: it is held

    def _discard(self) -> None:
        """Forget what has arrived. The file itself stays, it is our lock."""
        self._note.unlink(missing_ok=True)
        os.truncate(self.path, 0)


def _head(incoming: Incoming, chunks: Iterator[bytes]) -> bytes:
    """The first bytes, seen to be those of a PDF.

    Raises:
        PaperWithdrawn: It is a page that says so.
        FetchError: It is something else than a PDF.
    """
    head = b""
    while len(head) < _HEAD_BYTES and (chunk := next(chunks, None)) is not None:
        head += chunk
    kind = incoming.header("content-type").partition(";")[0].strip().lower()
    if (kind and kind not in _TYPES) or b"%PDF-" not in head[:_HEAD_BYTES]:
        raise _not_pdf(incoming, kind, _text(chunks, head))
    return head


def _no_pdf(incoming: Incoming) -> FetchError:
    """The error for a status that is no success."""
    text = _text(incoming.chunks(), b"")
    if incoming.status not in (404, 410):
        return FetchError(f"{incoming.url} answered {incoming.status}", retryable=False)
    return _explained(incoming, text) or FetchError(
        f"{incoming.url} does not exist ({incoming.status})", "see its abstract", retryable=False
    )


def _not_pdf(incoming: Incoming, kind: str, text: str) -> FetchError:
    """The error for a success that is no PDF: often a page for a moment, so it is asked again."""
    title = _TITLE.search(text)
    what = f": {' '.join(title[2].split())[:80]!r}" if title else ""
    return _explained(incoming, text) or FetchError(
        f"{incoming.url} is {kind or 'something'}, not a PDF{what}", "open it in a browser"
    )


def _explained(incoming: Incoming, text: str) -> FetchError | None:
    """The error that a page of arXiv's explains, if it does."""
    if _WITHDRAWN.search(text):
        return PaperWithdrawn(
            f"{incoming.url} was withdrawn or has no source", "see its abstract", retryable=False
        )
    if _NOT_MADE.search(text):
        return FetchError(
            f"{incoming.url}: arXiv could not make a PDF of it", "see its source", retryable=False
        )
    return None


def _text(chunks: Iterator[bytes], head: bytes) -> str:
    """The beginning of a page."""
    while len(head) < _PAGE_BYTES and (chunk := next(chunks, None)) is not None:
        head += chunk
    return head[:_PAGE_BYTES].decode("utf-8", errors="replace")


def _validator(incoming: Incoming) -> str:
    """What ``If-Range`` may say: a strong ETag or a date (RFC 9110, 13.1.5), or nothing."""
    if incoming.header("content-encoding").lower() not in ("", "identity"):
        return ""
    etag = incoming.header("etag")
    return etag if etag.startswith('"') else incoming.header("last-modified")


def _length(incoming: Incoming) -> int:
    """Bytes of the whole file; 0 where the server does not say, as arXiv's does not."""
    text = incoming.header("content-length")
    is_plain = incoming.header("content-encoding").lower() in ("", "identity")
    return int(text) if text.isdecimal() and is_plain else 0
