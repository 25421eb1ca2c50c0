"""Text on a page that a reader cannot see: kept apart, with the reason.

Most pages are settled by the text alone (colour, opacity, fill, size, place) and by how much of it
survives clipping. Where something is painted under or over text, the page is painted and looked
at: text whose box shows one colour is not there for a reader, whatever made it so. Text that an
opaque image covers, or that has other text printed over it, is told by the order of painting.

Not found: text that a reader would see but overlook (pale grey, 2 pt), and text inside images.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from digest.extract import paint
from digest.extract.paint import Area, Painting, Rect, Sight
from digest.records import HiddenText

Reason = Literal[
    "white", "background", "invisible", "tiny", "off-page", "covered", "clipped", "switched-off"
]
Verdict = Reason | Literal[""]
Block = dict[str, Any]

_FILLED, _STROKED, _SYNTHETIC = 16, 32, 512  # span char_flags of MuPDF
_TINY_PT = 1.5
_FAINT = 24  # of 255, in each channel: nearer than this to what is behind it, text is not seen
_ALIKE = 10  # of 255: pixels that are one colour, noise of a JPEG aside
_INK = 0.01  # of its box, that five letters paint at the very least (thin 5 pt type: 4 %)
_LAST = 1 << 40  # painted after everything: nothing covers text whose order is not known
_SAME = 0.85  # of its box, that no text fills with ink (bold capitals: under 60 %)


@dataclass(frozen=True, slots=True)
class Unseen:
    """One stretch of text that cannot be seen. ``box`` in points of the page."""

    reason: Reason
    text: str
    box: Rect


def part_unseen(
    page: Any, blocks: list[Block], bounds: Rect, painted: Painting | None = None
) -> tuple[list[Block], list[Unseen]]:
    """What a reader sees of ``blocks`` (the page's ``dict``), and what not.

    Args:
        page: The page, open in PyMuPDF.
        blocks: Its text, unclipped; left as it is.
        bounds: Its visible rectangle, in the coordinates of the text.
        painted: What is painted on it, where the caller knows.

    Returns:
        Blocks without the hidden spans, and the hidden spans in the order of the page.
    """
    painted = paint.painting(page) if painted is None else painted
    cut = paint.clipped_away(page, _inked(blocks)) if paint.may_clip(page) else []
    found = [
        Unseen("clipped" if _meets(box, bounds) else "off-page", text.strip(), box)
        for text, box in cut
    ]
    if cut:
        blocks = paint.clipped_blocks(page)
    reasons: dict[int, Verdict] = {
        id(span): why for span in _spans(blocks) if (why := by_itself(span, bounds))
    }
    in_doubt = [span for span in _worded(blocks) if reasons.get(id(span), "white") == "white"]
    reasons |= _by_sight(page, painted, in_doubt)
    found += [
        Unseen(reason, span["text"].strip(), span["bbox"])
        for span in _spans(blocks)
        if (reason := reasons.get(id(span), ""))
    ]
    return ([_without(block, reasons) for block in blocks] if found else blocks), found


def _inked(blocks: Iterable[Block]) -> int:
    return sum(len("".join(span["text"].split())) for span in _spans(blocks))


def _spans(blocks: Iterable[Block]) -> Iterable[dict[str, Any]]:
    for block in blocks:
        for line in block.get("lines", ()):
            yield from line["spans"]


def _worded(blocks: Iterable[Block]) -> Iterable[dict[str, Any]]:
    """Spans of lines that can say something: not the ticks of plots, which lie on fills most."""
    for block in blocks:
        for line in block.get("lines", ()):
            if sum(map(str.isalpha, "".join(span["text"] for span in line["spans"]))) >= 3:
                yield from line["spans"]


def _without(block: Block, reasons: dict[int, Verdict]) -> Block:
    """A copy of the block without the spans that have a reason."""
    lines = [
        {**line, "spans": [span for span in line["spans"] if not reasons.get(id(span))]}
        for line in block.get("lines", ())
    ]
    return {**block, "lines": lines}


def by_itself(span: dict[str, Any], bounds: Rect) -> Verdict:
    """Why a span cannot be seen on white paper: off-page, invisible, tiny, white; else empty."""
    ordinary = span["color"] == 0 and span["alpha"] == 255 and span["char_flags"] & _FILLED
    x0, y0, x1, y1 = span["bbox"]
    inside = x0 >= bounds[0] and y0 >= bounds[1] and x1 <= bounds[2] and y1 <= bounds[3]
    if (ordinary and inside and span["size"] >= _TINY_PT) or not span["text"].strip():
        return ""
    if not _meets(span["bbox"], bounds):
        return "off-page"
    painted = span["char_flags"] & (_FILLED | _STROKED | _SYNTHETIC)
    if not painted or span["alpha"] < 13:  # 5 %
        return "invisible"
    if span["size"] < _TINY_PT:
        return "tiny"
    return "white" if min(_rgb(span["color"])) > 255 - _FAINT else ""


def _meets(box: Rect, bounds: Rect) -> bool:
    return not (
        box[2] <= bounds[0] or box[3] <= bounds[1] or box[0] >= bounds[2] or box[1] >= bounds[3]
    )


def _rgb(colour: int) -> tuple[int, int, int]:
    return colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF


def _by_sight(page: Any, painted: Painting, spans: Sequence[dict[str, Any]]) -> dict[int, Verdict]:
    """Judge again the spans that lie under or over something painted, by how they look."""
    grounds = paint.areas(painted)
    doubtful = _on_areas([span for span in spans if span["text"].strip()], grounds)
    if not doubtful:
        return {}
    view = paint.sight(page, [span["bbox"] for span in doubtful])
    images = [area for area in grounds if area.image]
    pictured = {id(span) for span in _on_areas(doubtful, images)}
    shown = {id(span): _shows(view, span) for span in doubtful}
    asked = [span for span in doubtful if id(span) in pictured or not shown[id(span)]]
    verdicts: dict[int, Verdict] = {id(span): "" for span in doubtful}
    if asked:
        order, masked = paint.text_order(page), paint.masked_images(page)
        for span in asked:
            at = order.get(paint.origin(span["origin"]), _LAST)
            over = [a for a in grounds if a.order > at and _holds(a, span["bbox"])]
            opaque = any(area.image and area.box not in masked for area in over)
            if opaque or not shown[id(span)]:
                verdicts[id(span)] = "covered" if over else _sunken(span)
    return verdicts


def _sunken(span: dict[str, Any]) -> Verdict:
    return "white" if min(_rgb(span["color"])) > 255 - _FAINT else "background"


def _on_areas(spans: Sequence[dict[str, Any]], painted: Sequence[Area]) -> list[dict[str, Any]]:
    """The spans whose middle lies in one of the areas."""
    if not spans or not painted:
        return []
    places = np.array([span["bbox"] for span in spans])
    x, y = (places[:, 0] + places[:, 2]) / 2, (places[:, 1] + places[:, 3]) / 2
    boxes = np.array([area.box for area in painted])
    on = np.zeros(len(spans), dtype=bool)
    if len(boxes) <= len(spans):
        for x0, y0, x1, y1 in boxes:
            on |= (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
    else:
        for k in range(len(spans)):
            across = (boxes[:, 0] <= x[k]) & (x[k] <= boxes[:, 2])
            on[k] = (across & (boxes[:, 1] <= y[k]) & (y[k] <= boxes[:, 3])).any()
    return [span for span, it_is in zip(spans, on.tolist(), strict=True) if it_is]


def _holds(area: Area, box: Rect) -> bool:
    """The area reaches over the whole box, but for the overhang of ascenders and spaces."""
    slack = 0.25 * (box[3] - box[1])
    return (
        area.box[0] <= box[0] + slack
        and area.box[1] <= box[1] + slack
        and area.box[2] >= box[2] - slack
        and area.box[3] >= box[3] - slack
    )


def _shows(view: Sight | None, span: dict[str, Any]) -> bool:
    """Whether there is ink in the span's box: True also where it cannot be known."""
    pixels = view.of(span["bbox"]) if view is not None else np.empty((0, 3), np.int16)
    letters = sum(map(str.isalnum, span["text"]))
    if len(pixels) < 12 or not letters:
        return True
    paper = np.median(pixels, axis=0)
    away = np.abs(pixels - paper).max(axis=1)
    ink = float((away > _ALIKE).mean())
    if ink < (_INK if letters >= 5 else 1 / len(pixels)):
        return False
    own = np.array(_rgb(span["color"]))
    return float((np.abs(pixels - own).max(axis=1) < _FAINT).mean()) < _SAME


def report(page: int, found: Sequence[Unseen]) -> list[HiddenText]:
    """Hidden spans as records: neighbours of one reason together, no scraps of under 3 letters."""
    texts: list[HiddenText] = []
    for unseen in found:
        if texts and texts[-1].reason == unseen.reason:
            texts[-1] = HiddenText(page, unseen.reason, f"{texts[-1].text} {unseen.text}")
        else:
            texts.append(HiddenText(page, unseen.reason, unseen.text))
    return [text for text in texts if sum(map(str.isalpha, text.text)) >= 3]


def is_ocr_layer(found: Sequence[Unseen], chars: int, image_share: float) -> bool:
    """True of a scan: its text is not seen because it lies unpainted over, or under, the image.

    Args:
        found: What ``part_unseen`` took from the page.
        chars: How many characters the page has.
        image_share: How much of the page images cover, 0 to 1.
    """
    unseen = sum(len(part.text) for part in found if part.reason in ("invisible", "covered"))
    return image_share > 0.5 and unseen > 0.8 * max(chars, 1)


def switched_off(document: Any) -> list[HiddenText]:
    """Text of layers that are switched off; it never reaches the blocks of a page."""
    return [HiddenText(n, "switched-off", text) for n, text in paint.switched_off(document)]
