"""One page of a PDF: its lines in reading order, and what was learnt beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from digest.extract import pdf
from digest.extract.asides import STAMP
from digest.extract.captions import Caption
from digest.extract.glyphs import clean
from digest.extract.hidden import is_ocr_layer, part_unseen, report
from digest.extract.layout import (
    find_gutter,
    in_reading_order,
    line_numbers,
    mark_sidebar,
    text_of,
)
from digest.extract.lines import Fragment, Line, fragments, line_of, rows_of
from digest.extract.paint import Painting, Rect, painting
from digest.extract.quality import PageFacts, odd_chars
from digest.records import Aside, HiddenText

_DRAWN = ("stroke-path", "fill-path", "fill-image", "fill-shade", "fill-imgmask")
_WIDE_PT = 100.0


@dataclass(slots=True)
class Page:
    """A page on its way. ``asides``: what never became a line, the stamp and line numbers.

    ``hidden`` tells what a reader cannot see, ``unseen`` where that stands; ``painted``: what is
    drawn on it, in order.
    """

    number: int
    height: float
    lines: list[Line]
    facts: PageFacts
    hidden: list[HiddenText]
    unseen: list[Rect]
    painted: Painting
    asides: list[Aside]
    captions: list[Caption] = field(default_factory=list)


def read_page(document: Any, number: int) -> Page:
    """Page ``number`` (1-based); one that cannot be read has no lines, and its facts say so."""
    raw = pdf.read_page(document, number)
    chars, odd = _count(raw.blocks)
    if raw.page is None:
        return _unread(raw)
    painted = painting(raw.page)
    visible, unseen = part_unseen(raw.page, raw.blocks, raw.bounds, painted)
    lost = sum(len(part.text) for part in unseen)
    images = pdf.image_boxes(document, number) if chars < 200 or lost > 0.8 * chars else []
    share = _share(images, raw.width * raw.height)
    ocr = is_ocr_layer(unseen, chars, share)
    lines, asides = _lines(raw.blocks if ocr else visible, raw, painted)
    gone = [] if ocr else unseen
    return Page(
        number,
        raw.height,
        lines,
        PageFacts(number, chars, odd, share, raw.error, ocr),
        report(number, gone),
        [part.box for part in gone],
        painted,
        asides,
    )


def _unread(raw: pdf.RawPage) -> Page:
    facts = PageFacts(raw.number, 0, 0, 0.0, raw.error)
    nothing = Painting(np.empty((0, 4)), np.empty(0, dtype="U14"))
    return Page(raw.number, raw.height, [], facts, [], [], nothing, [])


def _count(blocks: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Characters on a page, and odd ones among them."""
    chars = odd = 0
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                text = span["text"].strip(" ")
                chars += len(text)
                odd += odd_chars(text) if not text.isascii() or not text.isprintable() else 0
    return chars, odd


def _share(boxes: Sequence[Rect], area: float) -> float:
    covered = sum(max(0.0, x1 - x0) * max(0.0, y1 - y0) for x0, y0, x1, y1 in boxes)
    return min(1.0, covered / max(area, 1.0))


def _lines(
    blocks: Sequence[dict[str, Any]], raw: pdf.RawPage, painted: Painting
) -> tuple[list[Line], list[Aside]]:
    parts, upright = fragments(blocks)
    numbers = line_numbers(parts, raw.width)
    lines = [line for line, _ in printed_lines(parts, raw, painted)]
    return lines, _asides(raw.number, numbers, upright)


def printed_lines(
    parts: Sequence[Fragment], raw: pdf.RawPage, painted: Painting
) -> list[tuple[Line, list[Fragment]]]:
    """The lines that the fragments of a page make, in reading order, each with its fragments.

    The numbers that review copies print beside their lines are left out.
    """
    dropped = {id(part) for part in line_numbers(parts, raw.width)}
    parts = [part for part in parts if id(part) not in dropped]
    gutter = find_gutter(parts, raw.width)
    rows = {}
    for row in rows_of(parts, gutter):
        line = line_of(row, raw.number)
        if line is not None:
            rows[id(line)] = (line, row)
    drawn = [] if gutter is None else _drawn(painted)
    ordered = in_reading_order([line for line, _ in rows.values()], gutter, drawn)
    mark_sidebar(ordered, gutter)
    return [rows[id(line)] for line in ordered]


def _drawn(painted: Painting) -> list[Rect]:
    """The boxes of the strokes, fills and images of a page; what is too small to part it is not."""
    wide = painted.boxes[:, 2] - painted.boxes[:, 0] > _WIDE_PT
    shown = np.isin(painted.kinds, list(_DRAWN))
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in painted.boxes[wide & shown].tolist()]


def _asides(number: int, numbers: Sequence[Fragment], upright: Sequence[str]) -> list[Aside]:
    stamps = [Aside(number, "stamp", clean(text)) for text in upright if STAMP.search(text)]
    if numbers:
        text = " ".join(text_of(part) for part in numbers)
        stamps.append(Aside(number, "line-number", text))
    return stamps
