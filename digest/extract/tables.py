"""The cells of a table, from its words and the white rivers between its columns.

PyMuPDF's ``find_tables`` needs 0.4 s a page and misses tables without vertical rules, which is how
papers print them; words and their gaps need neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.extract.glyphs import clean
from digest.records import Row

Word = tuple[float, float, float, float, str]  # x0, y0, x1, y1, text

_RIVER_PT = 3.0  # narrowest gap between two columns; word gaps at 7-10 pt are under it
_CROSSED = 0.12  # of the rows that a river may cut: headers that span columns


def table_rows(words: Sequence[Word], table: int) -> tuple[Row, ...]:
    """Rows top to bottom, cells left to right; ids ``t<table>.r1``. Empty where there is none."""
    rows = _grouped(words)
    rivers = _rivers(rows)
    if len(rows) < 2 or not rivers:
        return ()
    return tuple(
        Row(f"t{table}.r{number}", _cells(row, rivers)) for number, row in enumerate(rows, start=1)
    )


def _grouped(words: Sequence[Word]) -> list[list[Word]]:
    """Words of one height together; a word joins the row whose middle it covers."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w[1] + w[3]) / 2):
        middle = (word[1] + word[3]) / 2
        if rows and abs(_middle(rows[-1]) - middle) < 0.45 * (word[3] - word[1]):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row) for row in rows]


def _middle(row: Sequence[Word]) -> float:
    return sum((word[1] + word[3]) / 2 for word in row) / len(row)


def _rivers(rows: Sequence[Sequence[Word]]) -> list[float]:
    """The x in the middle of each vertical gap that hardly any row covers."""
    if not rows:
        return []
    left = min(word[0] for row in rows for word in row)
    right = max(word[2] for row in rows for word in row)
    allowed = int(_CROSSED * len(rows))
    covered = [0] * (int((right - left) * 2) + 2)
    for row in rows:
        for x0, x1 in _runs(row):
            for k in range(int((x0 - left) * 2), int((x1 - left) * 2) + 1):
                covered[k] += 1
    rivers, start = [], None
    for k, count in enumerate([*covered, len(rows)]):
        if count <= allowed and start is None:
            start = k
        elif count > allowed and start is not None:
            if start > 0 and (k - start) / 2 >= _RIVER_PT:
                rivers.append(left + (start + k) / 4)
            start = None
    return rivers


def _runs(row: Sequence[Word]) -> list[tuple[float, float]]:
    """Stretches of a row without a gap wider than a word space."""
    runs: list[tuple[float, float]] = []
    for word in row:
        space = 0.32 * (word[3] - word[1])
        if runs and word[0] - runs[-1][1] < space:
            runs[-1] = (runs[-1][0], max(runs[-1][1], word[2]))
        else:
            runs.append((word[0], word[2]))
    return runs


def _cells(row: Sequence[Word], rivers: Sequence[float]) -> tuple[str, ...]:
    cells: list[list[str]] = [[] for _ in range(len(rivers) + 1)]
    for word in row:
        middle = (word[0] + word[2]) / 2
        cells[sum(middle > x for x in rivers)].append(clean(word[4]))
    return tuple(" ".join(cell).strip() for cell in cells)
