"""An end to a request that takes too long, whatever trickles in meanwhile.

httpx bounds the silence between two pieces, not the whole: a server that sends a byte of its
headers now and then would hold the machine's only turn for days.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

_OPENED = (".connect_tcp.complete", ".start_tls.complete")
"""With TLS the second event brings the socket that counts, in the place of the first."""


class Watch:
    """Follows the one connection of a client, and cuts it when the time of a request is over."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Learn of a new connection: httpcore's ``trace`` extension calls this."""
        if event.endswith(_OPENED):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextlib.contextmanager
    def over(self, most_s: float) -> Iterator[threading.Event]:
        """Cut the connection after ``most_s`` real seconds; the event says that it was."""
        is_cut = threading.Event()
        timer = threading.Timer(most_s, self._cut, (is_cut,))
        timer.daemon = True
        timer.start()
        try:
            yield is_cut
        finally:
            timer.cancel()

    def _cut(self, is_cut: threading.Event) -> None:
        is_cut.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it has just ended by itself
                # Not SSLSocket.shutdown: it pulls the TLS state from under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
