"""How much memory this machine lets a model have."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""Of version 2, and of version 1."""


def total_bytes(cgroup: Path = CGROUP) -> int:
    """The machine's memory, or the container's where that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_of_cgroup(cgroup)])


def _of_cgroup(cgroup: Path) -> list[int]:
    found = []
    for name in _LIMITS:
        try:
            text = (cgroup / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():  # else "max"
            found.append(int(text))
    return found
