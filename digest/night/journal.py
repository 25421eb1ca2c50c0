"""The log of every run: JSON lines in HOME/logs, whatever goes to stderr.

One line an event. Several processes may write: each opens the file for each line and appends it
in one write, so that a line is never torn and a file that was put aside is not written to again.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

NAME = "digest.jsonl"
FILES, FILE_BYTES = 5, 10 << 20
"""The one that is written to, four older ones: 50 MB, months of nights."""
_LONGEST_CHARS = 20_000
"""Of a message or a traceback; what is longer says so."""

_UNSEEN = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What JSON may hold as it is, but what ends a line or turns it around where somebody reads it."""

Secrets = Sequence[str]


class Journal(logging.Handler):
    """Writes what the program says to a file that it keeps short.

    Args:
        folder: Made where it is missing.
        run: The id of the run, in each line.
        secrets: Texts that are never written.
    """

    def __init__(self, folder: Path, run: str, secrets: Secrets = ()) -> None:
        super().__init__(logging.INFO)
        self._folder, self._run, self._secrets = folder, run, secrets
        self.failure: OSError | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a disk that takes none is remembered, and is no reason to end a night."""
        try:
            append(self._folder, _line(self._fields(record)))
        except OSError as exc:
            self.failure = exc

    def _fields(self, record: logging.LogRecord) -> dict[str, str]:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "hint": str(getattr(record, "hint", None) or ""),
            "run": self._run,
        }
        if record.exc_info:
            fields["traceback"] = logging.Formatter().formatException(record.exc_info)
        return {name: _cut(hidden(text, self._secrets)) for name, text in fields.items()}


def hidden(text: str, secrets: Secrets) -> str:
    """``text`` without any of the secrets."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return text


def append(folder: Path, line: bytes) -> None:
    """Add a line to the log, owner only; a log that is full is put aside before.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / NAME
    if path.exists() and path.stat().st_size + len(line) > FILE_BYTES:
        _turn(path, len(line))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _turn(path: Path, more: int) -> None:
    """Put the full log aside, once, however many processes find it full."""
    with path.with_name(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and path.stat().st_size + more > FILE_BYTES:
            for number in range(FILES - 1, 0, -1):
                older = path.with_name(f"{NAME}.{number - 1}") if number > 1 else path
                if older.exists():
                    older.replace(path.with_name(f"{NAME}.{number}"))


def _line(fields: dict[str, str]) -> bytes:
    """One line, whatever the texts hold: control characters are written as escapes."""
    text = json.dumps(fields, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def _cut(text: str) -> str:
    over = len(text) - _LONGEST_CHARS
    return text if over <= 0 else f"{text[:_LONGEST_CHARS]}... and {over} characters more"
