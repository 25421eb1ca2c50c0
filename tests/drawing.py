"""Pages with tables, drawn and read by the tests of tables and of their captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.extract.reader import Reader
from digest.records import Document, Table

PROSE = "This line of running text is as wide as the column that it is set in, here."


def put(page: Any, y: float, *cells: tuple[float, str], size: float = 9) -> None:
    for x, text in cells:
        page.insert_text((x, y), text, fontname="tiro", fontsize=size)


def rule(page: Any, y: float, x0: float = 60, x1: float = 290) -> None:
    page.draw_line((x0, y), (x1, y), width=0.5)


def tables(page: Any, tmp_path: Path) -> tuple[Table, ...]:
    """What is read of the page's document, once it has running text."""
    for k in range(8):
        put(page, 640 + 12 * k, (60, PROSE[:62]), (320, PROSE[:62]), size=10)
    path = tmp_path / "table.pdf"
    page.parent.save(path)
    document: Document = Reader().read(str(path))
    return document.tables
