"""One model computes at a time: a lock that all processes of this machine share.

On a CPU a second model at work slows the first by a factor of ten and more, as the threads of both
wait for each other (two cores: from 14 to 1.4 tokens/s). A GPU needs no turns.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)


def default_turn_file() -> Path:
    """The file that all users of this machine share. Containers that do not have it run beside."""
    return Path("/var/tmp/arxiv-digest.turn")


class Turns:
    """Turns of one engine among all that use the same file; what hinders it is said once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: set[str] = set()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other model computes; hold the turn until the block ends.

        The kernel lets go of it when the process ends, however it ends. Where the file cannot be
        had, there are no turns, and the log says so: a night without is better than none.
        """
        try:
            descriptor = self._take()
        except OSError as exc:
            self._say(logging.WARNING, f"no turns between models: {self._path}: {exc.strerror}")
            yield
            return
        try:
            yield
        finally:
            os.close(descriptor)

    def _take(self) -> int:
        """The locked file; taken again where somebody cleared the folder meanwhile."""
        while True:
            descriptor = _open(self._path)
            try:
                self._wait(descriptor)
                if _is_still(descriptor, self._path):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _wait(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._say(logging.INFO, "another model computes on this machine; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _say(self, level: int, what: str) -> None:
        if what not in self._said:
            self._said.add(what)
            log.log(level, "%s", what)


def _open(path: Path) -> int:
    """The lock file, made where it is missing.

    Anybody may write in its folder: a link or a pipe that somebody put there is refused.

    Raises:
        OSError: It cannot be had.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        descriptor = os.open(path, flags | os.O_CREAT, 0o644)
        with contextlib.suppress(PermissionError):  # somebody else's, made in this moment
            os.fchmod(descriptor, 0o644)  # whatever the umask says: others must be able to wait
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file")
    return descriptor


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that ``path`` names."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
