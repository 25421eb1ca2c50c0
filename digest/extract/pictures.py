"""Pages as small pictures that can be read: what a ``Painter`` has in its process.

A page of text has few colours: 16 greys, and where there is colour, up to 240 of that. A page whose
colours do not fit (photographs) becomes a JPEG. The same page gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
import pymupdf

from digest.errors import ExtractError
from digest.extract import pdf
from digest.extract.figures import render
from digest.extract.marks import Found, Place, find
from digest.extract.paint import LIBRARY_ERRORS
from digest.extract.png import indexed_png
from digest.extract.printed import Strip, strips_of
from digest.records import Figure, PageMark, PagePicture, Rect
from digest.worker import beat

DPI = 110  # type of 9 pt has an x-height of 6 pixels; half of 49 real papers' pages take 92 kB
_MOST_PIXELS = 1_600_000  # A4 has 1,170,000
_LONGEST_PX = 6_000
_COLOURED = 24  # of 255, between the channels of a pixel that is not grey
_FEW = 40  # coloured pixels that are noise: under a letter's
_GREYS, _COLOURS = 16, 240
_LOST = 0.01  # of the pixels, that may have no colour of their own in the palette
_JPEG_QUALITY = 75

_STEP = ((np.arange(256) * (_GREYS - 1) + 127) // 255).astype(np.uint8)  # of 256 levels one of 16

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Codes = np.ndarray[Any, np.dtype[Any]]
MediaType = Literal["image/png", "image/jpeg"]


class Easel:
    """Paints pages and figures; meant to live in a ``Worker``."""

    def figure(self, path: str, figure: Figure, dpi: int) -> bytes:
        """A figure as a PNG; see ``figures.render``."""
        with pdf.open_pdf(path) as document:
            return render(document, figure, dpi)

    def pages(self, path: str, wanted: Sequence[PageMark]) -> list[PagePicture]:
        """The pages on which the ``wanted`` marks stand, in order.

        Raises:
            ExtractError: The file cannot be opened, or a page cannot be painted.
        """
        with pdf.open_pdf(path) as document:
            count = pdf.page_count(document, path)

            @cache
            def strips_on(number: int) -> list[Strip]:
                beat()
                return strips_of(document, number) if 1 <= number <= count else []

            found = {}
            for mark in wanted:
                beat()
                found[mark.key] = find(mark, strips_on)
            numbers = {mark.page for mark in wanted}
            numbers |= {page for each in found.values() for page, _ in each.words}
            return [
                _picture(document, path, number, found)
                for number in sorted(numbers)
                if 1 <= number <= count
            ]


def _picture(document: Any, path: str, number: int, found: dict[str, Found]) -> PagePicture:
    beat()
    try:
        page = document[number - 1]
        pdf.turn_upright(page)  # the reader's boxes are those of the page as it is seen
        size = float(page.rect.width), float(page.rect.height)
        pixmap = page.get_pixmap(
            matrix=_scale(*size), colorspace=pymupdf.csRGB, alpha=False, annots=False
        )
        media_type, data = _encoded(pixmap)
    except LIBRARY_ERRORS as exc:
        raise ExtractError(
            f"cannot paint page {number} of {path}: {str(exc).partition(chr(10))[0]}",
            hint="get the PDF again, or remove it from the folder",
        ) from exc
    marks = _on(number, size, found, lambda each: each.words)
    return PagePicture(
        number, pixmap.width, pixmap.height, media_type, data, marks,
        _on(number, size, found, lambda each: each.numbers),
        tuple(key for key in marks if not found[key].exact),
    )  # fmt: skip


def _scale(width: float, height: float) -> Any:
    """To pixels: ``DPI``, less where the page would have too many."""
    most = min(
        DPI / 72, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5, _LONGEST_PX / max(width, height)
    )
    return pymupdf.Matrix(most, most)


def _on(
    number: int,
    size: tuple[float, float],
    found: dict[str, Found],
    places: Callable[[Found], Iterable[Place]],
) -> dict[str, tuple[Rect, ...]]:
    """What of ``found`` stands on a page, as fractions of it; nothing outside it."""
    shown = {}
    for key, each in found.items():
        rects = [_fraction(rect, size) for page, rect in places(each) if page == number]
        inside = tuple(rect for rect in rects if rect[0] < rect[2] and rect[1] < rect[3])
        if inside:
            shown[key] = inside
    return shown


def _fraction(rect: Rect, size: tuple[float, float]) -> Rect:
    width, height = size
    x0, x1 = (round(min(max(x / width, 0.0), 1.0), 5) for x in (rect[0], rect[2]))
    y0, y1 = (round(min(max(y / height, 0.0), 1.0), 5) for y in (rect[1], rect[3]))
    return x0, y0, x1, y1


# ---------------------------------------------------------------- few colours


def _encoded(pixmap: Any) -> tuple[MediaType, bytes]:
    rgb = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    few = _indexed(rgb)
    if few is None:
        return "image/jpeg", bytes(pixmap.tobytes("jpeg", jpg_quality=_JPEG_QUALITY))
    return "image/png", indexed_png(*few)


def _indexed(rgb: Pixels) -> tuple[Pixels, bytes] | None:
    """Indices into a palette and the palette; None where the page has too many colours for one."""
    red, green, blue = (np.ascontiguousarray(rgb[:, :, k]) for k in range(3))
    least, most = (each(each(red, green), blue) for each in (np.minimum, np.maximum))
    indices = _STEP[green]
    palette = np.repeat(np.arange(_GREYS, dtype=np.uint8) * 17, 3).tobytes()
    coloured = most - least > _COLOURED
    if int(coloured.sum()) < _FEW:
        return indices, palette
    steps = _STEP[rgb[coloured]].astype(np.uint16)
    codes: Codes = (steps[:, 0] << 8) | (steps[:, 1] << 4) | steps[:, 2]
    chosen, lost = _commonest(codes)
    if lost > _LOST * indices.size:
        return None
    indices[coloured] = _GREYS + _nearest(chosen)[codes]
    return indices, palette + (_channels(chosen) * 17).astype(np.uint8).tobytes()


def _commonest(codes: Codes) -> tuple[Any, int]:
    """The colours that most pixels have, by their code, and how many pixels have none of them."""
    count = np.bincount(codes, minlength=4096)
    chosen = np.sort(np.argsort(-count, kind="stable")[:_COLOURS])
    chosen = chosen[count[chosen] > 0]
    return chosen, int(count.sum() - count[chosen].sum())


def _nearest(chosen: Any) -> Any:
    """For each of the 4,096 colours the index of the nearest of the chosen ones."""
    every = _channels(np.arange(4096))
    apart = ((every[:, None, :] - _channels(chosen)[None, :, :]) ** 2).sum(axis=2)
    return apart.argmin(axis=1).astype(np.uint8)


def _channels(codes: Any) -> Any:
    return np.stack([codes >> 8, codes >> 4 & 15, codes & 15], axis=-1).astype(np.int16)
