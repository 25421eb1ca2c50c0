"""How much memory this machine lets a model have, and how to tell that it was not enough.

A library that gets no memory says so in words of its own, returns nothing, throws or aborts; the
words are all that its endings have in common.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

CGROUP = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")

_ENDED = re.compile(
    r"bad_alloc|mem_buffer|failed to (allocate|reserve)|allocation (still )?failed|"
    r"ran into its memory limit|out of memory|cannot allocate memory",
    re.IGNORECASE,
)
"""What llama.cpp, ggml, CTranslate2, MKL, OpenBLAS, CUDA and we were seen to say: each was run
with limits of memory from 60 MB up to what it needs."""


def has_ended(message: str) -> bool:
    """Whether an error says that there was not enough memory."""
    return _ENDED.search(message) is not None


def total_bytes(cgroup: Path = CGROUP, own: Path = OWN) -> int:
    """The machine's memory, or what a container or a service may take where that is less.

    Args:
        cgroup: Where control groups are mounted, of version 1 or 2.
        own: Which of them this process is in; the limits of those around it hold as well.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_limit(file) for file in _files(cgroup, own))
    return min([machine, *(found for found in limits if found is not None)])


def _files(cgroup: Path, own: Path) -> list[Path]:
    """Where limits may stand. Inside a container its own group looks like the topmost one."""
    found = {cgroup / "memory.max", cgroup / "memory" / "memory.limit_in_bytes"}
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        controllers, _, path = line.partition(":")[2].partition(":")
        inner = PurePosixPath(path.lstrip("/"))
        groups = [group for group in (inner, *inner.parents) if ".." not in group.parts]
        if not controllers:
            found |= {cgroup / group / "memory.max" for group in groups}
        elif "memory" in controllers.split(","):
            found |= {cgroup / "memory" / group / "memory.limit_in_bytes" for group in groups}
    return sorted(found)


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None  # else "max"
