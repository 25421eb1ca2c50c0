"""What is painted on a page, in which order, and what a reader sees of it in the end.

The calls of PyMuPDF behind ``hidden`` and ``figures``; everything comes out as plain values. A
page that MuPDF cannot paint gives nothing: what is hidden on it is then judged by colour and size
alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import pymupdf

Rect = tuple[float, float, float, float]
Boxes = np.ndarray[Any, np.dtype[np.float64]]
Origin = tuple[int, int]  # where a glyph stands, in tenths of a point
LIBRARY_ERRORS = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, IndexError, TypeError)

_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE
_AREAS = {"fill-path", "fill-image", "fill-shade", "fill-imgmask"}
_CLIPS = re.compile(rb"\bW\b|\bW\*|\bDo\b")  # operators of PDF 32000-1, 8.5.4 and 8.10.1
_SIGHT_DPI = 100  # a letter of 5 pt is 4 pixels high: enough to tell ink from none
_MAX_PIXELS = 12_000_000


class Painting(NamedTuple):
    """Everything painted on a page, in order: ``boxes`` (n, 4) in points, ``kinds`` (n,)."""

    boxes: Boxes
    kinds: np.ndarray[Any, np.dtype[np.str_]]

    def of(self, kinds: Collection[str], smallest_pt: float = 0.0) -> np.ndarray[Any, Any]:
        """Indices of what is of one of ``kinds`` and at least so wide and high."""
        size = self.boxes[:, 2:] - self.boxes[:, :2]
        wanted = np.isin(self.kinds, list(kinds)) & (size >= smallest_pt).all(axis=1)
        return np.flatnonzero(wanted)


def painting(page: Any) -> Painting:
    """What is painted on a page; nothing where MuPDF cannot say."""
    try:
        log = page.get_bboxlog()
    except LIBRARY_ERRORS:
        log = []
    boxes = np.array([box for _kind, box in log], dtype=float).reshape(-1, 4)
    return Painting(boxes, np.array([kind for kind, _box in log], dtype="U14"))


@dataclass(frozen=True, slots=True)
class Area:
    """Something painted that can lie under or over text. ``order``: its place in the painting."""

    order: int
    box: Rect
    image: bool


def areas(painted: Painting, smallest_pt: float = 4.0) -> list[Area]:
    """Fills, shadings and images at least ``smallest_pt`` wide and high, first painted first."""
    return [
        Area(int(k), tuple(painted.boxes[k].tolist()), painted.kinds[k] == "fill-image")
        for k in painted.of(_AREAS, smallest_pt)
    ]


def text_order(page: Any) -> dict[Origin, int]:
    """Where in the order of painting the glyph at each origin stands; the last, of several."""
    try:
        trace = page.get_texttrace()
    except LIBRARY_ERRORS:
        return {}
    return {origin(char[2]): span["seqno"] for span in trace for char in span["chars"]}


def origin(point: Sequence[float]) -> Origin:
    """A glyph's origin as it is compared: to a tenth of a point; (0, 0) where it has none."""
    x, y = point[0], point[1]
    return (round(x * 10), round(y * 10)) if isfinite(x) and isfinite(y) else (0, 0)


def masked_images(page: Any) -> list[Rect]:
    """Boxes of the images that have a mask: something may be seen through them."""
    try:
        return [tuple(info["bbox"]) for info in page.get_image_info() if info.get("has-mask")]
    except LIBRARY_ERRORS:
        return []


def may_clip(page: Any) -> bool:
    """False where nothing on the page sets a clipping path: no ``W``, no form, no annotation."""
    try:
        return page.first_annot is not None or _CLIPS.search(page.read_contents()) is not None
    except LIBRARY_ERRORS:
        return True


def clipped_away(page: Any, chars: int) -> list[tuple[str, Rect]]:
    """Text that a clipping path or the edge of an included figure cuts off: text, box.

    ``chars``: how many characters but spaces the page has, clipped or not. Where as many are left
    when MuPDF clips, there is nothing to look for, which is the quick and the usual answer.
    """
    everywhere = pymupdf.INFINITE_RECT()
    try:
        textpage = page.get_textpage(flags=_FLAGS | pymupdf.TEXT_CLIP, clip=everywhere)
        if len("".join(textpage.extractText().split())) >= chars:
            return []
        seen = Counter(_glyphs(textpage.extractRAWDICT()))
        whole = page.get_text("rawdict", flags=_FLAGS, clip=everywhere)
    except LIBRARY_ERRORS:
        return []
    return list(_missing(whole, seen))


