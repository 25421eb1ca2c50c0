"""The fake arXiv's HTTP server, on loopback: conditional requests, ranges, cuts and pauses."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.faults import Reply

_log = logging.getLogger(__name__)
_SLOW_PIECES = 10
_SLOW_PAUSE_S = 100.0
"""Simulated, between two pieces: a quarter of an hour in all, longer than anybody should wait."""
_SLOW_REAL_PAUSE_S = 0.02
"""Lets the client begin to read before simulated time goes by."""


class FakeArxiv:
    """Serves ``answers`` at an address of its own for as long as its context is open.

    Feed, query API, OAI-PMH and PDFs are under the one address: ``/rss`` and ``/atom``,
    ``/api/query``, ``/oai``, ``/pdf``.
    """

    def __init__(self, answers: Answers) -> None:
        class Handler(_Handler):
            source = answers

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> FakeArxiv:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"


class _Handler(BaseHTTPRequestHandler):
    """Sends what ``source`` answers."""

    protocol_version = "HTTP/1.1"
    source: Answers

    def handle(self) -> None:
        """Requests of one connection, until the client closes it, however it does."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()

    def do_GET(self) -> None:
        reply = self.source.reply(self.path)
        self._send(self._ranged(self._conditional(reply)))

    def _conditional(self, reply: Reply) -> Reply:
        headers = dict(reply.headers)
        etag, asked = headers.get("ETag"), self.headers.get("If-None-Match")
        since = self.headers.get("If-Modified-Since")
        unchanged = asked == etag if asked else since == headers.get("Last-Modified")
        if reply.status != 200 or etag is None or not (asked or since) or not unchanged:
            return reply
        return replace(reply, status=304, body=b"", sent_bytes=None)

    def _ranged(self, reply: Reply) -> Reply:
        wanted, etag = self.headers.get("Range", ""), dict(reply.headers).get("ETag")
        first = wanted.removeprefix("bytes=").removesuffix("-")
        same = self.headers.get("If-Range", etag) == etag
        if reply.status != 200 or not first.isdigit() or not same or etag is None:
            return reply
        start, size = int(first), len(reply.body)
        if start >= size:
            return replace(
                reply, status=416, body=b"", headers=(("Content-Range", f"bytes */{size}"),)
            )
        place = ("Content-Range", f"bytes {start}-{size - 1}/{size}")
        body = reply.body[start:]
        return replace(reply, status=206, body=body, headers=(*reply.headers, place))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.slow:
            self._send_slowly(reply.body)
        elif reply.sent_bytes is not None:
            self.wfile.write(reply.body[: reply.sent_bytes])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    def _send_slowly(self, body: bytes) -> None:
        size = len(body) // _SLOW_PIECES + 1
        for start in range(0, len(body), size):
            if start:
                time.sleep(_SLOW_REAL_PAUSE_S)
                self.source.clock.sleep(_SLOW_PAUSE_S)
            self.wfile.write(body[start : start + size])
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)
