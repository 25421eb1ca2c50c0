"""The folder for a model's unfinished files, held by one process at a time.

``pull`` and ``convert`` both work there. It has a fixed name, so that what a killed process leaves
behind is found, used or emptied by the next one, and never multiplies.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from digest.engines.catalogue import ModelFile
from digest.errors import ModelError

PARTIAL = ".partial"
_HINT = "free some space, or set models_dir to a folder that can be written"


@contextlib.contextmanager
def partial_folder(model: ModelFile, models_dir: Path) -> Iterator[Path]:
    """``.partial/NAME`` in ``models_dir``, made where it is missing, ours until the block ends.

    Raises:
        ModelError: Another process holds it, or the disk fails or fills up in the block.
    """
    folder = models_dir / PARTIAL / model.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (models_dir / PARTIAL / f"{model.name}.lock").open("w") as lock:
            _hold(lock, model)
            yield folder
    except OSError as exc:
        message = f"cannot write to {models_dir}: {exc.strerror or exc}"
        raise ModelError(message, hint=_HINT) from exc


def check_space(model: ModelFile, folder: Path, needed_bytes: int) -> None:
    """See that the disk of ``folder`` has room before time is spent on filling it.

    Raises:
        ModelError: It has not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise ModelError(
            f"{folder} has {free / 1e9:.1f} GB free; "
            f"{model.name} needs {needed_bytes / 1e9:.1f} GB",
            hint=_HINT,
        )


def _hold(lock: IO[str], model: ModelFile) -> None:
    """Take the lock; the kernel lets go of it when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise ModelError(
            f"another process is pulling {model.name} or converting it", hint="wait for it to end"
        ) from exc
