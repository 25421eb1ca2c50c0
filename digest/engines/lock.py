"""One model computes at a time: a lock that all processes of this machine share.

On a CPU a second model at work slows the first by a factor of ten and more, as the threads of both
wait for each other (two cores: from 14 to 1.4 tokens/s). A GPU needs no turns.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)


def default_turn_file() -> Path:
    """The file that all users of this machine share. Containers that do not have it run beside."""
    return Path("/var/tmp/arxiv-digest.turn")


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait until no other model computes; hold the turn until the block ends.

    The kernel lets go of it when the process ends, however it ends. Where the file cannot be had,
    there are no turns, and the log says so: a night without is better than none.
    """
    try:
        descriptor = _open(path)
    except OSError as exc:
        log.warning("no turns between models: %s: %s", path, exc.strerror)
        yield
        return
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("another model computes on this machine; waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _open(path: Path) -> int:
    """The lock file, made where it is missing; a link is refused, as anybody may write there."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        descriptor = os.open(path, flags | os.O_CREAT, 0o644)
        with contextlib.suppress(PermissionError):  # somebody else's, made in this moment
            os.fchmod(descriptor, 0o644)  # whatever the umask says: others must be able to wait
        return descriptor
