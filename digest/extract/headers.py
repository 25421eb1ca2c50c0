"""Which rows of a table name its columns, and which columns each name stands over. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.extract.chunks import Band, Chunk, values_in
from digest.extract.sheet import Rule

_DECIMAL = re.compile(r"\d\.\d")
_MOST_HEADER_ROWS = 6
_FULL = 0.8  # of a table's width: a rule as wide ends the header, a shorter one groups columns


def header_rows(rows: Sequence[Band], rules: Sequence[Rule], columns: int) -> int:
    """How many rows name the columns: those above the first full rule inside, else those
    without values at the top; at least one where the first row holds no value.
    """
    x0, x1 = min(b.box[0] for b in rows), max(b.box[2] for b in rows)
    levels = [
        rule.y
        for rule in rules
        if rule.x1 - rule.x0 >= _FULL * (x1 - x0) and rows[0].base < rule.y < rows[-1].base - 2
    ]
    for y in levels:
        above = sum(band.base < y for band in rows)
        if above <= _MOST_HEADER_ROWS and not _valued(rows[:above], columns):
            return _further(rows, levels, above, columns)
        break
    head = 0
    while head < min(_MOST_HEADER_ROWS, len(rows) - 1) and not values_in(rows[head]):
        head += 1
    mostly = sum(values_in(band) > 0 for band in rows) > 0.4 * len(rows)
    if not mostly:
        return 1
    return max(head, 0) if head else int(values_in(rows[0]) < 0.5 * len(rows[0].chunks))


def _valued(rows: Sequence[Band], columns: int) -> bool:
    """A header may hold numbers (years, sizes, shares), but no row of decimals beside a name."""
    return any(
        sum(_DECIMAL.search(chunk.text) is not None for chunk in band.chunks)
        >= max(1.0, 0.5 * (columns - 1))
        and (band.chunks[0].columns[0] == 0 or values_in(band) < len(band.chunks))
        for band in rows
    )


def _further(rows: Sequence[Band], levels: Sequence[float], above: int, columns: int) -> int:
    """Up to the second full rule where what lies between holds no value and no stub.

    A stub does no harm where every column has its name in that row and all below are of values.
    """
    for y in levels[1:2]:
        more = sum(band.base < y for band in rows)
        between, body = rows[above:more], [band for band in rows[more:] if len(band.chunks) > 1]
        bare = all(not values_in(b) and b.chunks[0].columns[0] > 0 for b in between)
        numeric = sum(values_in(b) >= len(b.chunks) - 1 for b in body) >= max(2.0, 0.8 * len(body))
        full = all(not values_in(b) and len(b.chunks) == columns for b in between)
        named = bare or (full and numeric)
        if between and named and more <= _MOST_HEADER_ROWS and more < len(rows):
            return more
    return above


def header_cells(
    rows: Sequence[Band],
    at: int,
    head: int,
    columns: Sequence[tuple[float, float]],
    rules: Sequence[Rule],
) -> list[str]:
    """A header row: a cell over several columns stands in each of them."""
    cells = [""] * len(columns)
    spans = _spans(rows, at, head, columns, rules)
    for chunk, (first, last) in zip(rows[at].chunks, spans, strict=True):
        for k in range(first, last + 1):
            cells[k] = f"{cells[k]} {chunk.text}".strip()
    return cells


def _spans(
    rows: Sequence[Band],
    at: int,
    head: int,
    columns: Sequence[tuple[float, float]],
    rules: Sequence[Rule],
) -> list[tuple[int, int]]:
    """Which columns each chunk of a header row names.

    By the short rule that groups them beneath it; else, where the next header row has cells that
    this one has not, those that lie nearest to it. In the last of them, by where it is centred.
    """
    band = rows[at]
    if at + 1 >= head:  # the rule beneath the last of them parts it from the body
        return _centred(rows[:head], columns)
    beneath_y = next((b.base for b in rows[at + 1 : head] if len(b.chunks) > 1), rows[at + 1].base)
    groups = [r for r in rules if band.base - 1 < r.y < beneath_y - 0.3 * band.size]
    own = [_grouped(chunk, groups, columns) or chunk.columns for chunk in band.chunks]
    if any(_grouped(chunk, groups, columns) for chunk in band.chunks):
        return own
    beneath = {k for c in rows[at + 1].chunks for k in range(c.columns[0], c.columns[1] + 1)}
    wide = [
        n for n, (first, last) in enumerate(own) if last and set(range(first, last + 1)) & beneath
    ]
    free = sorted(beneath - {0} - {k for n, span in enumerate(own) if n not in wide for k in span})
    if wide and free:
        shares = _shares([band.chunks[n].middle for n in wide], free, columns)
        for n, share in zip(wide, shares, strict=True):
            own[n] = share
    return own


def _centred(
    header: Sequence[Band], columns: Sequence[tuple[float, float]]
) -> list[tuple[int, int]]:
    """A name that reaches over a column without one, and is centred over both, is that one's, too.

    For the last row of ``header``.
    """
    named = {k for b in header for c in b.chunks for k in range(c.columns[0], c.columns[1] + 1)}
    found = []
    for chunk in header[-1].chunks:
        first, last = chunk.columns
        for k in {first - 1, last + 1} & set(range(1, len(columns))) - named:
            low, high = min(first, k), max(last, k)
            reaches = chunk.x0 < columns[k][1] and chunk.x1 > columns[k][0]
            off = abs(chunk.middle - (columns[low][0] + columns[high][1]) / 2)
            if reaches and off < abs(chunk.middle - (columns[first][0] + columns[last][1]) / 2):
                first, last = low, high
                break
        found.append((first, last))
    return found


def _shares(
    middles: Sequence[float], free: Sequence[int], columns: Sequence[tuple[float, float]]
) -> list[tuple[int, int]]:
    """Columns dealt out from left to right, so that each name stands in the middle of its own.

    A column that no name has costs as much as a name that is one type size off.
    """
    best: list[dict[int, tuple[float, list[tuple[int, int]]]]] = [{0: (0.0, [])}]
    for middle in middles:
        now: dict[int, tuple[float, list[tuple[int, int]]]] = {}
        for start, (cost, spans) in best[-1].items():
            for first in range(start, len(free)):
                for last in range(first, len(free)):
                    centre = (columns[free[first]][0] + columns[free[last]][1]) / 2
                    total = cost + 10.0 * (first - start) + abs(centre - middle)
                    if last + 1 not in now or total < now[last + 1][0]:
                        now[last + 1] = (total, [*spans, (free[first], free[last])])
        best.append(now)
    ends = [(cost + 10.0 * (len(free) - end), spans) for end, (cost, spans) in best[-1].items()]
    return min(ends)[1] if ends else [(free[0], free[0])] * len(middles)


def _grouped(
    chunk: Chunk, groups: Sequence[Rule], columns: Sequence[tuple[float, float]]
) -> tuple[int, int] | None:
    width = columns[-1][1] - columns[0][0]
    for rule in groups:
        if rule.x0 - 2 <= chunk.middle <= rule.x1 + 2 and rule.x1 - rule.x0 < _FULL * width:
            under = [
                k for k, (x0, x1) in enumerate(columns)
                if rule.x0 - 2 <= (x0 + x1) / 2 <= rule.x1 + 2
            ]  # fmt: skip
            if under:
                return min(under[0], chunk.columns[0]), max(under[-1], chunk.columns[1])
    return None
