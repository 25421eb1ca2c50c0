"""Files that are either there whole or not at all, and a lock that one process holds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from digest.errors import BusyError, StoreError

_LOOK_S = 0.05
"""Between two looks at a lock that another process holds."""


def write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a power cut leaves the old file or the new one.

    Raises:
        StoreError: The disk is full or the folder cannot be written.
    """
    with _replacing(path) as partial:
        partial.write_bytes(data)


def replace(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all for whoever reads it meanwhile.

    Nothing waits for the disk: for what can be made again after a power cut.

    Raises:
        StoreError: The disk is full or the folder cannot be written.
    """
    with _replacing(path, durable=False) as partial:
        partial.write_bytes(data)


def copy(source: Path, path: Path) -> None:
    """Copy a file in the same manner.

    Raises:
        StoreError: The disk is full or the folder cannot be written.
    """
    with _replacing(path) as partial:
        shutil.copyfile(source, partial)


@contextlib.contextmanager
def _replacing(path: Path, durable: bool = True) -> Iterator[Path]:
    """A file beside ``path`` to fill, then renamed over it; ``durable``: flushed to the disk.

    Whoever else writes ``path`` meanwhile waits. The name is always the same, so that what a killed
    process left is taken over by the next and nothing piles up.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        make_folder(path.parent)
        with _claimed(partial):
            try:
                yield partial
                if durable:
                    flush(partial)
                partial.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
                raise
        if durable:
            flush(path.parent)
    except OSError as exc:
        raise StoreError(
            f"{path} cannot be written: {exc.strerror or exc}", "check free space and permissions"
        ) from exc


@contextlib.contextmanager
def filling(path: Path) -> Iterator[Path]:
    """A file to fill by other means, renamed to ``path`` at the end of the block if nothing failed.

    Raises:
        StoreError: The disk is full or the folder cannot be written.
    """
    with _replacing(path) as partial:
        try:
            yield partial
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _claimed(partial: Path) -> Iterator[None]:
    """Hold the lock of a partial file, made where it is missing.

    The one before renames or removes the file it holds: who waited for that looks again.
    """
    while True:
        with partial.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file.fileno(), partial):
                yield
                return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def sweep(folder: Path) -> None:
    """Remove the unfinished files in ``folder`` that killed processes left, and nobody writes to.

    Those of a name that is written again are taken over by then; others would stay for good.
    """
    for partial in folder.glob(".*.partial"):
        with contextlib.suppress(OSError), partial.open("ab") as file:
            if _locked(file.fileno()):
                partial.unlink()


def json_object(path: Path) -> dict[str, object]:
    """The JSON object of a file; an empty one where it is missing, damaged or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def sha256(path: Path) -> str:
    """The hash of a file's bytes, as 64 hex digits; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_up(folder: Path, umask: int) -> None:
    """Let others read what is ours in a folder, as far as a umask lets them; nothing is closed."""
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):  # somebody else's, or gone
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
                continue
            wanted = (0o777 if stat.S_ISDIR(found.st_mode) else 0o666) & ~umask
            if wanted & ~found.st_mode:
                path.chmod(stat.S_IMODE(found.st_mode) | wanted)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it, whose names are on the disk before anything is put there.

    ``mode``: of the folder itself, less what the umask takes away.

    Raises:
        OSError: One cannot be made.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode, parents=True, exist_ok=True)
    for made in missing:
        flush(made.parent)


def flush(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file ``path``; the kernel lets go of it when the process ends, however it ends.

    Args:
        path: Made where it is missing, and left there.
        wait_s: For how long another process is waited for.

    Raises:
        BusyError: Another process holds it.
        StoreError: It cannot be made.
    """
    try:
        make_folder(path.parent)
        opened = path.open("a")
    except OSError as exc:
        raise StoreError(
            f"{path.parent} cannot be written: {exc.strerror}", "give --home another folder"
        ) from exc
    with opened as file:
        give_up_s = time.monotonic() + wait_s
        while not _locked(file.fileno()):
            if time.monotonic() >= give_up_s:
                raise BusyError(
                    f"another digest run is at work in {path.parent}", "wait for it to end"
                )
            time.sleep(_LOOK_S)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
