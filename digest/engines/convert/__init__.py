"""One file, two engines: a GGUF model written as a CTranslate2 int8 decoder.

``decoder`` knows the architectures, ``weights`` the bytes; here is the folder that they go into.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from digest.engines.catalogue import ModelFile
from digest.engines.convert.decoder import specification
from digest.engines.convert.weights import Weights
from digest.engines.converted import MADE_BY, WEIGHTS, folder
from digest.engines.identity import CONVERTER
from digest.engines.partial import check_space, partial_folder
from digest.engines.verify import (
    Progress,
    ensure,
    remember,
    replace_text,
    sha256_of,
    silent,
)
from digest.errors import ModelDamagedError
from digest.files import flush

# Of the GGUF file's bytes, for the int8 folder: a Q4_K_M file of the 1.5 B takes 1.60 times its
# size and one of the 0.5 B 1.30 times (both measured); the rest is a margin of an eighth.
_SPACE_RATIO = 1.8


def convert(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Write the CTranslate2 folder of a model, replacing an older one; its path.

    Raises:
        ModelMissingError: The GGUF file is not there.
        ModelDamagedError: It is not the file of the catalogue, or no GGUF.
        ModelError: Its architecture cannot be converted, ``models_dir`` cannot be written or is too
            full, or another process is pulling or converting this model.
    """
    source, target = ensure(model, models_dir, progress), folder(model, models_dir)
    with partial_folder(model, models_dir) as partial, _emptied(partial / "ct2") as building:
        check_space(model, building, int(model.bytes * _SPACE_RATIO))
        write_decoder(source, building, progress)
        _write_made_by(model, building, progress)
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
        flush(models_dir)
    return target


@contextlib.contextmanager
def _emptied(path: Path) -> Iterator[Path]:
    """A new folder at ``path``: what a killed process left there goes first, ours at the end."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):  # parts of a pull may lie beside it
            path.parent.rmdir()


def write_decoder(source: Path, target: Path, progress: Progress = silent) -> None:
    """Write a GGUF file's weights, vocabulary and configuration into the folder ``target``.

    Raises:
        ModelError: Its architecture, or something about it, cannot be converted.
        ModelDamagedError: It is no readable GGUF file.
    """
    try:
        spec = specification(Weights(source, progress))
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as exc:
        raise ModelDamagedError(f"{source} is no readable GGUF file: {exc!r}") from exc
    spec.save(str(target))


def _write_made_by(model: ModelFile, target: Path, progress: Progress) -> None:
    made_by = {
        "source_sha256": model.sha256,
        "converter": CONVERTER,
        "ctranslate2": version("ctranslate2"),
        "model_bin_sha256": sha256_of(target / WEIGHTS, progress),
    }
    replace_text(target / MADE_BY, json.dumps(made_by, indent=1))
    for path in target.iterdir():
        flush(path)
    remember(target / WEIGHTS, str(made_by["model_bin_sha256"]))
