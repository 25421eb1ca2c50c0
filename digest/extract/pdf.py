"""What is asked of PyMuPDF: the only module that imports it. Its global state is never changed.

Everything comes out as plain Python values; errors of the library become ``ExtractError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymupdf

from digest.errors import ExtractError
from digest.extract.captions import Rule

# Ligatures fall apart, nothing is clipped at the page's edge (hidden text is looked for there).
_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE
_EVERYWHERE = pymupdf.INFINITE_RECT()  # the default clips at the edge of the page
_LIBRARY_ERRORS = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, IndexError, TypeError)
_NEW_COPY = "get the PDF again, or remove it from the folder"
_RULE_MIN_PT = 40.0
_Rect = tuple[float, float, float, float]


@dataclass(slots=True)
class RawPage:
    """A page as PyMuPDF gives it: blocks of its ``dict``, and why it could not be read, if so."""

    number: int
    width: float
    height: float
    blocks: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    page: Any = None

    @property
    def bounds(self) -> _Rect:
        """The visible rectangle."""
        return (0.0, 0.0, self.width, self.height)


@contextmanager
def open_pdf(path: str) -> Iterator[Any]:
    """An open document with at least one page.

    Raises:
        ExtractError: No such file, no PDF, encrypted, without pages, or beyond repair.
    """
    _check_header(path)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except _LIBRARY_ERRORS as exc:
        raise ExtractError(f"cannot open {path}: {_first_line(exc)}", hint=_NEW_COPY) from exc
    with document:
        if document.needs_pass and not document.authenticate(""):
            raise ExtractError(
                f"{path} is encrypted with a password",
                hint="save a copy without the password and use that",
            )
        if page_count(document, path) == 0:
            raise ExtractError(f"{path} has no pages", hint=_NEW_COPY)
        yield document


def _check_header(path: str) -> None:
    """An HTML page saved as .pdf is common; MuPDF would search it for objects and find none."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(4096)
    except OSError as exc:
        raise ExtractError(f"cannot read {path}: {exc.strerror}", hint="check the path") from exc
    if b"%PDF-" not in head:
        kind = "is empty" if not head else "is not a PDF"
        if re.match(rb"\s*(<!doctype|<html)", head, re.IGNORECASE):
            kind = "is a web page, not a PDF"
        raise ExtractError(f"{path} {kind}", hint=_NEW_COPY)


def page_count(document: Any, path: str) -> int:
    """How many pages; raises ``ExtractError`` where the page tree is broken."""
    try:
        return len(document)
    except _LIBRARY_ERRORS as exc:
        raise ExtractError(
            f"{path} has a broken page tree: {_first_line(exc)}", hint=_NEW_COPY
        ) from exc


def is_damaged(document: Any, path: str) -> bool:
    """True where MuPDF rebuilt the file or its end is missing (a download cut short)."""
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        tail = file.read()
    return bool(document.is_repaired) or b"%%EOF" not in tail


def take_warnings() -> str:
    """What MuPDF has warned of since the last call, one a line."""
    return str(pymupdf.TOOLS.mupdf_warnings())


def read_page(document: Any, number: int) -> RawPage:
    """The text of page ``number`` (1-based); a page that fails says so in ``error``."""
    try:
        page = document[number - 1]
        turn_upright(page)
        rect = page.rect
        blocks = page.get_text("dict", flags=_FLAGS, clip=_EVERYWHERE)["blocks"]
    except _LIBRARY_ERRORS as exc:
        return RawPage(number, 612.0, 792.0, error=_first_line(exc))
    return RawPage(number, float(rect.width), float(rect.height), blocks, page=page)


def turn_upright(page: Any) -> None:
    """Take the rotation from a page: PyMuPDF's boxes ignore it.

    Turned for good, all that is asked of the page afterwards is as a reader sees it. The file
    itself is not written. PyMuPDF 2.0 turns the media box alone, and what was cropped off moves
    into sight: so the media box is made the crop box first.
    """
    if not page.rotation:
        return
    media, crop = page.mediabox, page.cropbox
    page.set_mediabox(pymupdf.Rect(crop.x0, media.y1 - crop.y1, crop.x1, media.y1 - crop.y0))
    page.remove_rotation()


def glyph_blocks(page: Any) -> list[dict[str, Any]]:
    """The blocks of a page's ``rawdict``, with the text of each span; nothing that is clipped away.

    They have all that the blocks of ``RawPage`` have, and the glyphs.
    """
    try:
        raw = page.get_text("rawdict", flags=_FLAGS | pymupdf.TEXT_CLIP, clip=_EVERYWHERE)
    except _LIBRARY_ERRORS:
        return []
    blocks: list[dict[str, Any]] = raw["blocks"]
    for span in (s for b in blocks for line in b.get("lines", ()) for s in line["spans"]):
        span["text"] = "".join(char["c"] for char in span["chars"])
    return blocks


def page_at(document: Any, number: int) -> Any:
    """The page with a 1-based number, as ``read_page`` left it."""
    return document[number - 1]


def bookmarks(document: Any) -> list[tuple[int, str, int]]:
    """The outline: level, title, 1-based page; empty where there is none or it is broken."""
    try:
        return [(int(level), str(title), int(page)) for level, title, page in document.get_toc()]
    except _LIBRARY_ERRORS:
        return []


def image_boxes(document: Any, number: int) -> list[_Rect]:
    """Where images stand on a page."""
    try:
        return [tuple(info["bbox"]) for info in document[number - 1].get_image_info()]
    except _LIBRARY_ERRORS:
        return []


def rules(document: Any, number: int) -> list[Rule]:
    """The horizontal strokes of a page, at least 40 pt long, top to bottom, doubles merged."""
    found: list[Rule] = []
    for drawing in _drawings(document, number):
        x0, y0, x1, y1 = drawing["rect"]
        if y1 - y0 < 3 and x1 - x0 >= _RULE_MIN_PT:
            found.append((x0, (y0 + y1) / 2, x1))
        elif len(drawing["items"]) > 1:
            found += _strokes(drawing["items"])
    found.sort(key=lambda rule: rule[1])
    return [
        rule for k, rule in enumerate(found)
        if not k or rule[1] - found[k - 1][1] > 1.5 or abs(rule[0] - found[k - 1][0]) > 40
    ]  # fmt: skip


def _strokes(items: list[Any]) -> list[Rule]:
    lines = [(item[1], item[2]) for item in items if item[0] == "l"]
    return [
        (min(a[0], b[0]), a[1], max(a[0], b[0]))
        for a, b in lines
        if abs(a[1] - b[1]) < 1 and abs(a[0] - b[0]) >= _RULE_MIN_PT
    ]


def _drawings(document: Any, number: int) -> list[dict[str, Any]]:
    try:
        drawings: list[dict[str, Any]] = document[number - 1].get_cdrawings()
    except _LIBRARY_ERRORS:
        return []
    return drawings


def _first_line(exc: BaseException) -> str:
    return str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
