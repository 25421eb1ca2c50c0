"""A small real web server on 127.0.0.1 whose behaviour is a list of replies, and a stopped clock.

Mark a test that uses the server with ``@pytest.mark.loopback``.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class StoppedClock:
    """Moves only when somebody sleeps."""

    def __init__(self, elapsed_s: float = 1000.0) -> None:
        self.at_s = elapsed_s
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.at_s)

    def elapsed_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_s += seconds


@dataclass
class Reply:
    """What to answer. ``length``: -1 none is sent and the connection closes; None the true one.
    ``chunked``: no length, but an end that can be missed.

    ``cut_at``: bytes of the body after which the connection is cut; ``stop_at``: after which
    nothing more comes and ``Loopback.stopped`` is set. ``drip_s``: between its bytes.
    ``hang_s``: before anything is said. ``head_drip_s``: between headers that never end.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    chunked: bool = False
    cut_at: int | None = None
    stop_at: int | None = None
    drip_s: float = 0.0
    hang_s: float = 0.0
    head_drip_s: float = 0.0


@dataclass
class Request:
    """What was asked. Header names are in lower case. Times: monotonic seconds."""

    path: str
    headers: dict[str, str]
    started_s: float
    ended_s: float = 0.0
    connection: int = 0


class Loopback:
    """Answers with the replies in order; the last one is repeated. A context manager."""

    def __init__(
        self, *replies: Reply | Sequence[Reply], tls: ssl.SSLContext | None = None
    ) -> None:
        self.replies = [r for reply in replies for r in _each(reply)]
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next(self, request: Request) -> Reply:
        """The reply that is due; a subclass may look at the request instead."""
        with self._lock:
            self.requests.append(request)
            return self.replies[min(len(self.requests), len(self.replies)) - 1]

    def stop(self) -> None:
        """Say that the server has fallen silent, and stay so until the test ends."""
        self.stopped.set()
        self._closing.wait()

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


def _each(reply: Reply | Sequence[Reply]) -> Sequence[Reply]:
    return [reply] if isinstance(reply, Reply) else reply


def _handler(owner: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every small answer waits 40 ms for an ACK

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            started_s = time.monotonic()
            request = Request(self.path, headers, started_s, connection=self.client_address[1])
            reply = owner.next(request)
            request.ended_s = started_s
            time.sleep(reply.hang_s)
            _send_head(self, reply)
            request.ended_s = time.monotonic()  # before the last byte: the client has not read it
            _send_body(self, reply)
            if reply.stop_at is not None:
                owner.stop()

        def log_message(self, *_: object) -> None:
            """The test reads ``requests`` instead."""

    return Handler


def _send_head(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    while reply.head_drip_s:
        handler.send_header("X-More", "to come")
        handler.flush_headers()
        time.sleep(reply.head_drip_s)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.chunked:
        handler.send_header("Transfer-Encoding", "chunked")
    elif reply.length != -1:
        handler.send_header("Content-Length", str(reply.length or len(reply.body)))
    else:
        handler.close_connection = True
    handler.end_headers()


def _send_body(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = reply.body[: reply.cut_at if reply.stop_at is None else reply.stop_at]
    step = 1 if reply.drip_s else max(len(body), 1)
    for start in range(0, len(body), step):
        piece = body[start : start + step]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if reply.chunked else piece)
        handler.wfile.flush()
        time.sleep(reply.drip_s)
    if reply.chunked and reply.cut_at is None:
        handler.wfile.write(b"0\r\n\r\n")
    if reply.cut_at is not None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
