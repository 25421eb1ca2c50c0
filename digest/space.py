"""Is there room for the night? What a run is going to need, against what is free, before any work.

An estimate, from what is here: as many papers as posts have had lately, PDFs as large as the newest
ones, a database that grows as it has. Clearly too little is an error that names the folder, the
figures and the cure; where it may just do, that is a warning.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Literal

from digest.config import Config
from digest.errors import StoreError
from digest.store import Store

PDF_BYTES = 2_000_000
"""Of a paper from arXiv, where none is here yet."""
STORE_BYTES = 500_000
"""That a paper adds to the database, where fewer than ``_ENOUGH`` are in it; the samples take a
third of it, and DuckDB takes blocks of 256 kB."""
SITE_BYTES = 700_000
"""Of a paper's pages: ten pictures of 70 kB."""
FLOOR_BYTES = 50_000_000
"""Of the home in any case: logs, the search index, files beside a post, and what is renamed."""
TEMP_BYTES = 10_000_000
"""Of the temp folder."""
_ENOUGH = 20
_DAYS = 10
"""Posts that tell how many papers a day has."""
_NEWEST = 200
"""PDFs that tell how large one is."""
_ROOMY = 2
"""Free space of so many times the need goes without saying."""

log = logging.getLogger(__name__)
State = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes for one purpose in one folder."""

    folder: Path
    what: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Room:
    """One file system: what is needed on it and what is free."""

    folder: Path
    free: int
    needs: tuple[Need, ...]

    @property
    def needed(self) -> int:
        """All of it."""
        return sum(need.bytes for need in self.needs)

    @property
    def state(self) -> State:
        """FAIL where the need is more than what is free, warn where it is close to it."""
        if self.free < self.needed:
            return "FAIL"
        return "warn" if self.free < _ROOMY * self.needed else "ok"

    def __str__(self) -> str:
        parts = ", ".join(f"{need.what} {_size(need.bytes)}" for need in self.needs)
        found = f"{self.folder} has {_size(self.free)} free"
        return f"{found}; a run needs about {_size(self.needed)} ({parts})"


def ensure(config: Config, store: Store, source: Path | None = None) -> None:
    """Refuse a run that there is no room for; warn of one that may just fit.

    ``source``: the folder whose papers are read, if it is not arXiv.

    Raises:
        StoreError: There is clearly too little; names the folder, what is free and what is needed.
    """
    for room in rooms(config, needs(config, store, source)):
        if room.state == "FAIL":
            raise StoreError(str(room), cure(config, room))
        if room.state == "warn":
            log.warning("%s", room, extra={"hint": cure(config, room)})


def finding(config: Config, store: Store) -> tuple[State, str, str]:
    """For ``digest doctor``: the state, what was found, and the cure, empty where all is well."""
    found = rooms(config, needs(config, store))
    worst = min(found, key=lambda room: room.free / max(room.needed, 1))
    return worst.state, str(worst), "" if worst.state == "ok" else cure(config, worst)


def cure(config: Config, room: Room) -> str:
    """What makes room there."""
    if room.folder != config.home:
        return "free some space there, or set TMPDIR to another folder"
    if not config.pdf_days and any(config.papers.glob("*.pdf")):
        return "set pdf_days in digest.toml, then: digest prune; or move the home to a larger disk"
    return "digest prune, fewer keep_backups, a lower limit, or move the home to a larger disk"


# ---------------------------------------------------------------- what is needed


def needs(config: Config, store: Store, source: Path | None = None) -> list[Need]:
    """What the next run writes, and where."""
    home, database = config.home, _size_of(config.database)
    known = store.post_dates() if store.database.exists() else []
    papers, pdfs = _papers(config, [n for _, _, n in known[:_DAYS]], source)
    all_papers = sum(n for _, _, n in known)
    each = max(database // all_papers, 1) if all_papers >= _ENOUGH else STORE_BYTES
    found = [
        Need(home, f"{papers} PDFs", pdfs),
        Need(home, "the database", papers * each),
        Need(home, "the site", papers * SITE_BYTES if "site" in config.outputs else 0),
        Need(home, "a backup", database if config.keep_backups else 0),
        Need(home, "the rest", FLOOR_BYTES),
        Need(Path(tempfile.gettempdir()), "working files", TEMP_BYTES),
    ]
    return [need for need in found if need.bytes]


def _papers(config: Config, days: Sequence[int], source: Path | None) -> tuple[int, int]:
    """How many are going to be read, and the bytes of their PDFs."""
    if source is not None:
        sizes = [_size_of(path) for path in source.glob("*") if path.suffix.lower() == ".pdf"]
        chosen = sorted(sizes, reverse=True)[: config.limit or None]
        return len(chosen), sum(chosen)
    papers = round(mean(days)) if days else 0
    papers = min(papers, config.limit) if config.limit and papers else papers or config.limit
    newest = sorted(_sizes(config.papers), reverse=True)[:_NEWEST]
    return papers, papers * (round(mean(size for _, size in newest)) if newest else PDF_BYTES)


def _sizes(papers: Path) -> Iterator[tuple[float, int]]:
    """When each PDF came, and its bytes."""
    for path in papers.glob("*.pdf"):
        found = path.stat()
        yield found.st_mtime, found.st_size


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


# ---------------------------------------------------------------- what is free


def rooms(config: Config, wanted: Sequence[Need]) -> list[Room]:
    """The file systems that are written to, the home's first, each with what is needed there."""
    by_device: dict[int, list[Need]] = {}
    for need in wanted:
        by_device.setdefault(_there(need.folder).stat().st_dev, []).append(need)
    return [
        Room(needs[0].folder, shutil.disk_usage(_there(needs[0].folder)).free, tuple(needs))
        for needs in by_device.values()
    ]


def _there(folder: Path) -> Path:
    """The folder, or the one in which it is going to be made."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
