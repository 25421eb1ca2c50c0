"""Figures: where they stand, and their pictures. Which explains the method, ``method`` tells.

What is drawn is asked of PyMuPDF, not guessed from the gap in the text: images, paths and shadings
between a caption and the running text next to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymupdf

from digest.errors import ExtractError
from digest.extract import pdf
from digest.extract.captions import Caption
from digest.extract.lines import Line
from digest.extract.paint import LIBRARY_ERRORS, Boxes, Painting, Rect
from digest.records import Box, Figure

_DRAWN = {"fill-path", "stroke-path", "fill-image", "fill-shade", "fill-imgmask"}
_MOST_PIXELS = 4_000_000  # of a rendered figure: 2000 by 2000
_LEAST_DPI, _MOST_DPI = 36, 600
_MARGIN_PT = 3.0
_SMALLEST_PT = 12.0  # what is drawn on less height is a rule, an underline, a bullet
_LABEL_PT = 18.0  # from a drawing to the label of its axis, with the numbers between them
_GAP_PT = 60.0  # between a caption and its figure, at most


def figure_boxes(
    painted: Painting, captions: Sequence[Caption], lines: Sequence[Line]
) -> list[Box | None]:
    """What each figure's caption of a page labels, without the caption; None where nothing drawn.

    Args:
        painted: What is painted on the page: ``paint.painting(page)``.
        captions: All captions of the page; those of tables and algorithms get None.
        lines: All lines of the page, with their roles.
    """
    if not any(caption.kind == "figure" for caption in captions):
        return [None] * len(captions)
    drawn = _drawings(painted, lines)
    return [
        _figure_box(caption, captions, lines, drawn) if caption.kind == "figure" else None
        for caption in captions
    ]


def _figure_box(
    caption: Caption, captions: Sequence[Caption], lines: Sequence[Line], drawn: Boxes
) -> Box | None:
    own = _around([(line.x0, line.y0, line.x1, line.y1) for line in caption.lines])
    span = _column(own, caption.column, lines)
    others = [line for other in captions if other is not caption for line in other.lines]
    bounds = [line for line in lines if _bounds(line, span) and not _ticks(line, drawn)] + others
    best: Rect | None = None
    for band in (_band(own, bounds, span, True), _band(own, bounds, span, False)):
        box = _within(drawn, lines, span, band)
        near = box is not None and min(abs(box[3] - own[1]), abs(box[1] - own[3])) < _GAP_PT
        if box is not None and near and (best is None or _area(box) > 2 * _area(best)):
            best = box
    return Box(caption.page, *(round(float(value), 1) for value in best)) if best else None


def _around(boxes: Sequence[Rect]) -> Rect:
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _area(box: Rect) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _column(own: Rect, column: int, lines: Sequence[Line]) -> tuple[float, float]:
    """The x extents that the figure may have: its column's, with a little overhang."""
    mine = [line for line in lines if line.column == column and line.role == "body"]
    if column == 0:
        mine = [line for line in lines if line.role == "body"]
    x0 = min([own[0], *(line.x0 for line in mine)])
    x1 = max([own[2], *(line.x1 for line in mine)])
    return x0 - 8, x1 + 8


def _bounds(line: Line, span: tuple[float, float]) -> bool:
    """Whether a line is text that ends a figure: prose, headings; not a label inside."""
    if line.x1 < span[0] + 8 or line.x0 > span[1] - 8:
        return False
    if line.role in ("heading", "title", "margin", "reference", "footnote"):
        return True
    wide = line.width > 0.4 * (span[1] - span[0])
    return line.role == "body" and line.words >= 4 and wide


def _ticks(line: Line, drawn: Boxes) -> bool:
    """Whether what looks like a page number stands beside a drawing: the label of an axis."""
    if line.role != "margin" or line.words > 1:
        return False
    middle = (line.y0 + line.y1) / 2
    beside = (drawn[:, 1] <= middle) & (drawn[:, 3] >= middle)
    near = (drawn[:, 0] - line.x1 < 2 * line.size) & (line.x0 - drawn[:, 2] < 2 * line.size)
    return bool((beside & near).any())


