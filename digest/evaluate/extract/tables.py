"""Numbers of result tables: each must be found with its row and its column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.evaluate.papers.truth import Cell, Truth
from digest.evaluate.report import Goal, Part, share
from digest.records import Document, Table

_MOST_SHOWN = 12


def measure(truths: Sequence[Truth], documents: Mapping[str, Document]) -> Part:
    """The share of the numbers of all synthetic tables that are found where they belong."""
    found = total = 0
    missed: list[str] = []
    for truth in truths:
        document = documents.get(truth.path.stem)
        tables = {table.label: table for table in document.tables} if document else {}
        for label, cells in truth.cells.items():
            lost = [cell for cell in cells if not holds(tables.get(label), cell)]
            found, total = found + len(cells) - len(lost), total + len(cells)
            missed += [f"{truth.path.stem}, {label}: {_said(cell)}" for cell in lost]
    more = [f"and {len(missed) - _MOST_SHOWN} more"] if len(missed) > _MOST_SHOWN else []
    return Part(
        "Numbers of result tables (synthetic papers)",
        (Goal(f"found with row and column, of {total}", share(found, total), least=1.0),),
        (*missed[:_MOST_SHOWN], *more),
        {"missed": missed},
    )


def holds(table: Table | None, cell: Cell) -> bool:
    """True where ``table`` has the cell's text in a row of its label, under all of its headers."""
    if table is None:
        return False
    heads, rows = table.rows[: table.header_rows], table.rows[table.header_rows :]
    for row in rows:
        if not _same(cell.row, row.cells[0] if row.cells else ""):
            continue
        for column, text in enumerate(row.cells):
            over = " ".join(head.cells[column] for head in heads if column < len(head.cells))
            if _same(text, cell.text) and all(name in over for name in cell.headers):
                return True
    return False


def _same(one: str, two: str) -> bool:
    return "".join(one.split()) == "".join(two.split())


def _said(cell: Cell) -> str:
    return f"{cell.text} of {cell.row!r} under {' / '.join(cell.headers)}"
