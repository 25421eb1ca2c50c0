"""The CTranslate2 folder of a model: where it is, and whether it can be trusted.

Reads only its label and its bytes; ``convert`` writes it, ``ct2`` runs it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from digest.engines.catalogue import ModelFile
from digest.engines.identity import CONVERTER
from digest.engines.verify import Progress, is_remembered, remember, sha256_of, silent
from digest.errors import ModelDamagedError, ModelMissingError

MADE_BY = "made_by.json"
WEIGHTS = "model.bin"


def folder(model: ModelFile, models_dir: Path) -> Path:
    """Where the converted model lies, whether it is there or not."""
    return models_dir / f"{model.stem}-ct2-int8"


def ensure_converted(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """The CTranslate2 folder, known to be made from this file by this converter.

    Raises:
        ConfigError: CTranslate2 cannot run this model.
        ModelMissingError: There is none.
        ModelDamagedError: Its weights are not the ones that were written.
    """
    model.check_runs_on("ctranslate2")
    path, hint = folder(model, models_dir), f"digest models pull {model.name}"
    label = _label(path)
    if (label.get("source_sha256"), label.get("converter")) != (model.sha256, CONVERTER):
        raise ModelMissingError(
            f"model {model.name} is not converted for CTranslate2 in {models_dir}", hint=hint
        )
    weights, sha256 = path / WEIGHTS, label.get("model_bin_sha256", "")
    if not is_remembered(weights, sha256):
        if not weights.is_file() or sha256_of(weights, progress) != sha256:
            raise ModelDamagedError(f"{weights} is not what was written", hint=f"{hint} --force")
        remember(weights, sha256)
    return path


def _label(path: Path) -> dict[str, Any]:
    """What the folder says of itself; nothing where it is missing or unreadable."""
    try:
        label = json.loads((path / MADE_BY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return label if isinstance(label, dict) else {}
