"""What a synthetic paper says, known because we wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a result table: as printed, the label of its row, the headers over it."""

    text: str
    row: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """Text that was hidden on a page, or an instruction in plain sight. ``page``: 1-based."""

    way: str
    page: int
    text: str


@dataclass(slots=True)
class Truth:
    """One synthetic paper. ``sentences``: the body in reading order, headings left out."""

    path: Path
    columns: int
    headings: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    cells: dict[str, list[Cell]] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)
