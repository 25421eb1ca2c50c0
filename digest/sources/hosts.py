"""An account of every request that leaves the machine, for whoever must answer for it."""

from __future__ import annotations

import os
from pathlib import Path

from digest.clock import Clock
from digest.errors import FetchError


class HostLog:
    """A file that only grows. A line: time (UTC), host, method, path, status; tabs between."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def add(self, host: str, method: str, path: str, status: str) -> None:
        """Write one line. ``status``: the code of the answer, or why there was none.

        Raises:
            FetchError: It cannot be written; what cannot be accounted for is not asked.
        """
        at = self._clock.now().isoformat(timespec="milliseconds")
        line = "\t".join((at, host, method, path, status)) + "\n"
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line.encode("utf-8", errors="replace"))
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise FetchError(
                f"{self._file} cannot be written: {exc.strerror or exc}",
                "check free space and permissions",
                retryable=False,
            ) from exc
