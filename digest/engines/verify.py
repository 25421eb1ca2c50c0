"""Is a file on disk the one that the catalogue describes? By its size and sha256, nothing else.

``verify`` always reads the whole file. ``ensure`` is for before each load: a gigabyte takes seconds
to hash, so it reads the file once and then trusts a stamp of its size, time and inode. A change
that keeps all three is found by ``verify`` only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from digest.engines.catalogue import ModelFile
from digest.errors import ModelDamagedError, ModelMissingError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes done and bytes in all."""

BLOCK_BYTES = 1 << 20
STAMPS = ".verified.json"


def silent(_what: str, _done_bytes: int, _total_bytes: int) -> None:
    """A progress nobody watches."""


def verify(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Check size and sha256 of a model's file, reading all of it.

    Raises:
        ModelMissingError: The file is not there.
        ModelDamagedError: It is not the file of the catalogue.
    """
    path = _present(model, models_dir)
    _forget(path)
    check_bytes(model, path, progress)
    remember(path, model.sha256)
    return path


def ensure(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Like ``verify``, but a file whose size, time and inode are as last verified is trusted.

    Raises:
        ModelMissingError: The file is not there.
        ModelDamagedError: It is not the file of the catalogue.
    """
    path = _present(model, models_dir)
    if is_remembered(path, model.sha256):
        return path
    return verify(model, models_dir, progress)


def check_bytes(model: ModelFile, path: Path, progress: Progress = silent) -> None:
    """Compare the file at ``path``, wherever it is, with the catalogue.

    Raises:
        ModelDamagedError: Size or sha256 differ.
    """
    hint = f"digest models pull {model.name} --force"
    size = path.stat().st_size
    if size != model.bytes:
        raise ModelDamagedError(f"{path} has {size} bytes, not {model.bytes}", hint=hint)
    found = sha256_of(path, progress)
    if found != model.sha256:
        raise ModelDamagedError(f"{path} has sha256 {found}, not {model.sha256}", hint=hint)


def sha256_of(path: Path, progress: Progress = silent) -> str:
    """The sha256 of a file, in hex."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            progress(f"verify {path.name}", done, total)
    return digest.hexdigest()


def is_remembered(path: Path, sha256: str) -> bool:
    """Whether ``path`` is stamped with ``sha256`` and untouched since."""
    stamp = _stamps(_stamp_file(path)).get(path.name)
    return stamp is not None and path.is_file() and stamp == _stamp(path, sha256)


def remember(path: Path, sha256: str) -> None:
    """Stamp ``path`` as verified; without a stamp it is only read again.

    A folder that cannot be written, a read-only mount and a full disk are no errors here.
    """
    with contextlib.suppress(OSError):
        stamps = _stamps(_stamp_file(path))
        replace_text(
            _stamp_file(path),
            json.dumps(stamps | {path.name: _stamp(path, sha256)}, indent=1, sort_keys=True),
        )


def replace_text(path: Path, text: str) -> None:
    """Write a small file in one step: readers see the old text or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 it is a descriptor
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _present(model: ModelFile, models_dir: Path) -> Path:
    path = models_dir / model.file
    if not path.is_file():
        raise ModelMissingError(
            f"model {model.name} is not in {models_dir}", hint=f"digest models pull {model.name}"
        )
    return path


def _forget(path: Path) -> None:
    """A file found damaged must not pass by an older stamp of the same size and time."""
    stamps = _stamps(_stamp_file(path))
    if stamps.pop(path.name, None) is not None:
        with contextlib.suppress(OSError):
            replace_text(_stamp_file(path), json.dumps(stamps, indent=1, sort_keys=True))


def _stamp_file(path: Path) -> Path:
    return path.parent / STAMPS


def _stamp(path: Path, sha256: str) -> dict[str, Any]:
    status = path.stat()
    return {
        "sha256": sha256,
        "bytes": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "inode": status.st_ino,
    }


def _stamps(path: Path) -> dict[str, Any]:
    """All stamps; none where the file is missing or is not ours: then files are read again."""
    try:
        stamps = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}
