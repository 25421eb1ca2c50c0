"""How many threads are fastest here: measured by ``digest doctor``, kept beside the models.

A file of another machine, or one that is damaged, says nothing: then each physical core gets one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from digest import files
from digest.engines.verify import replace_text

FILE = "threads.json"


def remembered(models_dir: Path, kind: str, cores: int) -> int | None:
    """What was measured for an engine on this machine; None where nothing was."""
    found = files.json_object(models_dir / FILE).get(_key(kind, cores))
    return found if isinstance(found, int) and 1 <= found <= cores else None


def remember(models_dir: Path, kind: str, cores: int, threads: int) -> None:
    """Keep what was measured.

    Raises:
        OSError: The folder cannot be written.
    """
    known = {**files.json_object(models_dir / FILE), _key(kind, cores): threads}
    replace_text(models_dir / FILE, json.dumps(known, indent=1, sort_keys=True))


def candidates(cores: int) -> list[int]:
    """What is worth trying: all cores, one less for the rest of the machine, and half of them."""
    return [n for n in dict.fromkeys((cores, cores - 1, cores // 2)) if n >= 1]


def _key(kind: str, cores: int) -> str:
    return f"{kind} on {processor()}, {cores} cores"


def processor() -> str:
    """Its name, as the system has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return os.uname().machine
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, os.uname().machine)
