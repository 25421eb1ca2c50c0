"""How well quotations are marked on pictures of their pages: read back from the marks.

Sentences of every paper, with the numbers that stand in them, are marked as those that a claim
cites; what stands inside the marks is then read from the PDF, in another way than it was found. The
reader leaves footnote marks and some powers out of its sentences, which stand between their words
on the page: they are set aside, and counted in the figure "to the letter".
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymupdf

from digest.confinement import Limits
from digest.errors import ConfigError, DigestError
from digest.evaluate.report import Goal, Part, Report, machine, share
from digest.extract import MEMORY_BYTES, Extractor
from digest.extract.equations import PLACEHOLDER
from digest.extract.fit import normal
from digest.extract.pages import Painter
from digest.records import Document, PageMark, PagePicture, Rect
from digest.words.numbers import numbers
from digest.worker import Worker

EVERY = 10
_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE | pymupdf.TEXT_CLIP
_SMALL = 0.86  # of the size of most glyphs of a mark: raised or lowered
_ASIDE = "\ue000"  # before a small glyph
_TIMEOUT_S = 120.0
_MOST_NOTES = 40

Place = tuple[int, Rect]


class Witness:
    """Reads what stands inside rectangles; lives in a worker, as all that opens PDFs does."""

    def texts(self, path: str, places: Sequence[Place]) -> list[str]:
        """The letters and digits inside each place from left to right; ``_ASIDE`` before small
        ones.
        """
        with pymupdf.open(path) as document:
            pages = {number: _Page(document[number - 1]) for number in {p for p, _ in places}}
            return [pages[number].text(rect) for number, rect in places]


class _Page:
    """The glyphs of a page by their middle, in fractions of the page as a reader sees it."""

    def __init__(self, page: Any) -> None:
        turn, width, height = page.rotation_matrix, page.rect.width, page.rect.height
        self._glyphs = []
        for block in page.get_text("rawdict", flags=_FLAGS)["blocks"]:
            for line in block.get("lines", ()):
                for span in line["spans"]:
                    for char in span["chars"]:
                        box = pymupdf.Rect(char["bbox"]) * turn
                        x, y = (box.x0 + box.x1) / 2 / width, (box.y0 + box.y1) / 2 / height
                        self._glyphs.append((x, y, letters(char["c"]), round(span["size"], 1)))

    def text(self, rect: Rect) -> str:
        x0, y0, x1, y1 = rect
        inside = sorted(g for g in self._glyphs if x0 <= g[0] <= x1 and y0 <= g[1] <= y1 and g[2])
        sizes = Counter(size for *_, size in inside)
        main = sizes.most_common(1)[0][0] if sizes else 0.0
        return "".join(_ASIDE * (size < _SMALL * main) + text for _, _, text, size in inside)


def letters(text: str) -> str:
    """The letters and digits of ``text`` in the form in which they are compared."""
    return "".join(char for char in normal(text) if char.isalnum())


def holds(quote: str, read: str, *, to_the_letter: bool = False) -> bool:
    """Whether marks hold a quotation and nothing else; ``read`` is what a ``Witness`` read there.

    A displayed equation is not compared. Small glyphs may be more than the quotation has, but not
    ``to_the_letter``.
    """
    more = "" if to_the_letter else f"(?:{_ASIDE}.)*?"
    parts = (
        "".join(f"{more}{_ASIDE}?{re.escape(char)}" for char in letters(part))
        for part in quote.split(PLACEHOLDER)
    )
    return re.fullmatch(".*".join(parts) + more, read) is not None


@dataclass(slots=True)
class _Count:
    """What was counted over all papers."""

    papers: int = 0
    marks: int = 0
    exact: int = 0
    literal: int = 0
    numbered: int = 0
    found: int = 0
    sizes_bytes: list[int] = field(default_factory=list)
    page_ms: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def evaluate(data: Path, every: int = EVERY) -> Report:
    """Mark every ``every``-th sentence of all PDFs of ``data`` and read the marks back.

    Raises:
        ConfigError: ``data`` holds no ``pdfs/*.pdf``.
    """
    pdfs = sorted((data / "pdfs").glob("*.pdf"))
    if not pdfs:
        raise ConfigError(f"{data} holds no pdfs/*.pdf", "give a folder with PDFs in pdfs/")
    count = _Count()
    limits = Limits(memory_bytes=MEMORY_BYTES, file_bytes=0)
    with (
        Extractor() as extractor,
        Painter() as painter,
        Worker("digest.evaluate.pages:Witness", limits=limits) as witness,
    ):
        for pdf in pdfs:
            try:
                marks = marks_of(extractor.extract(pdf), every)
                started = time.perf_counter()
                pictures = painter.pages(pdf, marks)
                seconds = time.perf_counter() - started
                _compare(count, pdf, marks, pictures, witness)
            except DigestError as exc:
                count.notes.append(f"left out: {exc.message}")
                continue
            count.papers += 1
            count.sizes_bytes += [len(picture.data) for picture in pictures]
            count.page_ms += [1000 * seconds / len(pictures) for _ in pictures]
    return Report(machine(), (_part(count),))


def marks_of(document: Document, every: int) -> list[PageMark]:
    """Every ``every``-th sentence as a mark, with all its numbers."""
    return [
        PageMark(s.id, s.page, s.text, "sentence", s.boxes, tuple(n.text for n in numbers(s.text)))
        for s in document.sentences[::every]
    ]


def _compare(
    count: _Count,
    pdf: Path,
    marks: Sequence[PageMark],
    pictures: Sequence[PagePicture],
    witness: Worker,
) -> None:
    """Read the marks of one paper back."""
    words = [_places(mark.key, [(p.page, p.marks) for p in pictures]) for mark in marks]
    figures = [_places(mark.key, [(p.page, p.numbers) for p in pictures]) for mark in marks]
    flat = [place for places in (*words, *figures) for place in places]
    texts = iter(witness.call("texts", str(pdf), flat, timeout_s=_TIMEOUT_S))
    read = ["".join(next(texts) for _ in places) for places in words]
    seen = ["".join(next(texts) for _ in places).replace(_ASIDE, "") for places in figures]
    for mark, text, numbered in zip(marks, read, seen, strict=True):
        exact = holds(mark.quote, text)
        all_found = all(letters(number) in numbered for number in mark.numbers)
        count.marks += 1
        count.exact += exact
        count.literal += holds(mark.quote, text, to_the_letter=True)
        count.numbered += bool(mark.numbers)
        count.found += bool(mark.numbers) and all_found
        if not (exact and all_found):
            what = "a number is missing" if exact else "the mark is not exact"
            count.notes.append(f"{pdf.stem} {mark.key}, page {mark.page}: {what}")


def _places(key: str, shown: Iterable[tuple[int, Any]]) -> list[Place]:
    return [(page, rect) for page, marks in shown for rect in marks.get(key, ())]


def _part(count: _Count) -> Part:
    sizes, times = sorted(count.sizes_bytes), sorted(count.page_ms)
    return Part(
        f"Quotations marked on their pages ({count.papers} papers, {len(sizes)} pages)",
        (
            Goal(f"marks of just their words, of {count.marks}", share(count.exact, count.marks),
                 least=0.98),
            Goal("to the letter", share(count.literal, count.marks)),
            Goal(f"every number marked, of {count.numbered}", share(count.found, count.numbered),
                 least=0.98),
            Goal("bytes of a page, half of them under", _at(sizes, 0.5), most=120_000),
            Goal("bytes of a page, 95 % of them under", _at(sizes, 0.95)),
            Goal("milliseconds a page, half of the pages under", _at(times, 0.5)),
            Goal("milliseconds a page, 95 % of them under", _at(times, 0.95)),
        ),
        tuple(count.notes[:_MOST_NOTES]),
    )  # fmt: skip


def _at(values: Sequence[float], part: float) -> float | None:
    """The value that ``part`` of the sorted ``values`` are under."""
    return float(values[min(len(values) - 1, int(part * len(values)))]) if values else None
