"""One run at a time in a home, and who it is.

The lock is the kernel's and ends with its process. What stands in its file is for people: it may be
of a process that is long gone, so nothing is decided by it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from digest import files
from digest.errors import BusyError

LOCK = ".lock"


@contextlib.contextmanager
def at_work(home: Path, what: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Be the one process that changes a home, for the length of a whole command.

    Args:
        home: Made where it is missing.
        what: The command, for who comes second.
        clock: Tells since when.

    Raises:
        BusyError: Another one is at work; it says which, and since when.
        StoreError: The home cannot be written.
    """
    path = home / LOCK
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(files.held(path))
        except BusyError as exc:
            raise BusyError(_who(path, home), "wait for it to end; its work is kept") from exc
        since = clock().astimezone().isoformat(timespec="seconds")
        note = {"pid": os.getpid(), "what": what, "since": since}
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            path.write_text(json.dumps(note) + "\n", encoding="utf-8")
        yield


def _who(path: Path, home: Path) -> str:
    known = files.json_object(path)
    if not known.keys() >= {"pid", "what", "since"}:
        return f"another digest run is at work in {home}"
    since = str(known["since"]).replace("T", " ")
    return (
        f"another digest run is at work in {home}: "
        f"digest {known['what']}, process {known['pid']}, since {since}"
    )
