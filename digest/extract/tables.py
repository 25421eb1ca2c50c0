"""Tables: which part of a page a caption labels, and its rows as records.

PyMuPDF's ``find_tables`` needs 0.4 s a page and misses tables without vertical rules, which is how
papers print them. Here the rules that stand at a caption, or the rows of wide gaps next to it,
bound the table; ``grid`` reads the cells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from digest.extract.captions import Caption
from digest.extract.chunks import Band, bands
from digest.extract.glyphs import clean
from digest.extract.grid import Grid, grid_of
from digest.extract.lines import Line
from digest.extract.paint import Rect
from digest.extract.sheet import Rule, Sheet, Word, sheet_of
from digest.records import Box, Row, Table

_REACH_PT = 45.0  # between a caption and its table: spacing and a line of notes
_EDGE_PT = 8.0  # the rules of one table begin and end within this
_HEAD_PT = 13.0  # a row of names above the first rule
_TALLEST_PT = 720.0  # between two rules of one table: a whole page of letter paper


def read_tables(
    page: Any, captions: Sequence[Caption], hidden: Collection[Rect], first: int
) -> list[Table]:
    """The captioned tables of one page, in the order of their captions.

    Args:
        page: The page, open in PyMuPDF.
        captions: All its captions: those of figures bound tables, too.
        hidden: Boxes of the text that a reader does not see; it is in no cell.
        first: Number of the first table, for the ids of its rows: ``t<first>.r1``.
    """
    sheet = sheet_of(page, hidden, (1.0, 0.0))
    lines = [_up_to_rule(caption, sheet) for caption in captions]
    boxes = [_box_of(own) for own in lines]
    grids = _dealt(sheet, boxes, [at for at, c in enumerate(captions) if c.kind == "table"])
    found: list[Table] = []
    for at, caption in enumerate(captions):
        if caption.kind != "table":
            continue
        grid = grids.get(at)
        text = clean(" ".join(line.text for line in lines[at]))
        rows = _rows(caption.page, grid, sheet, first + len(found))
        head = grid.header_rows if grid else 1
        found.append(Table(caption.label, caption.page, rows, text, head))
    return found


def _up_to_rule(caption: Caption, sheet: Sheet) -> list[Line]:
    """The caption's lines above the table's first rule: what stands beneath it is its header."""
    kept = caption.lines[:1]
    for line in caption.lines[1:]:
        foot, middle = kept[-1].y1 - 2, (line.y0 + line.y1) / 2
        if any(
            foot < rule.y < middle and rule.x0 < line.x1 and rule.x1 > line.x0
            for rule in sheet.rules
        ):
            break
        kept.append(line)
    return kept


def _box_of(lines: Sequence[Line]) -> Rect:
    return (
        min(line.x0 for line in lines),
        min(line.y0 for line in lines),
        max(line.x1 for line in lines),
        max(line.y1 for line in lines),
    )


def _rows(page: int, grid: Grid | None, sheet: Sheet, number: int) -> tuple[Row, ...]:
    if grid is None:
        return ()
    return tuple(
        Row(f"t{number}.r{k}", cells, Box(page, *(round(v, 1) for v in sheet.box(box))))
        for k, (cells, box) in enumerate(zip(grid.cells, grid.boxes, strict=True), start=1)
    )


class _Place(NamedTuple):
    """Where the table of the caption ``at`` may be; the nearest place with rules is the best."""

    bare: bool  # without rules
    gap: float  # to the caption
    at: int
    span: Rect
    grid: Grid


def _dealt(sheet: Sheet, boxes: Sequence[Rect], tables: Sequence[int]) -> dict[int, Grid]:
    """The table of each caption, by the caption's place in ``boxes``.

    Where two captions stand next to one table, it is that of the nearer one.
    """
    places: list[_Place] = []
    for at in tables:
        others = [*boxes[:at], *boxes[at + 1 :]]
        ruled = _places(sheet, boxes, at, _ruled_spans(sheet, boxes[at], others))
        bare = [] if ruled else _bare_spans(sheet, boxes[at], others)
        places += ruled + [p._replace(bare=True) for p in _places(sheet, boxes, at, bare)]
    dealt: dict[int, _Place] = {}
    for place in sorted(places, key=lambda p: p[:4]):
        if place.at not in dealt and not any(_share(place.span, p.span) for p in dealt.values()):
            dealt[place.at] = place
    return {at: place.grid for at, place in dealt.items()}


def _places(
    sheet: Sheet, boxes: Sequence[Rect], at: int, spans: Sequence[tuple[float, Rect]]
) -> list[_Place]:
    grids = [(gap, span, _table_in(sheet, span, boxes)) for gap, span in spans]
    return [_Place(False, gap, at, span, grid) for gap, span, grid in grids if grid is not None]


def _share(a: Rect, b: Rect) -> bool:
    """Whether two boxes have more in common than an edge."""
    return min(a[2], b[2]) - max(a[0], b[0]) > 4 and min(a[3], b[3]) - max(a[1], b[1]) > 4


def _table_in(sheet: Sheet, span: Rect, captions: Sequence[Rect]) -> Grid | None:
    """The table in a box, with the row that may stand above its first rule.

    That is the names of the columns, or the title of the first group of rows where others follow.
    """
    grid = _grid(sheet, span, captions)
    if grid is None or (grid.header_rows and not grid.titles):
        return grid
    taller = _grid(sheet, (span[0], span[1] - _HEAD_PT, *span[2:]), captions)
    if taller is None or len(taller.cells[0]) != len(grid.cells[0]):
        return grid
    better = taller.header_rows and (not grid.header_rows or taller.titles > grid.titles)
    return taller if better else grid


def _grid(sheet: Sheet, span: Rect, captions: Sequence[Rect]) -> Grid | None:
    words = [word for word in _within(sheet.words, span) if not _inside(word, captions)]
    rules = [r for r in sheet.rules if span[1] - 3 <= r.y <= span[3] + 3 and _over(r, span)]
    strokes = [s for s in sheet.strokes if span[0] - 3 <= s.x <= span[2] + 3]
    return grid_of(words, rules, strokes)


def _within(words: Sequence[Word], box: Rect) -> list[Word]:
    return [
        word
        for word in words
        if box[0] - 4 <= (word.x0 + word.x1) / 2 <= box[2] + 4
        and box[1] - 1 <= (word.y0 + word.y1) / 2 <= box[3] + 1
    ]


def _inside(word: Word, boxes: Sequence[Rect]) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes)


def _over(rule: Rule, box: Rect) -> bool:
    return rule.x0 < box[2] and rule.x1 > box[0]


def _ruled_spans(sheet: Sheet, caption: Rect, others: Sequence[Rect]) -> list[tuple[float, Rect]]:
    """The boxes between the first and the last of the aligned rules next to a caption.

    With each, how far it is from the caption.
    """
    found: list[tuple[float, Rect]] = []
    for up in (False, True):
        opening = _opening(sheet, caption, up)
        if opening is None:
            continue
        closing = _closing(sheet, opening, others, up)
        if closing is None:
            continue
        gap = caption[1] - opening.y if up else opening.y - caption[3]
        closing = _beyond(sheet, opening, closing, others, up)
        low, high = sorted((opening.y, closing.y))
        x0, x1 = min(opening.x0, closing.x0), max(opening.x1, closing.x1)
        found.append((gap, (x0, low, x1, high)))
    return found


def _opening(sheet: Sheet, caption: Rect, up: bool) -> Rule | None:
    """The nearest rule on one side of a caption that may begin its table."""
    reach = [
        rule
        for rule in sheet.rules
        if -3 <= (caption[1] - rule.y if up else rule.y - caption[3]) <= _REACH_PT
        and _shares(rule, caption)
        and rule.x1 - rule.x0 > 40
    ]
    if not reach:
        return None
    return max(reach, key=lambda r: r.y) if up else min(reach, key=lambda r: r.y)


def _shares(rule: Rule, caption: Rect) -> bool:
    """Caption and rule stand over each other by half of the narrower one."""
    shared = min(rule.x1, caption[2]) - max(rule.x0, caption[0])
    return shared > 0.5 * min(rule.x1 - rule.x0, caption[2] - caption[0])


def _closing(sheet: Sheet, opening: Rule, others: Sequence[Rect], up: bool) -> Rule | None:
    """The furthest rule that is aligned with the first, with no caption or prose between."""
    ahead = [r for r in sheet.rules if (r.y < opening.y - 4 if up else r.y > opening.y + 4)]
    last, closing = opening, None
    for rule in sorted(ahead, key=lambda r: -r.y if up else r.y):
        aligned = abs(rule.x0 - opening.x0) < _EDGE_PT and abs(rule.x1 - opening.x1) < _EDGE_PT
        if not aligned:
            continue
        low, high = sorted((last.y, rule.y))
        if high - low > _TALLEST_PT or _cut(sheet, opening, (low, high), others):
            break
        last = closing = rule
    return closing


def _beyond(sheet: Sheet, opening: Rule, closing: Rule, others: Sequence[Rect], up: bool) -> Rule:
    """The shorter rules over the heads of some columns that stand a few rows above the rest."""
    for rule in sorted(sheet.rules, key=lambda rule: -rule.y) if up else ():
        inside = opening.x0 + 20 < rule.x0 and rule.x1 < opening.x1 + _EDGE_PT
        long = rule.x1 - rule.x0 > 0.25 * (opening.x1 - opening.x0)
        near = 4 < closing.y - rule.y < _REACH_PT
        if inside and long and near and not _cut(sheet, opening, (rule.y, closing.y), others):
            closing = Rule(opening.x0, rule.y, opening.x1)
    return closing


def _cut(sheet: Sheet, opening: Rule, between: tuple[float, float], others: Sequence[Rect]) -> bool:
    """Whether a caption stands between two heights, or text that runs over the rules' ends."""
    low, high = between
    for box in others:
        if low < (box[1] + box[3]) / 2 < high and box[0] < opening.x1 and box[2] > opening.x0:
            return True
    crossing = {
        round(word.base)
        for word in sheet.words
        if low < word.base < high
        and (word.x0 < opening.x0 - 2 < word.x1 - 2 or word.x0 + 2 < opening.x1 + 2 < word.x1)
    }
    return len(crossing) > 1


