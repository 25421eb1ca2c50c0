"""Is a model here, and is it the right one? For a single file and for a folder of files."""

from __future__ import annotations

from pathlib import Path

from digest.engines import folders, verify
from digest.engines.catalogue import ModelFile
from digest.engines.verify import Progress, silent


def ensure(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Its file or folder; what was verified before and not changed since is trusted.

    Raises:
        ModelMissingError: It is not there.
        ModelDamagedError: It is not the one that is pinned.
    """
    if model.members:
        return folders.ensure_folder(model, models_dir, progress)
    return verify.ensure(model, models_dir, progress)


def check(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Like ``ensure``, reading all of it."""
    if model.members:
        return folders.ensure_folder(model, models_dir, progress, trusting=False)
    return verify.verify(model, models_dir, progress)


def is_there(model: ModelFile, models_dir: Path) -> bool:
    """Whether something of its name is there."""
    return (models_dir / model.file).exists()
