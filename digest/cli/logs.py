"""What goes to stderr beside the progress: lines of text, or JSON for nightly jobs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime

from rich.console import Console


def set_up_logging(console: Console, quiet: bool, log_format: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    handler.setLevel(logging.WARNING if quiet else logging.INFO)
    root = logging.getLogger("digest")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)  # whatever stderr gets, the log of a run has it
    if log_format == "json":
        console.quiet = True


class _TextLines(logging.Formatter):
    """The message, and the cure of an error on a line of its own.

    What a title holds moves no cursor and begins no line.
    """

    def format(self, record: logging.LogRecord) -> str:
        hint = getattr(record, "hint", None)
        return _plain(record.getMessage()) + (f"\n  {_plain(str(hint))}" if hint else "")


def _plain(text: str) -> str:
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(shown)


class _JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the cure of an error."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created).astimezone().isoformat(),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                "hint": getattr(record, "hint", None),
            },
            ensure_ascii=False,
            default=str,
        )