def _glyphs(rawdict: dict[str, Any]) -> Iterable[tuple[str, Origin]]:
    for span in _spans(rawdict):
        for char in span["chars"]:
            yield char["c"], origin(char["origin"])


def _spans(page: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for block in page["blocks"]:
        for line in block.get("lines", ()):
            yield from line["spans"]


def _missing(
    whole: dict[str, Any], seen: Counter[tuple[str, Origin]]
) -> Iterable[tuple[str, Rect]]:
    for span in _spans(whole):
        gone = []
        for char in span["chars"]:
            key = (char["c"], origin(char["origin"]))
            if seen[key]:
                seen[key] -= 1
            else:
                gone.append(char)
        if any(char["c"].strip() for char in gone):
            boxes = np.array([char["bbox"] for char in gone])
            low, high = boxes.min(axis=0), boxes.max(axis=0)
            box = (float(low[0]), float(low[1]), float(high[2]), float(high[3]))
            yield "".join(char["c"] for char in gone), box


def clipped_blocks(page: Any) -> list[dict[str, Any]]:
    """The blocks of a page's ``dict`` without the text that is clipped away."""
    flags, everywhere = _FLAGS | pymupdf.TEXT_CLIP, pymupdf.INFINITE_RECT()
    try:
        blocks: list[dict[str, Any]] = page.get_text("dict", flags=flags, clip=everywhere)["blocks"]
    except LIBRARY_ERRORS:
        return []
    return blocks


@dataclass(frozen=True, slots=True)
class Sight:
    """The painted page: ``pixels`` (rows, columns, RGB) of the rectangle from ``left, top``."""

    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    left: float
    top: float
    scale: float
    turn: Any

    def of(self, box: Rect) -> np.ndarray[Any, np.dtype[np.int16]]:
        """The pixels in the middle of ``box`` as (n, 3); empty where it was not painted."""
        turned = pymupdf.Rect(box) * self.turn
        if not all(map(isfinite, turned)):
            return np.empty((0, 3), np.int16)
        margin = 0.12 * min(turned.width, turned.height)  # what touches the edge is not the text
        x0 = max(0, round((turned.x0 + margin - self.left) * self.scale))
        y0 = max(0, round((turned.y0 + margin - self.top) * self.scale))
        x1 = max(0, round((turned.x1 - margin - self.left) * self.scale))
        y1 = max(0, round((turned.y1 - margin - self.top) * self.scale))
        return self.pixels[y0:y1, x0:x1].reshape(-1, 3).astype(np.int16)


def sight(page: Any, boxes: Iterable[Rect]) -> Sight | None:
    """Paint the part of a page that holds ``boxes``; None where that fails or is too large."""
    try:
        turn = page.rotation_matrix
        clip = pymupdf.Rect()
        for box in boxes:
            clip |= pymupdf.Rect(box) * turn
        clip &= page.rect
        scale = _SIGHT_DPI / 72
        if clip.is_empty or clip.width * clip.height * scale * scale > _MAX_PIXELS:
            return None
        pixmap = page.get_pixmap(dpi=_SIGHT_DPI, clip=clip, colorspace=pymupdf.csRGB, alpha=False)
    except LIBRARY_ERRORS:
        return None
    pixels = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    return Sight(pixels, pixmap.x / scale, pixmap.y / scale, scale, turn)


def switched_off(document: Any) -> list[tuple[int, str]]:
    """Text of layers that a reader does not see unless they are switched on: 1-based page, text.

    Read from a second opening of the file with every layer on, also those that no viewer lists
    (PDF 32000-1, 8.11.4.3); MuPDF settles the state of layers when it first paints. Documents
    without layers that are off cost nothing.
    """
    try:
        if all(layer["on"] for layer in document.get_ocgs().values()):
            return []
        before = [_words(page) for page in document]
        with pymupdf.open(document.name, filetype="pdf") as other:
            if other.needs_pass:
                other.authenticate("")
            for key, value in (("OFF", "[]"), ("BaseState", "/ON")):
                other.xref_set_key(other.pdf_catalog(), f"OCProperties/D/{key}", value)
            after = [_words(page) for page in other]
    except LIBRARY_ERRORS:
        return []
    found = []
    for number, (seen, every) in enumerate(zip(before, after, strict=True), start=1):
        left = seen.copy()
        extra = []
        for word in every.elements():
            if left[word]:
                left[word] -= 1
            else:
                extra.append(word)
        if extra:
            found.append((number, " ".join(extra)))
    return found


def _words(page: Any) -> Counter[str]:
    return Counter(word[4] for word in page.get_text("words", flags=_FLAGS))
