"""The files of ``scripts/lock/`` as records: what is installed, and under which hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).resolve().parents[1] / "lock"
RUN, DEV = LOCKS / "run.txt", LOCKS / "dev.txt"

_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))?(?: \\)?$")
_HASH = re.compile(r" +--hash=sha256:(?P<digest>[0-9a-f]{64})")
_VIA = re.compile(r" +# (?:via|  ) ?(?P<name>[A-Za-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package as it is pinned.

    Args:
        name: As the index writes it.
        version: The only one that is installed.
        marker: Where it is; empty: everywhere. A package may be there twice, for two Pythons.
        hashes: sha256 of each file of it that may be installed.
        via: Who asks for it; the project itself is ``arxiv-digest-local``.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]


def read(path: Path) -> list[Locked]:
    """The packages of a lock file, in its order."""
    return list(parse(path.read_text(encoding="utf-8")))


def parse(text: str) -> Iterator[Locked]:
    """The packages of a lock file's text.

    Raises:
        ValueError: A line is of no known form, or a package has no hash.
    """
    for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]:
        first, *rest = entry.splitlines()
        pinned = _PINNED.match(first)
        hashes = tuple(match["digest"] for line in rest if (match := _HASH.match(line)))
        if pinned is None or not hashes:
            raise ValueError(f"not pinned by version and hash: {first}")
        via = tuple(match["name"] for line in rest if (match := _VIA.match(line)))
        yield Locked(pinned["name"], pinned["version"], pinned["marker"] or "", hashes, via)
