"""A PDF read into a ``Document``; the top of the stage, meant to run inside a ``Worker``."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from digest import files
from digest.extract import pdf
from digest.extract.asides import Style, asides_of
from digest.extract.bookmarks import locate_bookmarks
from digest.extract.captions import claim_regions, find_captions
from digest.extract.contents import mark_contents
from digest.extract.equations import PLACEHOLDER, mark_equations
from digest.extract.figures import figure_boxes, render
from digest.extract.front import mark_front, mark_title, strip_label
from digest.extract.fusion import fuse, seems_incomplete
from digest.extract.headings import (
    BodyStyle,
    Heading,
    body_style,
    find_headings,
    letters_of,
)
from digest.extract.hidden import switched_off
from digest.extract.identity import Layout, made_by
from digest.extract.language import language_of
from digest.extract.layout import (
    body_size,
    mark_footnotes,
    mark_margins,
)
from digest.extract.lines import Line
from digest.extract.model import LayoutModel
from digest.extract.outline import Outline, build_outline
from digest.extract.page import Page, read_page
from digest.extract.quality import judge
from digest.extract.tables import read_tables
from digest.extract.text import Vocabulary, passage_of
from digest.records import Aside, Box, Document, Figure, Instruction, Sentence, Table
from digest.words.instructions import find_instructions

_AUTO_PAGES = 40  # at 2.7 pages/s a quarter of a minute; a thesis takes that for its first part


class Reader:
    """Reads PDFs.

    Args:
        use_bookmarks: False finds the headings by how the pages are set, even where the PDF
            names them.
        layout: ``fast`` decides by fonts and places; ``model`` also asks PyMuPDF's layout model
            where a PDF has no bookmarks; ``auto`` asks it only where the fast way seems to have
            failed (``seems_incomplete``), and at most for its first 40 pages.
        pages_s: Seconds after which no further page is begun; the document says how many are
            missing.
    """

    def __init__(
        self,
        use_bookmarks: bool = True,
        layout: Layout = "fast",
        pages_s: float = math.inf,
    ) -> None:
        self._use_bookmarks = use_bookmarks
        self._layout = layout
        self._pages_s = pages_s
        self._model: LayoutModel | None = None

    def render_figure(self, path: str, figure: Figure, dpi: int = 150) -> bytes:
        """A figure of the PDF at ``path`` as a PNG.

        Raises:
            ExtractError: The PDF cannot be opened, or the figure cannot be painted.
        """
        with pdf.open_pdf(path) as document:
            return render(document, figure, dpi)

    def read(self, path: str) -> Document:
        """What the PDF at ``path`` says.

        Raises:
            ExtractError: It cannot be opened, is encrypted, has no pages, or none can be read.
        """
        pdf.take_warnings()  # of the paper before
        with pdf.open_pdf(path) as document:
            count = pdf.page_count(document, path)
            pages = self._pages(document, count)
            body = _mark_roles(document, pages)
            outline = self._outline(document, pages, body)
            tables = _tables(document, pages)
            hidden = (*(text for page in pages for text in page.hidden), *switched_off(document))
            damaged = pdf.is_damaged(document, path)
        lines = [line for page in pages for line in page.lines]
        text = "\n".join(line.text for line in lines)
        facts = [page.facts for page in pages]
        quality, reason = judge(facts, text, damaged, pdf.take_warnings(), count - len(pages))
        cited: Sequence[tuple[int, str]] = ()
        found = Document(
            files.sha256(Path(path)), count, "", "", quality, reason, (), (), (), (), hidden,
            made_by=made_by(self._layout), language="",
        )  # fmt: skip
        if quality not in ("garbage", "scanned", "empty"):
            found = _filled(replace(found, tables=tables), pages, outline, body)
            cited = _cited(outline, body)
        return replace(found, instructions=_instructions(found, cited))

    def _pages(self, document: Any, count: int) -> list[Page]:
        """The pages, as far as the processor's time goes; the first in any case.

        Not by the clock on the wall: what is read does not depend on who else is at work.
        """
        until = time.process_time() + self._pages_s
        pages: list[Page] = []
        for number in range(1, count + 1):
            if pages and time.process_time() > until:
                break
            pages.append(read_page(document, number))
        return pages

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
            headings = self._by_pages(document, pages, lines, body)
        abstract = mark_front([line for page in pages[:2] for line in page.lines], body)
        mark_equations(lines, body)
        return build_outline(title, abstract, headings, lines, body.size)

    def _by_pages(
        self, document: Any, pages: Sequence[Page], lines: Sequence[Line], body: BodyStyle
    ) -> list[Heading]:
        headings = find_headings(lines, body)
        unsure = self._layout == "auto" and seems_incomplete(headings, len(pages))
        if self._layout == "model" or unsure:
            self._model = self._model or LayoutModel()
            shown = range(1, len(pages) + 1)[: _AUTO_PAGES if unsure else None]
            regions = {n: self._model.regions(pdf.page_at(document, n)) for n in shown}
            headings = fuse(headings, lines, regions, body)
        return headings


def _mark_roles(document: Any, pages: Sequence[Page]) -> BodyStyle:
    """Take everything that is no running text out of the body; say what the body looks like."""
    mark_margins([page.lines for page in pages], [page.height for page in pages])
    everything = [line for page in pages for line in page.lines]
    size = body_size(line for line in everything if line.role == "body")
    body = body_style(everything, size)
    mark_contents(everything)
    mark_title(pages[0].lines, pages[0].height, size)
    for page in pages:
        page.captions = find_captions(page.lines, size)
        ruled = any(caption.kind != "figure" for caption in page.captions)
        rules = pdf.rules(document, page.number) if ruled else []
        claim_regions(page.captions, page.lines, rules, body)
        mark_footnotes(page.lines, page.height, size)
    return body


def _filled(found: Document, pages: Sequence[Page], outline: Outline, body: BodyStyle) -> Document:
    """The document with the text of its pages."""
    words = Vocabulary(line for page in pages for line in page.lines)
    style = (words, body)
    sentences = _sentences(outline, style)
    return replace(
        found,
        title=passage_of(outline.title, *style).text,
        abstract=strip_label(passage_of(outline.abstract, *style).text),
        sections=outline.sections,
        sentences=sentences,
        figures=_figures(pages, style),
        asides=_asides(pages, outline, style),
        language=language_of(" ".join(sentence.text for sentence in sentences)),
    )


def _sentences(outline: Outline, style: Style) -> tuple[Sentence, ...]:
    sentences: list[Sentence] = []
    for section, lines in outline.parts:
        for text, boxes in passage_of(lines, *style).sentences():
            if sum(map(str.isalpha, text.replace(PLACEHOLDER, ""))) < 3:
                continue
            number = len(sentences) + 1
            sentences.append(Sentence(f"s{number}", section, boxes[0].page, text, boxes))
    return tuple(sentences)


def _asides(pages: Sequence[Page], outline: Outline, style: Style) -> tuple[Aside, ...]:
    lines = [line for page in pages for line in page.lines]
    heights = {page.number: page.height for page in pages}
    found = [aside for page in pages for aside in page.asides]
    captions = [caption for page in pages for caption in page.captions]
    found += asides_of(lines, heights, captions, outline.references, style)
    return tuple(sorted(found, key=lambda aside: aside.page))


def _tables(document: Any, pages: Sequence[Page]) -> tuple[Table, ...]:
    tables: list[Table] = []
    for page in pages:
        if any(caption.kind == "table" for caption in page.captions):
            sheet = pdf.page_at(document, page.number)
            tables += read_tables(sheet, page.captions, page.unseen, len(tables) + 1)
    return tuple(tables)


def _figures(pages: Sequence[Page], style: Style) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for page in pages:
        boxes = figure_boxes(page.painted, page.captions, page.lines)
        for caption, drawn in zip(page.captions, boxes, strict=True):
            box = drawn or caption.region  # where nothing is drawn, the text it labels
            if caption.kind == "figure" and box is not None:
                place = Box(page.number, *(round(value, 1) for value in box[1:]))
                text = passage_of(caption.lines, *style).text
                figures.append(Figure(caption.label, text, page.number, place))
    return tuple(figures)


def _cited(outline: Outline, body: BodyStyle) -> list[tuple[int, str]]:
    """Page and text of each sentence that stands behind the heading of the references.

    Not only the entries stand there: what follows the last one, on a page of its own perhaps, is
    taken for its end, and would be reported on the page where the entry begins.
    """
    lines = [replace(line, role="body") for line in outline.references]
    return [
        (boxes[0].page, text)
        for text, boxes in passage_of(lines, Vocabulary(lines), body).sentences()
    ]


def _instructions(found: Document, cited: Sequence[tuple[int, str]]) -> tuple[Instruction, ...]:
    """What speaks to a model, in the text that a reader sees and in the text that he does not."""
    visible = [(1, found.title)]
    visible += [(sentence.page, sentence.text) for sentence in found.sentences]
    visible += [(a.page, a.text) for a in found.asides if a.role != "reference"]
    visible += cited
    visible += [(t.page, " ".join(row.cells)) for t in found.tables for row in t.rows]
    return find_instructions(visible, [(hidden.page, hidden.text) for hidden in found.hidden])
