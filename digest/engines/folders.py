"""A model of several files: a folder, known by one hash over the hashes of its files.

``label.json`` in the folder says what each file should be; it is trusted because the hash over what
it says is the one that is pinned.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from digest.engines.catalogue import ModelFile
from digest.engines.verify import Progress, is_remembered, remember, sha256_of, silent
from digest.errors import ModelDamagedError, ModelMissingError
from digest.files import flush

LABEL = "label.json"


def ensure_folder(
    model: ModelFile, models_dir: Path, progress: Progress = silent, *, trusting: bool = True
) -> Path:
    """The folder of a model, known to be the one that is pinned.

    Args:
        model: Its entry, pinned.
        models_dir: Where it lies.
        progress: Watches hashing.
        trusting: Whether files that were seen before, and not changed since, are not read again.

    Raises:
        ModelMissingError: It is not there.
        ModelDamagedError: A file is missing, or is another.
    """
    folder, hint = models_dir / model.file, f"digest models pull {model.name} --force"
    if not folder.is_dir():
        raise ModelMissingError(
            f"model {model.name} is not in {models_dir}", hint=f"digest models pull {model.name}"
        )
    hashes = _label(folder)
    if sorted(hashes) != sorted(model.members) or combined(hashes) != model.sha256:
        raise ModelDamagedError(f"{folder} is not the pinned {model.name}", hint=hint)
    for name, sha256 in hashes.items():
        path = folder / name
        if not (trusting and is_remembered(path, sha256)):
            if not path.is_file() or sha256_of(path, progress) != sha256:
                raise ModelDamagedError(f"{path} is not the file that was pinned", hint=hint)
            remember(path, sha256)
    return folder


def hashes_of(folder: Path, names: tuple[str, ...], progress: Progress = silent) -> dict[str, str]:
    """The sha256 of each file.

    Raises:
        ModelDamagedError: One is missing.
    """
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ModelDamagedError(f"{folder} lacks {', '.join(missing)}")
    return {name: sha256_of(folder / name, progress) for name in names}


def combined(hashes: Mapping[str, str]) -> str:
    """One hash over those of all files, as ``sha256sum | sha256sum`` has it of sorted names."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def settle(building: Path, target: Path, hashes: Mapping[str, str]) -> None:
    """Label a finished folder and move it into place, over an older one."""
    (building / LABEL).write_text(json.dumps(dict(hashes), indent=1), encoding="utf-8")
    for path in building.iterdir():
        flush(path)
    if target.exists():
        shutil.rmtree(target)
    building.rename(target)
    flush(target.parent)


def _label(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / LABEL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): str(sha256) for name, sha256 in found.items()}
