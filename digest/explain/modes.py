"""Which way of writing suits a model: measured by ``digest eval explain``, kept beside the models.

A model that nobody has measured writes in compress mode, which even the smallest can do.
"""

from __future__ import annotations

import json
from pathlib import Path

from digest import files
from digest.explain.writers import MODES, Mode
from digest.generation import Engine

FILE = "writing.json"


def remembered(models_dir: Path, engine: Engine) -> Mode:
    """What was measured as the better mode of an engine's model."""
    found = files.json_object(models_dir / FILE).get(_key(engine))
    return found if found in MODES else "compress"


def remember(models_dir: Path, engine: Engine, mode: Mode) -> None:
    """Keep what was measured.

    Raises:
        StoreError: The folder cannot be written.
    """
    known = {**files.json_object(models_dir / FILE), _key(engine): mode}
    files.write(models_dir / FILE, json.dumps(known, indent=1, sort_keys=True).encode())


def _key(engine: Engine) -> str:
    """The same weights are the same writer, in whatever engine; a server's are known by name."""
    return engine.sha256 or engine.model
