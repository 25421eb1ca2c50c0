"""The site on loopback: its files and the PDFs beside it. Nothing is written, nothing else read."""

from __future__ import annotations

import functools
import os
import re
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest.errors import ConfigError

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; object-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_PORT = re.compile(r":\d+$")
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_PRIVATE = ("state",)
"""Folders of a site that no page shows."""


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site's folder; ``/papers/NAME.pdf`` from the home's papers."""

    def __init__(self, *args: object, papers: Path, **kwargs: object) -> None:
        self._papers = papers
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Serve a file to a page of this machine.

        Another site's page could have its own name point here (DNS rebinding): the name that the
        browser asked for must be this machine's.
        """
        if _PORT.sub("", self.headers.get("Host", "")) not in _LOCAL:
            self.send_error(403, "this site is only for this machine")
            return
        try:
            super().do_HEAD() if self.command == "HEAD" else super().do_GET()
        except (OSError, ValueError):  # a name that no file can have
            self.send_error(404)

    do_HEAD = do_GET

    def translate_path(self, path: str) -> str:
        """What lies outside, what begins with a dot and what no page shows are not there."""
        parts = [part for part in unquote(urlsplit(path).path).split("/") if part]
        if any(part.startswith(".") or part in _PRIVATE or "\0" in part for part in parts):
            return str(Path(self.directory) / ".nothing")
        if parts[:1] == ["papers"]:
            return str(self._inside(self._papers, parts[1:]))
        return str(self._inside(Path(self.directory), parts))

    @staticmethod
    def _inside(folder: Path, parts: list[str]) -> Path:
        found = folder.joinpath(*parts)
        inside = found.resolve().is_relative_to(folder.resolve())
        return found if inside else folder / ".nothing"

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """No folder's list is shown."""
        self.send_error(404)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who reads what is nobody's business."""


def server(folder: Path, papers: Path, port: int) -> ThreadingHTTPServer:
    """A server of the site in ``folder`` on 127.0.0.1; 0 picks a free port.

    Raises:
        ConfigError: The port is taken or may not be used.
    """
    handler = functools.partial(_Handler, directory=str(folder), papers=papers)
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as exc:
        raise ConfigError(
            f"port {port} cannot be used: {exc.strerror}", "give --port another, or 0 for any"
        ) from exc
