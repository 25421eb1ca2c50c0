"""What is printed on a page, glyph by glyph, in the order in which it is read.

The same steps as the reader's, on the same text, so that a quotation is found in the order in which
it was read; hidden text is left out as there. Boxes are in points of the page as it is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

from digest.extract import pdf
from digest.extract.hidden import is_ocr_layer, part_unseen
from digest.extract.lines import fragments
from digest.extract.page import printed_lines
from digest.extract.paint import Rect, painting

# How far type reaches above and below its baseline, in sizes; a font's own box may be any size.
_ABOVE, _BELOW = 0.76, 0.24
_MARGIN = 0.35  # that raised and lowered glyphs may add to the height of their line, in sizes


class Glyph(NamedTuple):
    """One character. ``box``: its advance wide, as high as its type."""

    text: str
    box: Rect


@dataclass(frozen=True, slots=True)
class Strip:
    """Glyphs that stand in one row, in order: a printed line, or a part of one.

    ``turn``: quarter turns clockwise that would make it upright, 0, 1 or 3.
    """

    page: int
    box: Rect
    glyphs: tuple[Glyph, ...]
    turn: int = 0


def strips_of(document: Any, number: int) -> list[Strip]:
    """The lines of page ``number`` (1-based), then those set sideways; none where it is broken."""
    raw = pdf.read_page(document, number)
    if raw.page is None:
        return []
    raw.blocks = pdf.glyph_blocks(raw.page)
    painted = painting(raw.page)
    visible, unseen = part_unseen(raw.page, raw.blocks, raw.bounds, painted)
    if unseen and _is_scan(document, raw, unseen):
        visible = raw.blocks
    parts, _ = fragments(visible)
    upright = [
        _strip(number, [span for part in row for span in part.spans], 0)
        for _, row in printed_lines(parts, raw, painted)
    ]
    return [strip for strip in (*upright, *_sideways(number, visible)) if strip.glyphs]


def _is_scan(document: Any, raw: pdf.RawPage, unseen: Sequence[Any]) -> bool:
    images = pdf.image_boxes(document, raw.number)
    covered = sum(max(0.0, x1 - x0) * max(0.0, y1 - y0) for x0, y0, x1, y1 in images)
    chars = sum(len(span["text"].strip()) for span in _spans(raw.blocks))
    return is_ocr_layer(unseen, chars, min(1.0, covered / max(1.0, raw.width * raw.height)))


def _spans(blocks: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for block in blocks:
        for line in block.get("lines", ()):
            yield from line["spans"]


def _sideways(number: int, blocks: Iterable[dict[str, Any]]) -> list[Strip]:
    """Lines that are read from below or from above; those at a slant are passed over."""
    found = []
    for block in blocks:
        for line in block.get("lines", ()):
            _, y = line["dir"]
            if abs(y) > 0.99:
                found.append(_strip(number, line["spans"], 1 if y < 0 else 3))
    return found


def _strip(page: int, spans: Sequence[dict[str, Any]], turn: int) -> Strip:
    glyphs = [
        Glyph(char["c"], _box(char, span["size"], turn))
        for span in spans
        for char in span["chars"]
        if all(map(isfinite, char["bbox"])) and all(map(isfinite, char["origin"]))
    ]
    inked = [glyph for glyph in glyphs if glyph.text.strip()]
    if not inked:
        return Strip(page, (0.0, 0.0, 0.0, 0.0), (), turn)
    if not turn:
        inked = _level(inked)
    return Strip(page, around([glyph.box for glyph in inked]), tuple(inked), turn)


def _box(char: dict[str, Any], size: float, turn: int) -> Rect:
    """As wide as the glyph's box, as high as its type stands over its baseline."""
    x0, y0, x1, y1 = char["bbox"]
    x, y = char["origin"]
    if turn == 1:
        return (x - _ABOVE * size, y0, x + _BELOW * size, y1)
    if turn == 3:
        return (x - _BELOW * size, y0, x + _ABOVE * size, y1)
    return (x0, y - _ABOVE * size, x1, y + _BELOW * size)


def _level(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs of a line, none much higher or lower than most of them."""
    count = Counter((round(g.box[1], 1), round(g.box[3], 1)) for g in glyphs)
    (top, bottom), _ = max(count.items(), key=lambda entry: (entry[1], entry[0]))
    margin = _MARGIN * (bottom - top)
    low, high = top - margin, bottom + margin
    return [
        Glyph(text, (x0, min(max(y0, low), bottom), x1, max(min(y1, high), top)))
        for text, (x0, y0, x1, y1) in glyphs
    ]


def around(boxes: Sequence[Rect]) -> Rect:
    """The smallest box that holds all of ``boxes``."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
