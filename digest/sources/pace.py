"""One request at a time, and a pause between two, over all processes and users of a machine.

arXiv asks for no more than one request in three seconds and one connection at a time, over all
machines that one controls (https://info.arxiv.org/help/api/tou.html). A lock file is held for the
whole of a request and keeps the moment at which the last one ended. What it does not do: pace
several machines, or several containers with a /var/tmp of their own; give those one file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path

from digest.clock import Clock
from digest.errors import FetchError

_LONGEST_WAIT_S = 1800.0
"""For the lock: three times what the largest download may take. Longer, and its holder hangs."""
_LOOK_AGAIN_S = 0.05
_MARGIN_S = 0.001
"""On top of every pause: clocks are rounded, and three seconds shall not read 2.9999."""
_STAMP_BYTES = 64
_BUSY = b"busy"

log = logging.getLogger(__name__)


def default_pace_file() -> Path:
    """The one file that all users of this machine share. Not in /run, which ends with a login."""
    return Path("/var/tmp/arxiv-digest.pace")


class Pace:
    """Turns, taken one after another by everyone who uses the same file."""

    def __init__(self, file: Path, clock: Clock, fallback: Path | None = None) -> None:
        """``fallback``: used, with a warning, where ``file`` cannot be."""
        self._file = file
        self._fallback = fallback
        self._clock = clock

    @contextlib.contextmanager
    def turn(self, pause_s: float) -> Iterator[None]:
        """Wait until no request is under way and the last one ended ``pause_s`` ago; then hold.

        Waiting is done without the lock, so that whoever waits has the same chance.

        Raises:
            FetchError: The file cannot be used, or somebody else holds it for half an hour.
        """
        with _closing(self._take(pause_s)) as descriptor:
            self._write(descriptor, _BUSY)
            try:
                yield
            finally:
                # A killed process leaves "busy" behind; the kernel lets go of its lock.
                self._write(descriptor, self._now())

    def _take(self, pause_s: float) -> int:
        """The locked file, its pause over."""
        give_up_at_s = self._clock.elapsed_s() + _LONGEST_WAIT_S
        while self._clock.elapsed_s() < give_up_at_s:
            descriptor = self._open()
            try:
                wait_s = self._try(descriptor, pause_s)
            except BaseException:
                os.close(descriptor)
                raise
            if wait_s <= 0:
                return descriptor
            os.close(descriptor)
            self._clock.sleep(wait_s)
        raise FetchError(
            f"another program has held {self._file} for {_LONGEST_WAIT_S / 60:.0f} minutes",
            f"see who does with: fuser -v {self._file}",
        )

    def _try(self, descriptor: int, pause_s: float) -> float:
        """Seconds to wait before the next try; 0 where the turn is ours, the lock held."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _LOOK_AGAIN_S * random.uniform(0.5, 1.5)
        if not is_still(descriptor, self._file):  # somebody cleared the folder meanwhile
            return _MARGIN_S
        stamp = os.pread(descriptor, _STAMP_BYTES, 0)
        wait_s = _remaining_s(stamp, self._clock.elapsed_s(), pause_s)
        if wait_s > 0 and _stamped_s(stamp, self._clock.elapsed_s()) is None:
            # Only once: from here on the file says when this wait began.
            self._write(descriptor, self._now())
        return wait_s

    def _now(self) -> bytes:
        return repr(self._clock.elapsed_s()).encode()

    def _write(self, descriptor: int, stamp: bytes) -> None:
        """Always as long as before, so that one write replaces all of it."""
        try:
            os.pwrite(descriptor, stamp.ljust(_STAMP_BYTES), 0)
        except OSError as exc:
            raise _unusable(self._file, exc) from exc

    def _open(self) -> int:
        """The file, open; or the other one, from now on."""
        try:
            return _open_shared(self._file)
        except OSError as exc:
            if self._fallback is None:
                raise _unusable(self._file, exc) from exc
            log.warning("%s: other users' requests are not waited for", _unusable(self._file, exc))
        self._file, self._fallback = self._fallback, None
        return self._open()


def own_pace_file() -> Path:
    """The file of one user, where the shared one is in somebody's way."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "arxiv-digest" / "pace"


def _unusable(path: Path, exc: OSError) -> FetchError:
    message = f"{path} cannot pace requests: {exc.strerror or exc}"
    return FetchError(message, "set pace_file to a file that you can write", retryable=False)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_shared(path: Path) -> int:
    """Open a plain file that every user may lock and write, made where it is missing.

    The folder may be open to all: a link, a pipe or a second name for another file, put there by
    somebody else, is refused. No O_CREAT on a file that exists: fs.protected_regular forbids it.

    Raises:
        OSError: It is no plain file, or permissions forbid it.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        descriptor = _create(path, flags)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file with one name")
    return descriptor


def _create(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:  # another process was faster
        return os.open(path, flags)
    os.fchmod(descriptor, 0o666)  # whatever the umask says: other users must be able to wait
    return descriptor


def is_still(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that ``path`` names."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _stamped_s(stamp: bytes, now_s: float) -> float | None:
    """When the last request ended; None where that is not known.

    Not known: a process was killed at work ("busy"), or the stamp lies ahead (a restart of the
    machine set its clock back to 0) or is no number.
    """
    try:
        ended_s = float(stamp)
    except ValueError:
        return None
    return ended_s if 0 <= ended_s <= now_s else None


def _remaining_s(stamp: bytes, now_s: float, pause_s: float) -> float:
    """Seconds still to wait, never more than ``pause_s``: a wrong stamp cannot block."""
    if not stamp.strip():
        return 0.0  # a new file: nothing was ever asked
    ended_s = _stamped_s(stamp, now_s)
    left_s = pause_s if ended_s is None else ended_s + pause_s - now_s
    return left_s + _MARGIN_S if left_s > 0 else 0.0
