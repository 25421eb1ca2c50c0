"""Whole synthetic papers: what a two-column paper makes hard, with its truth beside it.

Ligatures, broken words, raised marks, footnotes, running heads, page numbers, a stamp at the side,
figures and tables in a column, over the full width at the top and in the middle of a page. Where a
full-width float parts a page, the text above it is read first, both columns, then the text below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pymupdf

from digest.evaluate.papers.grids import PLANS, Grid
from digest.evaluate.papers.hiding import WAYS, plant
from digest.evaluate.papers.prose import Prose
from digest.evaluate.papers.setting import Frame, Pages, Setting, Style, break_lines, pour
from digest.evaluate.papers.truth import Truth

_TOP, _BOTTOM = 62.0, 736.0
_TITLE = Style(face="bold", size=16, centred=True)
_AUTHORS = Style(size=11, centred=True, before_pt=8)
_BODY = Style(size=10, indent_pt=12)
_SECTION = Style(face="bold", size=12, before_pt=12, keep=2)
_SUBSECTION = Style(face="bold", size=10.5, before_pt=8, keep=2)
_NOTE = Style(size=8)
_REFERENCE = Style(size=9, before_pt=2)
_WAYS = tuple(WAYS)


@dataclass(frozen=True, slots=True)
class Form:
    """How a paper is set. ``hide``: plants hidden text on a page of its own."""

    seed: int
    columns: int = 2
    numbered: bool = True
    hide: bool = False

    @property
    def left(self) -> float:
        return 48.0 if self.columns == 2 else 90.0

    @property
    def width(self) -> float:
        """Of one column."""
        return 246.0 if self.columns == 2 else 432.0


class Article:
    """One paper, written and set by ``make``."""

    def __init__(self, path: Path, form: Form) -> None:
        self._form, self._prose, self._random = form, Prose(form.seed), Random(form.seed)
        self._pages = Pages()
        self._truth = Truth(path, form.columns)
        self._figures = self._tables = self._notes = 0

    def make(self) -> Truth:
        """Write the PDF; returns its truth."""
        lines = [line for block in self._blocks() for line in block]
        pour(lines, self._frames(), self._pages)
        count = len(self._pages.document)
        self._furniture(count)
        self._pages.flush()
        if self._form.hide:
            self._hide(count)
        with self._pages.document as document:
            document.save(self._truth.path, garbage=3, deflate=True)
        return self._truth

    def _blocks(self) -> Iterator[list[Setting]]:
        yield self._lines("Abstract", _SECTION)
        yield self._paragraph(5)
        numbers = [0, 0]
        for level, title in self._prose.headings():
            numbers = [numbers[0] + 1, 0] if level == 1 else [numbers[0], numbers[1] + 1]
            printed = ".".join(map(str, numbers[:level]))
            text = f"{printed} {title}" if self._form.numbered else title
            self._truth.headings.append(title)
            yield self._lines(text, _SECTION if level == 1 else _SUBSECTION)
            for _ in range(self._random.randint(4, 5)):
                yield self._paragraph(self._random.randint(3, 5))
        yield self._lines("References", _SECTION)
        for number in range(1, 13):
            yield self._lines(f"[{number}] {self._reference()}", _REFERENCE)

    def _reference(self) -> str:
        year = self._random.randint(1990, 2023)
        return f"B. Hufner and C. Ofili. {self._prose.title()}. Annals of Lattices, {year}."

    def _lines(self, text: str, style: Style) -> list[Setting]:
        return break_lines(text, style, self._form.width)

    def _paragraph(self, sentences: int) -> list[Setting]:
        texts = self._prose.paragraph(sentences)
        self._truth.sentences += texts
        if self._random.random() < 0.15:
            texts[0] = self._marked(texts[0])
        return self._lines(" ".join(texts), _BODY)

    def _marked(self, sentence: str) -> str:
        """The sentence with a footnote's mark raised at its end."""
        self._notes += 1
        return f"{sentence}^{self._notes}"

    def _frames(self) -> Iterator[Frame]:
        """The columns of all pages in reading order; floats are set as their page is reached."""
        yield from self._first_page()
        index = 1
        while True:
            if index % 3 == 1:
                figure = self._figure(index, _TOP, self._full, 130)
                yield from self._columns(index, figure, _BOTTOM)
            elif index % 3 == 2:
                yield from self._columns(index, _TOP, 330)
                table = self._table(Frame(index, self._form.left, 344, self._full, _BOTTOM), True)
                yield from self._columns(index, table, _BOTTOM)
            else:
                yield from self._with_column_floats(index)
            index += 1

    @property
    def _full(self) -> float:
        return Pages.WIDTH - 2 * self._form.left

    def _first_page(self) -> Iterator[Frame]:
        head = Frame(0, self._form.left, _TOP, self._full, _BOTTOM)
        pour(break_lines(self._prose.title(), _TITLE, head.width), iter([head]), self._pages)
        authors = "Ada Zeflik, Bruno Hufner and Cleo Ofili"
        pour(break_lines(authors, _AUTHORS, head.width), iter([head]), self._pages)
        self._pages.page(0).insert_text(
            (24, 520), "arXiv:0000.00000v1 [cs.ZZ] 1 Jan 2000", fontsize=16, rotate=90
        )
        yield from self._columns(0, head.y + 14, _BOTTOM - 24, note=True)

    def _columns(self, page: int, top: float, bottom: float, note: bool = False) -> Iterator[Frame]:
        step = self._form.width + 24
        for column in range(self._form.columns):
            yield Frame(page, self._form.left + column * step, top, self._form.width, bottom)
        if note:
            self._footnote(page, bottom)

    def _footnote(self, page: int, y: float) -> None:
        x = self._form.left
        self._pages.rule(page, x, x + 60, y + 8)
        self._pages.text(
            page, (x, y + 18), "1 Code and staircases are to be had on request.", _NOTE
        )

    def _with_column_floats(self, page: int) -> Iterator[Frame]:
        """A table on top of the first column, a figure on top of the last."""
        frames = list(self._columns(page, _TOP, _BOTTOM))
        top = self._table(replace(frames[0]), False)
        for column, frame in enumerate(frames):
            frame.y = top if column == 0 else _TOP
            if column == 1:
                frame.y = self._figure(page, _TOP, frame.width, 110, frame.x)
            yield frame

    def _figure(
        self, page: int, top: float, width: float, height: float, x: float | None = None
    ) -> float:
        """Set a figure and its caption; returns where the text goes on."""
        self._figures += 1
        x = self._form.left if x is None else x
        canvas = self._pages.page(page)
        canvas.draw_rect(pymupdf.Rect(x, top, x + width, top + height), color=(0.4, 0.4, 0.4))
        for k, word in enumerate(("Filter", "Lattice", "Reflector")):
            left = x + width * (0.06 + 0.32 * k)
            box = pymupdf.Rect(left, top + 30, left + width * 0.24, top + 70)
            canvas.draw_rect(box, color=(0, 0, 0), fill=(0.85, 0.9, 1))
            self._pages.text(page, (left + 6, top + 54), word, _NOTE)
        frame = Frame(page, x, top + height + 4, width, _BOTTOM)
        text = f"Figure {self._figures}: The staircase of the {word.lower()}, seen from the annex."
        pour(break_lines(text, Style(size=9), width), iter([frame]), self._pages)
        return frame.y + 16

    def _table(self, frame: Frame, wide: bool) -> float:
        """Set a result table; returns where the text goes on."""
        self._tables += 1
        plan = PLANS[self._random.randrange(2) + 2 * wide]
        grid = Grid(self._tables, plan, self._form.seed * 100 + self._tables)
        y = grid.set(self._pages, frame)
        self._truth.cells[grid.label] = grid.cells
        return y + 20

    def _furniture(self, pages: int) -> None:
        """Running heads and page numbers."""
        for index in range(pages):
            if index:
                self._pages.text(index, (self._form.left, 40), "Zeflik, Hufner and Ofili", _NOTE)
            self._pages.text(index, (302, 768), str(index + 1), _NOTE)

    def _hide(self, page: int) -> None:
        """A page of its own for the planted texts, between lines that a reader can see."""
        canvas = self._pages.page(page)
        canvas.insert_text((60, 70), "A visible staircase stands at the head of this page.")
        self._truth.planted += plant(canvas, page + 1, _WAYS, 110.0)


def make_papers(folder: Path, seed: int = 1, count: int = 8) -> list[Truth]:
    """Set ``count`` papers into ``folder``: of every four the last in one column.

    The first and the fourth also carry hidden text; every second one has no numbers at its
    headings.
    """
    forms = [
        Form(seed + k, 1 if k % 4 == 3 else 2, numbered=k % 2 == 0, hide=k in (0, 3))
        for k in range(count)
    ]
    return [
        Article(folder / f"synthetic-{form.columns}-{form.seed}.pdf", form).make() for form in forms
    ]
