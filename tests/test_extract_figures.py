"""Figures: where they stand, and their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import pytest

from digest.errors import ExtractError
from digest.extract.captions import Caption
from digest.extract.figures import figure_boxes, render
from digest.extract.lines import Line
from digest.extract.paint import painting
from digest.extract.reader import Reader
from digest.records import Box, Figure

SAMPLE = Path(__file__).parent / "data" / "papers" / "batched-decoding.pdf"


def line(x0: float, y0: float, x1: float, text: str, role: Any = "body") -> Line:
    words = len(text.split())
    return Line(
        1, x0, y0, x1, y0 + 10, text, 10, "Times", False, False, False, 0.0, words, role=role
    )  # fmt: skip


@pytest.fixture
def page() -> Any:
    with pymupdf.open() as document:
        yield document.new_page(width=612, height=792)


def prose(y: float) -> Line:
    return line(60, y, 290, "a line of running text in the column")


def test_a_figure_is_what_is_drawn_between_the_text_and_its_caption(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(80, 120, 270, 200), color=(0, 0, 0))
    page.draw_line((60, 700), (150, 700))  # a footnote's rule
    label = line(272, 150, 288, "x axis", "figure")
    words = line(60, 210, 250, "Figure 1: A box.", "caption")
    lines = [prose(90), label, words, prose(240)]
    (box,) = figure_boxes(painting(page), [Caption("figure", "Figure 1", 1, 0, [words])], lines)
    assert box is not None
    assert [round(value) for value in box] == [1, 80, 120, 288, 200]


def test_a_figure_below_its_caption_is_found(page: Any) -> None:
    page.draw_circle((170, 300), 60, color=None, fill=(0, 0, 0))
    words = line(60, 210, 250, "Figure 1: A disc.", "caption")
    lines = [prose(190), words, prose(400)]
    (box,) = figure_boxes(painting(page), [Caption("figure", "Figure 1", 1, 0, [words])], lines)
    assert box is not None
    assert [round(value) for value in box] == [1, 110, 240, 230, 360]


def test_nothing_drawn_is_no_box_and_tables_have_none(page: Any) -> None:
    words = line(60, 210, 250, "Figure 1: Words only.", "caption")
    table = line(60, 510, 250, "Table 1: Numbers.", "caption")
    captions = [Caption("figure", "Figure 1", 1, 0, [words])]
    captions.append(Caption("table", "Table 1", 1, 0, [table]))
    assert figure_boxes(painting(page), captions, [words, table]) == [None, None]


def figure(label: str, caption: str, page: int = 1, height: float = 200) -> Figure:
    return Figure(label, caption, page, Box(page, 50, 50, 250, 50 + height))


def test_a_picture_is_cut_from_its_page_and_bounded(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(50, 50, 250, 250), fill=(1, 0, 0), color=(1, 0, 0))
    small = pymupdf.Pixmap(render(page.parent, figure("Figure 1", ""), dpi=72))
    assert abs(small.width - 206) <= 1
    assert small.pixel(100, 100) == (255, 0, 0)
    whole = Figure("Figure 2", "", 1, Box(1, 0, 0, 612, 792))
    large = pymupdf.Pixmap(render(page.parent, whole, dpi=600))
    assert large.width * large.height <= 4_100_000


def test_a_picture_of_a_turned_page_is_upright(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(50, 50, 250, 250), fill=(1, 0, 0), color=(1, 0, 0))
    page.set_rotation(90)  # seen, the square stands at the right: 792 wide, 612 high
    seen = Figure("Figure 1", "", 1, Box(1, 542, 50, 742, 250))
    assert pymupdf.Pixmap(render(page.parent, seen, dpi=72)).pixel(100, 100) == (255, 0, 0)


def test_what_cannot_be_painted_says_so(page: Any) -> None:
    with pytest.raises(ExtractError, match="Figure 9 lies outside page 1"):
        render(page.parent, Figure("Figure 9", "", 1, Box(1, 900, 900, 950, 950)))
    with pytest.raises(ExtractError, match="cannot paint Figure 9"):
        render(page.parent, Figure("Figure 9", "", 7, Box(7, 0, 0, 50, 50)))
    with pytest.raises(ValueError, match="not 5"):
        render(page.parent, figure("Figure 1", ""), dpi=5)


def test_labels_of_axes_belong_to_the_figure():
    """A number on top of a page looks like the page number; the name of an axis stands apart."""
    [figure] = Reader().read(str(SAMPLE)).figures
    assert (figure.label, figure.page) == ("Figure 1", 2)
    assert figure.bbox.y0 < 69  # the number 60 at 68 pt, beside the uppermost line of the grid
    assert figure.bbox.y1 > 164  # "sequences", below the numbers of the axis
