"""A PDF read into a ``Document``; the top of the stage, meant to run inside a ``Worker``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digest.extract import pdf
from digest.extract.captions import Caption, claim_regions, find_captions
from digest.extract.equations import mark_equations
from digest.extract.front import mark_front, mark_title, strip_label
from digest.extract.glyphs import clean
from digest.extract.headings import (
    BodyStyle,
    Heading,
    body_style,
    find_headings,
    letters_of,
    locate_bookmarks,
)
from digest.extract.hidden import has_white, report, split_hidden
from digest.extract.identity import made_by
from digest.extract.layout import (
    body_size,
    drop_line_numbers,
    find_gutter,
    in_reading_order,
    mark_footnotes,
    mark_margins,
    mark_sidebar,
)
from digest.extract.lines import Line, fragments, line_of, rows_of
from digest.extract.outline import Outline, build_outline
from digest.extract.quality import PageFacts, judge, odd_chars
from digest.extract.tables import table_rows
from digest.extract.text import Vocabulary, passage_of
from digest.records import Box, Document, Figure, HiddenText, Sentence, Table


@dataclass(slots=True)
class Page:
    """A page on its way: lines in reading order, and what was learnt beside them."""

    number: int
    height: float
    lines: list[Line]
    facts: PageFacts
    hidden: list[HiddenText]
    captions: list[Caption] = field(default_factory=list)


class Reader:
    """Reads PDFs. ``use_bookmarks`` False finds the headings by how the pages are set."""

    def __init__(self, use_bookmarks: bool = True) -> None:
        self._use_bookmarks = use_bookmarks

    def read(self, path: str) -> Document:
        """What the PDF at ``path`` says.

        Raises:
            ExtractError: It cannot be opened, is encrypted, has no pages, or none can be read.
        """
        with pdf.open_pdf(path) as document:
            pages = [_read_page(document, k + 1) for k in range(pdf.page_count(document, path))]
            body = _mark_roles(document, pages)
            lines = [line for page in pages for line in page.lines]
            outline = self._outline(document, pages, body)
            text = "\n".join(line.text for line in lines)
            quality, reason = judge(
                [page.facts for page in pages], text, pdf.is_damaged(document, path)
            )
            tables = _tables(document, pages)
        readable = quality not in ("garbage", "scanned", "empty")
        words = Vocabulary(lines)
        return Document(
            pdf_sha256=_sha256(path),
            pages=len(pages),
            title=_plain(outline.title, words, body) if readable else "",
            abstract=strip_label(_plain(outline.abstract, words, body)) if readable else "",
            text_quality=quality,
            text_quality_reason=reason,
            sections=outline.sections if readable else (),
            sentences=_sentences(outline, words, body) if readable else (),
            tables=tables if readable else (),
            figures=_figures(pages, words, body) if readable else (),
            hidden=tuple(text for page in pages for text in page.hidden),
            made_by=made_by(),
        )

    def _outline(self, document: Any, pages: Sequence[Page], body: BodyStyle) -> Outline:
        lines = [line for page in pages for line in page.lines]
        title = [line for line in pages[0].lines if line.role == "title"]
        named = letters_of(" ".join(line.text for line in title))
        headings: list[Heading] = []
        if self._use_bookmarks:
            marks = [
                mark for mark in pdf.bookmarks(document)
                if letters_of(mark[1]) != "abstract"
                and not (mark[2] == 1 and letters_of(mark[1]) == named)
            ]  # fmt: skip
            headings = locate_bookmarks(marks, lines, body)
        if not headings:
            headings = find_headings(lines, body)
        abstract = mark_front([line for page in pages[:2] for line in page.lines], body)
        mark_equations(lines, body)
        return build_outline(title, abstract, headings, lines)


def _read_page(document: Any, number: int) -> Page:
    raw = pdf.read_page(document, number)
    chars, odd, invisible = _count(raw.blocks)
    scant = chars < 200 or invisible > 0.8 * chars
    images = pdf.image_boxes(document, number) if scant else []
    share = _share(images, raw.width * raw.height)
    ocr = invisible > 0.8 * chars and chars > 0 and share > 0.5
    found = []
    if not ocr:
        seen = pdf.backgrounds(document, number) if has_white(raw.blocks) else None
        found = split_hidden(raw.blocks, raw.bounds, seen)
    facts = PageFacts(number, chars, odd, share, raw.error, ocr)
    return Page(number, raw.height, _lines(raw), facts, report(number, found))


def _count(blocks: Sequence[dict[str, Any]]) -> tuple[int, int, int]:
    """Characters on a page, odd ones among them, and those painted neither filled nor stroked."""
    chars = odd = invisible = 0
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                text = span["text"].strip(" ")
                chars += len(text)
                odd += odd_chars(text) if not text.isascii() or not text.isprintable() else 0
                invisible += 0 if span["char_flags"] & 48 else len(text)
    return chars, odd, invisible


def _share(boxes: Sequence[tuple[float, float, float, float]], area: float) -> float:
    covered = sum(max(0.0, x1 - x0) * max(0.0, y1 - y0) for x0, y0, x1, y1 in boxes)
    return min(1.0, covered / max(area, 1.0))


def _lines(raw: pdf.RawPage) -> list[Line]:
    parts = drop_line_numbers(fragments(raw.blocks), raw.width)
    gutter = find_gutter(parts, raw.width)
    lines = [line_of(row, raw.number) for row in rows_of(parts, gutter)]
    ordered = in_reading_order([line for line in lines if line is not None], gutter)
    mark_sidebar(ordered, gutter)
    return ordered


def _mark_roles(document: Any, pages: Sequence[Page]) -> BodyStyle:
    """Take everything that is no running text out of the body; say what the body looks like."""
    mark_margins([page.lines for page in pages], [page.height for page in pages])
    everything = [line for page in pages for line in page.lines]
    size = body_size(line for line in everything if line.role == "body")
    body = body_style(everything, size)
    mark_title(pages[0].lines, pages[0].height, size)
    for page in pages:
        page.captions = find_captions(page.lines, size)
        ruled = any(caption.kind != "figure" for caption in page.captions)
        rules = pdf.rules(document, page.number) if ruled else []
        claim_regions(page.captions, page.lines, rules, body)
        mark_footnotes(page.lines, page.height, size)
    return body


def _sentences(outline: Outline, words: Vocabulary, body: BodyStyle) -> tuple[Sentence, ...]:
    sentences: list[Sentence] = []
    for section, lines in outline.parts:
        for text, boxes in passage_of(lines, words, body).sentences():
            if sum(map(str.isalpha, text.replace("[equation]", ""))) < 3:
                continue
            number = len(sentences) + 1
            sentences.append(Sentence(f"s{number}", section, boxes[0].page, text, boxes))
    return tuple(sentences)


def _plain(lines: Sequence[Line], words: Vocabulary, body: BodyStyle) -> str:
    return passage_of(lines, words, body).text


def _tables(document: Any, pages: Sequence[Page]) -> tuple[Table, ...]:
    tables: list[Table] = []
    for page in pages:
        for caption in page.captions:
            if caption.kind != "table":
                continue
            number = len(tables) + 1
            box = caption.region
            cells = pdf.words_in(document, page.number, box[1:]) if box else []
            rows = table_rows(cells, number)
            text = clean(" ".join(line.text for line in caption.lines))
            tables.append(Table(caption.label, page.number, rows, text))
    return tuple(tables)


def _figures(pages: Sequence[Page], words: Vocabulary, body: BodyStyle) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            caption.label,
            _plain(caption.lines, words, body),
            page.number,
            Box(page.number, *(round(value, 1) for value in caption.region[1:])),
        )
        for page in pages
        for caption in page.captions
        if caption.kind == "figure" and caption.region is not None
    )


def _sha256(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
