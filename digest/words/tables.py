"""A table's row as a sentence that can be cited: where it stands, what it is about, each value.

Pure. Cells come out verbatim; only the words between them are ours.
"""

from __future__ import annotations

import re
from itertools import takewhile

from digest.records import Row, Table

_VALUE = re.compile(r"\(?[<>≈~±−–+-]?\s?[\d.,]*\d|[-–—−]+$|n/?a$", re.IGNORECASE)
_LONGEST_GROUP_CHARS = 120


def is_value(cell: str) -> bool:
    """True for a number with or without marks, a dash, "n/a"."""
    return _VALUE.match(cell) is not None


def row_text(table: Table, row: Row) -> str:
    """A body row in the form "Table 2: DLD, n=2, WER 9.3".

    The label of the table; the group that the row stands in, where a row above names one; the cells
    that name the row; then each value behind the name of its column. Empty cells are left out.
    Empty where the row is a header or holds no value.
    """
    at = next((k for k, other in enumerate(table.rows) if other.id == row.id), -1)
    if at < table.header_rows or not has_values(row):
        return ""
    names = column_names(table)
    stub = list(takewhile(lambda k: not is_value(row.cells[k]), range(len(row.cells))))
    parts = [group_of(table, at)] + [_named(table, at, k, names) for k in stub]
    for k in range(len(stub), len(row.cells)):
        if row.cells[k]:
            parts.append(f"{names[k]} {row.cells[k]}".strip())
    return f"{table.label}: " + ", ".join(part for part in parts if part)


def has_values(row: Row) -> bool:
    """True where the row says something besides its name."""
    return any(is_value(cell) for cell in row.cells[1:])


def column_names(table: Table) -> tuple[str, ...]:
    """The name of each column, from the top header row to the lowest, without repetition."""
    width = max((len(row.cells) for row in table.rows), default=0)
    names = []
    for k in range(width):
        parts: list[str] = []
        for row in table.rows[: table.header_rows]:
            cell = row.cells[k] if k < len(row.cells) else ""
            if cell and cell not in parts:
                parts.append(cell)
        names.append(" ".join(parts))
    return tuple(names)


def group_of(table: Table, at: int) -> str:
    """The label over a group of rows: the nearest row above ``at`` that holds nothing else."""
    for row in reversed(table.rows[table.header_rows : at]):
        filled = [cell for cell in row.cells if cell]
        if len(filled) == 1 and len(row.cells) > 1 and not is_value(filled[0]):
            return filled[0] if len(filled[0]) <= _LONGEST_GROUP_CHARS else ""
    return ""


def _named(table: Table, at: int, column: int, names: tuple[str, ...]) -> str:
    """A cell that names the row; an empty one under a cell that stands for several rows is that.

    Not where the first row of the body has none: labels are centred beside their rows there, and
    the one above may be another group's.
    """
    cell = table.rows[at].cells[column]
    if cell or column + 1 >= len(names) or not table.rows[table.header_rows].cells[column]:
        return cell
    beside = table.rows[at].cells[column + 1]
    if is_value(beside) or not beside:
        return ""
    for row in reversed(table.rows[table.header_rows : at]):
        above = row.cells[column]
        if above and sum(bool(c) for c in row.cells) > 1:
            return above if not is_value(above) else ""
        if above:
            return ""
    return ""
