"""Where a quotation stands on its pages: a rectangle around its own words on each printed line.

Pure but for what ``strips_on`` reads. What cannot be fitted to the glyphs is marked by the boxes
that came with it, roughly; nothing here fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from digest.extract.equations import PLACEHOLDER
from digest.extract.fit import Fit, fit, normal
from digest.extract.paint import Rect
from digest.extract.printed import Glyph, Strip, around
from digest.records import Box, PageMark
from digest.words.numbers import numbers

_EDGE_PT = 1.5  # that a line may stand out of the box it was measured for
_GAP = 0.6  # between the cells of a row at least, in sizes; a space has a quarter to a third
_LOOSE = 3  # glyphs at the end of a line that belong to it: a hyphen, a footnote's mark

Place = tuple[int, Rect]
"""A page and a rectangle on it, in points."""
StripsOn = Callable[[int], Sequence[Strip]]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quotation and its figures stand. ``exact``: fitted to the glyphs, no rough boxes."""

    words: tuple[Place, ...]
    numbers: tuple[Place, ...]
    exact: bool


def find(mark: PageMark, strips_on: StripsOn) -> Found:
    """Find ``mark``; ``strips_on`` gives what is printed on a page by its number."""
    quote = mark.quote.replace(PLACEHOLDER, " " * len(PLACEHOLDER))
    for strips in _searched(mark, strips_on):
        fitted = fit(quote, [[glyph.text for glyph in strip.glyphs] for strip in strips])
        if fitted is not None and fitted.trusted:
            parts = _runs(fitted, strips) | _equations(mark, fitted, strips, strips_on)
            words = tuple(place for _, place in sorted(parts.items()))
            return Found(words, _figures(fitted, strips, quote, mark.numbers), True)
    return Found(tuple((b.page, (b.x0, b.y0, b.x1, b.y1)) for b in mark.boxes), (), False)


def _searched(mark: PageMark, strips_on: StripsOn) -> Iterable[Sequence[Strip]]:
    """What stands in the boxes of a mark, in their order; then all that stands on its pages."""
    inside = [strip for box in mark.boxes for strip in _inside(strips_on(box.page), box)]
    if mark.kind == "row":
        inside = [
            cell
            for box in mark.boxes
            for cell in _cells([_cut(strip, box) for strip in strips_on(box.page)])
        ]
    yield inside
    pages = sorted({mark.page, *(box.page for box in mark.boxes)})
    yield [strip for page in pages if page > 0 for strip in strips_on(page)]


def _inside(strips: Iterable[Strip], box: Box) -> list[Strip]:
    return [strip for strip in strips if _within(strip.box, box)]


def _within(inner: Rect, box: Box) -> bool:
    """Whether its middle is inside."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return (
        box.x0 - _EDGE_PT <= x <= box.x1 + _EDGE_PT and box.y0 - _EDGE_PT <= y <= box.y1 + _EDGE_PT
    )


# ---------------------------------------------------------------- rows of tables


def _cut(strip: Strip, box: Box) -> Strip:
    """The glyphs of a line that stand inside a row's box: a line may run on beside the table."""
    glyphs = tuple(glyph for glyph in strip.glyphs if _within(glyph.box, box))
    return Strip(strip.page, strip.box, glyphs, strip.turn)


def _cells(strips: Sequence[Strip]) -> list[Strip]:
    """The lines of one row, cut into columns, column by column: so a cell of two lines is whole."""
    turned = [strip for strip in strips if strip.glyphs and strip.turn]
    upright = [strip for strip in strips if strip.glyphs and not strip.turn]
    lines = max(turned, upright, key=lambda side: sum(len(strip.glyphs) for strip in side))
    if not lines:
        return []
    glyphs = sorted(_along(glyph.box, strip.turn) for strip in lines for glyph in strip.glyphs)
    gap = _GAP * min(_height(strip) for strip in lines)
    starts = [glyphs[0][0]]
    end = glyphs[0][1]
    for low, high in glyphs:
        if low - end > gap:
            starts.append(low)
        end = max(end, high)
    return [
        Strip(strip.page, around([g.box for g in part]), part, strip.turn)
        for low, high in zip(starts, [*starts[1:], float("inf")], strict=True)
        for strip in lines
        if (part := _between(strip, low, high))
    ]


