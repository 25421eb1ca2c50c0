"""The pages behind a paper's claims: their pictures, and where on them each quote stands.

What a page of the site gets, as JSON::

    {"claims": {"c3": [{"page": 4, "kind": "sentence", "parts": [["...", false], ["95.98%", true]],
                        "lines": {"4": [[x, y, width, height], ...]}, "numbers": {"4": [...]},
                        "rough": false}]},
     "pages": {"4": {"src": "2601.16158v1/p4.jpg", "width": 900, "height": 1165}}}

Rectangles are fractions of the page; rough ones are where a sentence stood when it was read, since
its words were not found. Without pictures the quotes stand alone.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from digest import files
from digest.errors import ExtractError
from digest.records import PageMark, PagePicture, Rect
from digest.site.claim import Quote
from digest.site.day import PaperPage

Pictures = Callable[[Path, Sequence[PageMark]], Sequence[PagePicture]]
"""Draws the pages of a PDF on which something is marked."""

Lacking = Literal["", "pdf", "other pdf", "drawing"]
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png"}
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Evidence:
    """``data``: what the page gets; ``files``: name -> bytes, in the paper's folder.

    ``lacking``: why pictures that may be shown are not there; "" where they are.
    """

    data: dict[str, Any] = field(default_factory=lambda: {"claims": {}, "pages": {}})
    files: dict[str, bytes] = field(default_factory=dict)
    lacking: Lacking = ""


def evidence(page: PaperPage, pdf: Path | None, pictures: Pictures | None) -> Evidence:
    """What stands behind the claims of a paper.

    A PDF that is not here, is another than the one that was read, or cannot be drawn costs its
    pictures: the quotes stand alone.
    """
    found = Evidence()
    for quote in page.quotes:
        found.data["claims"].setdefault(quote.key.split(".")[0], []).append(_quote(quote))
    marks = [_mark(quote) for quote in page.quotes if quote.evidence.page]
    document = page.entry.document
    if pictures is None or not marks or document is None:
        return found
    if pdf is None or files.sha256(pdf) != document.pdf_sha256:
        found.lacking = "pdf" if pdf is None else "other pdf"
        return found
    try:
        drawn = pictures(pdf, marks)
    except ExtractError as exc:
        log.warning("%s: no pictures of its pages: %s", page.stem, exc)
        found.lacking = "drawing"
        return found
    for picture in drawn:
        _place(found, page.stem, picture)
    return found


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "page": quote.evidence.page,
        "kind": quote.evidence.kind,
        "parts": quote.parts,
        "lines": {},
        "numbers": {},
        "rough": False,
    }


def _mark(quote: Quote) -> PageMark:
    cited = quote.evidence
    return PageMark(quote.key, cited.page, cited.quote, cited.kind, quote.boxes, quote.numbers)


def _place(found: Evidence, stem: str, picture: PagePicture) -> None:
    """A drawn page among the evidence, and what is marked on it at the quotes."""
    name = f"p{picture.page}.{_SUFFIXES[picture.media_type]}"
    found.files[name] = picture.data
    found.data["pages"][str(picture.page)] = {
        "src": f"{stem}/{name}",
        "width": picture.width_px,
        "height": picture.height_px,
    }
    for kind, marked in (("lines", picture.marks), ("numbers", picture.numbers)):
        for key, rects in marked.items():
            claim, place = key.split(".")
            quote = found.data["claims"][claim][int(place)]
            quote[kind][str(picture.page)] = [_sides(rect) for rect in rects]
            quote["rough"] = quote["rough"] or key in picture.rough


def _sides(rect: Rect) -> list[float]:
    """Left, top, width, height."""
    left, top, right, bottom = rect
    return [round(side, 4) for side in (left, top, right - left, bottom - top)]


# ---------------------------------------------------------------- without the PDF

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def kept_pictures(page: Path, data: dict[str, Any]) -> dict[str, Any]:
    """The pictures that an earlier build drew for the same quotes; ``data`` where it drew none.

    Args:
        page: The paper's page as that build left it.
        data: What it would get now, without pictures.
    """
    try:
        found = _DATA.search(page.read_text("utf-8"))
        before: dict[str, Any] = json.loads(found[1]) if found else {}
    except (OSError, ValueError):
        return data
    drawn = before.get("pages", {}).values()
    whole = all((page.parent / each["src"]).is_file() for each in drawn)
    return before if whole and _quotes(before) == _quotes(data) else data


def _quotes(data: dict[str, Any]) -> object:
    """What is cited, without where it stands on a picture."""
    asked = ("page", "kind", "parts")
    claims = data.get("claims", {}).items()
    said = {key: [{name: quote[name] for name in asked} for quote in each] for key, each in claims}
    return json.loads(json.dumps(said))
