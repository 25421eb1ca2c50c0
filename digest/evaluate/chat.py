"""A small OpenAI-compatible server on 127.0.0.1, with good days and bad ones."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What to answer. ``raw``: these bytes instead of a chat answer. ``cut``: drop the connection
    in the middle. ``wait_s``: before anything is said.
    """

    status: int = 200
    text: str = ""
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    wait_s: float = 0.0
    finish: str = "stop"


Answer = Callable[[dict[str, Any], int], Reply]
"""From a request's JSON and its number, from 0."""


class FakeChat:
    """Counts its requests, and how many are at work together. A context manager."""

    def __init__(self, answer: Answer, models: tuple[str, ...] = ("m",)) -> None:
        self.answer, self.models = answer, models
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.at_work = self.most_at_work = 0
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> FakeChat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of ours."""


def _handler(owner: FakeChat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            listed = {"data": [{"id": name} for name in owner.models]}
            self._send(Reply(raw=json.dumps(listed).encode()))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with owner.lock:
                number = len(owner.bodies)
                owner.bodies.append(body)
                owner.headers.append({k.lower(): v for k, v in self.headers.items()})
                owner.at_work += 1
                owner.most_at_work = max(owner.most_at_work, owner.at_work)
            try:
                reply = owner.answer(body, number)
                time.sleep(reply.wait_s)
            finally:
                with owner.lock:
                    owner.at_work -= 1
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            data = reply.raw if reply.raw is not None else _chat(reply)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if reply.cut else data)
            if reply.cut:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """The test reads ``bodies`` instead."""

    return Handler


def _chat(reply: Reply) -> bytes:
    message = {"role": "assistant", "content": reply.text}
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    return json.dumps({"choices": [choice], "usage": usage}).encode()