def _between(strip: Strip, low: float, high: float) -> tuple[Glyph, ...]:
    return tuple(g for g in strip.glyphs if low <= _along(g.box, strip.turn)[0] < high)


def _along(box: Rect, turn: int) -> tuple[float, float]:
    """Where a glyph begins and ends in the direction of its line."""
    return {0: (box[0], box[2]), 1: (-box[3], -box[1]), 3: (box[1], box[3])}[turn]


def _height(strip: Strip) -> float:
    x0, y0, x1, y1 = strip.glyphs[0].box
    return x1 - x0 if strip.turn else y1 - y0


# ---------------------------------------------------------------- rectangles


def _runs(fitted: Fit, strips: Sequence[Strip]) -> dict[float, Place]:
    """One rectangle for each strip that holds a part of the quotation, by its index: from its first
    glyph to its last.
    """
    ends: dict[int, tuple[int, int]] = {}
    for at, k in filter(None, fitted.places):
        low, high = ends.get(at, (k, k))
        ends[at] = (min(low, k), max(high, k))
    places: dict[float, Place] = {}
    for at, (low, high) in ends.items():
        glyphs = strips[at].glyphs
        low = 0 if at > min(ends) and low <= _LOOSE else low
        high = len(glyphs) - 1 if at < max(ends) and len(glyphs) - 1 - high <= _LOOSE else high
        places[at] = (strips[at].page, around([g.box for g in glyphs[low : high + 1]]))
    return places


def _equations(
    mark: PageMark, fitted: Fit, strips: Sequence[Strip], strips_on: StripsOn
) -> dict[float, Place]:
    """One rectangle for each displayed equation between two lines of the quotation."""
    placed = [
        (source, place[0])
        for source, place in zip(fitted.sources, fitted.places, strict=True)
        if place is not None
    ]
    places: dict[float, Place] = {}
    for match in re.finditer(re.escape(PLACEHOLDER), mark.quote):
        before = [at for source, at in placed if source < match.start()]
        after = [at for source, at in placed if source >= match.end()]
        if before and after and before[-1] < after[0]:
            above, below = strips[before[-1]], strips[after[0]]
            if boxes := _boxes_between(strips_on(above.page), above, below):
                places[before[-1] + 0.5] = (above.page, around(boxes))
    return places


def _boxes_between(order: Sequence[Strip], above: Strip, below: Strip) -> list[Rect]:
    """Where the lines stand that are read between two of one column."""
    known = {id(strip): k for k, strip in enumerate(order)}
    first, last = known.get(id(above), 0), known.get(id(below), 0)
    if above.page != below.page or above.box[1] > below.box[1]:
        return []
    return [strip.box for strip in order[first + 1 : last]]


def _figures(
    fitted: Fit, strips: Sequence[Strip], quote: str, wanted: Sequence[str]
) -> tuple[Place, ...]:
    """The rectangles of the ``wanted`` figures of a quotation; of each, all that are printed."""
    spans = {span for number in wanted for span in _spans(quote, number)}
    places: list[Place] = []
    for start, end in sorted(spans):
        rows: dict[int, list[Rect]] = {}
        for place, source in zip(fitted.places, fitted.sources, strict=True):
            if place is not None and start <= source < end:
                rows.setdefault(place[0], []).append(strips[place[0]].glyphs[place[1]].box)
        places += [(strips[at].page, around(boxes)) for at, boxes in sorted(rows.items())]
    return tuple(places)


def _spans(quote: str, number: str) -> list[tuple[int, int]]:
    """Where a figure stands in a quotation: as a number of it, else as a word of its own."""
    wanted = normal(number)
    if not wanted:
        return []
    known = [(n.start, n.end) for n in numbers(quote) if normal(n.text) == wanted]
    if known:
        return known
    own = re.compile(rf"(?<!\w)(?<!\d[.,]){re.escape(number.strip())}(?!\w|[.,]\d)", re.IGNORECASE)
    return [match.span() for match in own.finditer(quote)]
