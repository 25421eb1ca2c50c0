"""Chunks of one table put into cells: what spans columns, what wraps, what labels a group. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.extract.chunks import Band, Chunk, bands, columns_of, settled
from digest.extract.headers import header_cells, header_rows
from digest.extract.paint import Rect
from digest.extract.sheet import Rule, Stroke, Word
from digest.words.tables import is_value


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of as many cells each, with their boxes; the first ``header_rows`` name the columns.

    ``titles``: how many of the others are no more than a title, centred over the whole table.
    """

    cells: tuple[tuple[str, ...], ...]
    boxes: tuple[Rect, ...]
    header_rows: int
    titles: int = 0


def grid_of(words: Sequence[Word], rules: Sequence[Rule], strokes: Sequence[Stroke]) -> Grid | None:
    """The table that ``words`` make; None where they make none (one row or one column)."""
    rows = settled(bands(words, strokes))
    columns = columns_of(rows)
    if len(rows) < 2 or len(columns) < 2:
        return None
    for band in rows:
        for chunk in band.chunks:
            chunk.columns = _span(chunk, columns)
    titles = [k for k, band in enumerate(rows) if k and _is_title(band, columns)]
    first = rows[0] if titles and _is_title(rows[0], columns) else None
    head = header_rows(rows[1:] if first else rows, rules, len(columns))
    if first is not None:  # it stands above the names of the columns, which are those of all groups
        rows[: head + 1] = [*rows[1 : head + 1], first]
        titles.append(head)
    titles = [k for k in titles if k >= head]
    for k in titles:
        rows[k].chunks[0].columns = (0, 0)
    cells = [header_cells(rows, k, head, columns, rules) for k in range(head)]
    cells += [_cells(band, len(columns)) for band in rows[head:]]
    boxes = [band.box for band in rows]
    cells, boxes = _unwrapped((cells, boxes), head, rows, columns, rules)
    _lift_labels(cells, boxes, head, [r for r in rules if r.x0 <= columns[0][1]])
    return Grid(tuple(tuple(row) for row in cells), tuple(boxes), head, len(titles))


def _is_title(band: Band, columns: Sequence[tuple[float, float]]) -> bool:
    """A row of one name in the middle of the table, and not in that of the column beneath."""
    chunk = band.chunks[0]
    x0, x1 = columns[chunk.columns[0]][0], columns[chunk.columns[1]][1]
    near = 0.04 * (columns[-1][1] - columns[0][0])
    return (
        len(band.chunks) == 1
        and chunk.columns[1] > 0
        and not is_value(chunk.text)
        and abs(chunk.middle - (columns[0][0] + columns[-1][1]) / 2) < near
        and abs(chunk.middle - (x0 + x1) / 2) > 0.5 * band.size < abs(chunk.x0 - x0)
    )


def _span(chunk: Chunk, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    over = [
        k for k, (x0, x1) in enumerate(columns)
        if min(chunk.x1, x1) - max(chunk.x0, x0) > min(0.5 * (x1 - x0), 0.3 * (chunk.x1 - chunk.x0))
    ]  # fmt: skip
    if over:
        return over[0], over[-1]
    nearest = min(
        range(len(columns)), key=lambda k: abs((columns[k][0] + columns[k][1]) / 2 - chunk.middle)
    )
    return nearest, nearest


def _cells(band: Band, count: int) -> list[str]:
    """A body row: what spans columns stands in the first of them."""
    cells = [""] * count
    for chunk in band.chunks:
        first = chunk.columns[0]
        cells[first] = f"{cells[first]} {chunk.text}".strip()
    return cells


def _unwrapped(
    table: tuple[list[list[str]], list[Rect]],
    head: int,
    rows: Sequence[Band],
    columns: Sequence[tuple[float, float]],
    rules: Sequence[Rule],
) -> tuple[list[list[str]], list[Rect]]:
    """Rows that only go on with cells which did not fit into their column, joined to those."""
    cells, boxes = table
    joined_cells, joined_boxes = cells[:head], boxes[:head]
    opened = head  # the row that begins what the next one may go on with
    for k in range(head, len(rows)):
        fewer = len(rows[k].chunks) < len(rows[opened].chunks)
        if k > head and fewer and _continues(rows, k, columns, rules):
            joined_cells[-1] = [
                _joined(a, b) for a, b in zip(joined_cells[-1], cells[k], strict=True)
            ]
            joined_boxes[-1] = _around(joined_boxes[-1], boxes[k])
        else:
            opened = k
            joined_cells.append(cells[k])
            joined_boxes.append(boxes[k])
    return joined_cells, joined_boxes


def _lift_labels(
    cells: list[list[str]], boxes: Sequence[Rect], head: int, rules: Sequence[Rule]
) -> None:
    """A label centred beside the rows of one group, between rules, is put to the first of them."""
    wide = 0.5 * (max(b[2] for b in boxes) - min(b[0] for b in boxes))
    levels = [rule.y for rule in rules if rule.x1 - rule.x0 > wide]
    start = head
    for k in range(head + 1, len(cells) + 1):
        middle = (boxes[k - 1][1] + boxes[k - 1][3]) / 2
        ends = k == len(cells) or any(middle < y < (boxes[k][1] + boxes[k][3]) / 2 for y in levels)
        if not ends:
            continue
        named = [n for n in range(start, k) if cells[n][0]]
        if len(named) == 1 and named[0] > start:
            cells[start][0], cells[named[0]][0] = cells[named[0]][0], ""
        start = k


def _joined(above: str, below: str) -> str:
    if re.search(r"[a-z]-$", above) and below[:1].islower():
        return above[:-1] + below
    return f"{above} {below}".strip()


def _continues(
    rows: Sequence[Band], k: int, columns: Sequence[tuple[float, float]], rules: Sequence[Rule]
) -> bool:
    """Each cell of the row stands close under a cell of text that its first word did not fit.

    Over a rule no cell goes on.
    """
    above, band = rows[k - 1], rows[k]
    if any(_parts(rule, above, band) for rule in rules):
        return False
    if band.base - above.base > 1.45 * band.size:
        return False
    over = {chunk.columns[0]: chunk for chunk in above.chunks}
    for chunk in band.chunks:
        first, last = chunk.columns
        before = over.get(first)
        value = before is not None and is_value(before.text) and len(before.words) < 5
        if before is None or value or first != last:
            return False
        if chunk.x0 > columns[first][1]:
            return False
        # Under a name that is not set on the left stands a title as often as its second line.
        left = first > 0 or abs(chunk.x0 - before.x0) < 0.5 * band.size
        room = columns[first][1] - (before.x1 if left else columns[first][0] + before.width)
        word = chunk.words[0]
        if word.x1 - word.x0 + 0.25 * word.size < room and not before.text.endswith("-"):
            return False
    return True


def _parts(rule: Rule, above: Band, band: Band) -> bool:
    """Whether a rule that is as long as the lower row stands between two rows."""
    if not above.base < rule.y < band.base - 0.3 * band.size:
        return False
    return rule.x0 <= band.chunks[0].x0 + 1 and rule.x1 >= band.chunks[-1].x1 - 1


def _around(a: Rect, b: Rect) -> Rect:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