def _bare_spans(sheet: Sheet, caption: Rect, others: Sequence[Rect]) -> list[tuple[float, Rect]]:
    """The rows of wide gaps below a caption and above it, and how far they are from it."""
    spans = [_grown(sheet, caption, others, up) for up in (False, True)]
    return [
        (caption[1] - span[3] if up else span[1] - caption[3], span)
        for up, span in enumerate(spans)
        if span is not None
    ]


def _grown(sheet: Sheet, caption: Rect, others: Sequence[Rect], up: bool) -> Rect | None:
    """The box of the rows on one side; None with under two rows of several chunks."""
    column = _column(sheet, caption)
    words = [
        word
        for word in sheet.words
        if column[0] <= (word.x0 + word.x1) / 2 <= column[1]
        and (word.base < caption[1] if up else word.base > caption[3])
        and not _inside(word, others)
    ]
    rows = bands(words, sheet.strokes)
    edge = caption[1] if up else caption[3]
    inside: list[Band] = []
    for band in reversed(rows) if up else rows:
        gap = edge - band.box[3] if up else band.box[1] - edge
        if gap > (3.5 if inside else 4.0) * band.size or _is_prose(band, column):
            break
        inside.append(band)
        edge = band.box[1] if up else band.box[3]
    while inside and len(inside[-1].chunks) < 2:
        inside.pop()
    many = sum(len(band.chunks) > 1 for band in inside)
    if many < 2 or many < 0.4 * len(inside):
        return None
    boxes = [band.box for band in inside]
    return (
        min(b[0] for b in boxes), min(b[1] for b in boxes),
        max(b[2] for b in boxes), max(b[3] for b in boxes),
    )  # fmt: skip


def _column(sheet: Sheet, caption: Rect) -> tuple[float, float]:
    """The half of the page that the caption stands in, or all of it."""
    middle = sheet.width / 2
    if caption[2] < middle + 12:
        return 0.0, middle
    if caption[0] > middle - 12:
        return middle, sheet.width
    return 0.0, sheet.width


def _is_prose(band: Band, column: tuple[float, float]) -> bool:
    """A row of one chunk that is long, or of two that are a justified line with a wide space."""
    words = sum(len(chunk.words) for chunk in band.chunks)
    width = band.box[2] - band.box[0]
    return len(band.chunks) <= 2 and words >= 7 and width > 0.42 * (column[1] - column[0])