def _band(
    own: Rect, bounds: Sequence[Line], span: tuple[float, float], up: bool
) -> tuple[float, float]:
    """The heights between a caption and the next text above or below it in its column."""
    beside = [line for line in bounds if line.x0 < span[1] and line.x1 > span[0]]
    if up:
        return max((line.y1 for line in beside if line.y1 <= own[1] + 2), default=0.0), own[1]
    return own[3], min((line.y0 for line in beside if line.y0 >= own[3] - 2), default=1e4)


def _drawings(painted: Painting, lines: Sequence[Line]) -> Boxes:
    """Boxes of what is drawn; not what fills the page, so far as its text shows how large it is."""
    drawn = painted.boxes[painted.of(_DRAWN)]
    edge = _around([(line.x0, line.y0, line.x1, line.y1) for line in lines])
    size = drawn[:, 2:] - drawn[:, :2]
    whole = (size[:, 0] > edge[2] - edge[0]) & (size[:, 1] > 0.95 * (edge[3] - edge[1]))
    rest: Boxes = drawn[~whole]
    return rest


def _within(
    drawn: Boxes, lines: Sequence[Line], span: tuple[float, float], band: tuple[float, float]
) -> Rect | None:
    """What is drawn between two heights, and the labels among it; None where hardly anything."""
    low, high = band
    middle = (drawn[:, 1] + drawn[:, 3]) / 2
    beside = (drawn[:, 2] > span[0]) & (drawn[:, 0] < span[1])
    inside = drawn[beside & (middle >= low - 1) & (middle <= high + 1)]
    if not len(inside):
        return None
    (x0, y0), (x1, y1) = inside[:, :2].min(axis=0), inside[:, 2:].max(axis=0)
    box = (max(x0, span[0]), max(y0, low), min(x1, span[1]), min(y1, high))
    if box[3] - box[1] < _SMALLEST_PT or box[2] - box[0] < _SMALLEST_PT:
        return None
    labels = [
        (max(line.x0, span[0]), line.y0, min(line.x1, span[1]), line.y1)
        for line in lines
        if line.role in ("body", "figure") or _ticks(line, drawn)
        if low <= line.y0 and line.y1 <= high
        if box[1] - _LABEL_PT <= (line.y0 + line.y1) / 2 <= box[3] + _LABEL_PT
        if line.x0 < span[1] and line.x1 > span[0]
    ]
    return _around([box, *labels])


def render(document: Any, figure: Figure, dpi: int = 150) -> bytes:
    """A figure as a PNG, without its caption; ``dpi`` falls until it has 4 million pixels at most.

    Args:
        document: The PDF, open in PyMuPDF.
        figure: One of its figures.
        dpi: Wanted resolution, 36 to 600.

    Raises:
        ValueError: ``dpi`` is out of range.
        ExtractError: The page cannot be painted or has no such place.
    """
    if not _LEAST_DPI <= dpi <= _MOST_DPI:
        raise ValueError(f"dpi must be {_LEAST_DPI}..{_MOST_DPI}, not {dpi}")
    try:
        page = document[figure.bbox.page - 1]
        pdf.turn_upright(page)  # the reader's boxes are those of the page as it is seen
        x0, y0, x1, y1 = figure.bbox[1:]
        clip = pymupdf.Rect(x0 - _MARGIN_PT, y0 - _MARGIN_PT, x1 + _MARGIN_PT, y1 + _MARGIN_PT)
        clip &= page.rect
        if clip.is_empty:
            raise ExtractError(f"{figure.label} lies outside page {figure.bbox.page}")
        most = int(72 * (_MOST_PIXELS / (clip.width * clip.height)) ** 0.5)
        pixmap = page.get_pixmap(dpi=max(1, min(dpi, most)), clip=clip, alpha=False, annots=False)
        png: bytes = pixmap.tobytes("png")
    except LIBRARY_ERRORS as exc:
        raise ExtractError(f"cannot paint {figure.label}: {exc}") from exc
    return png


# ---------------------------------------------------------------- the figure of the method
