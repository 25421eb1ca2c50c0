"""Headings by the model and by fonts put together: what is added, refuted, or called incomplete."""

from __future__ import annotations

from dataclasses import replace

from digest.extract.fusion import fuse, seems_incomplete
from digest.extract.headings import BodyStyle, Heading
from digest.extract.lines import Line
from digest.extract.model import Region

BODY = BodyStyle(10, 12, False, {0: 400.0})
PLAIN = Line(
    page=1, x0=50, y0=100, x1=450, y1=110, text="a line of running text", size=10, font="F",
    bold=False, italic=False, caps=False, math=0, words=5,
)  # fmt: skip


def bold(text: str, y0: float) -> Line:
    return replace(PLAIN, text=text, y0=y0, y1=y0 + 10, x1=150, bold=True)


def heading(line: Line, title: str, numbered: bool = True) -> Heading:
    line.role = "heading"
    return Heading(title, 1, line.page, [line], numbered=numbered)


def around(line: Line, name: str) -> Region:
    return Region(name, line.x0 - 1, line.y0 - 1, line.x1 + 1, line.y1 + 1)


def test_a_line_that_the_model_calls_a_heading_and_that_is_set_like_one_is_added() -> None:
    first, second, plain = bold("1 Introduction", 80), bold("Data", 200), replace(PLAIN, y0=240)
    regions = [around(second, "section-header"), Region("section-header", 49, 239, 451, 251)]
    found = fuse([heading(first, "Introduction")], [first, second, plain], {1: regions}, BODY)
    assert [h.title for h in found] == ["Introduction", "Data"]
    assert (second.role, plain.role) == ("heading", "body")


def test_an_unnumbered_heading_in_a_table_is_none() -> None:
    first, cell = bold("1 Introduction", 80), bold("System", 200)
    headings = [heading(first, "Introduction"), heading(cell, "System", numbered=False)]
    found = fuse(headings, [first, cell], {1: [around(cell, "table")]}, BODY)
    assert [h.title for h in found] == ["Introduction"]
    assert cell.role == "body"


def test_a_numbered_heading_is_never_refuted() -> None:
    first = bold("1 Introduction", 80)
    found = fuse([heading(first, "Introduction")], [first], {1: [around(first, "table")]}, BODY)
    assert [h.title for h in found] == ["Introduction"]


def test_pages_that_the_model_has_not_seen_stay_as_they_are() -> None:
    first, second = bold("1 Introduction", 80), bold("Data", 200)
    assert len(fuse([heading(first, "Introduction")], [first, second], {}, BODY)) == 1


def named(*titles: str) -> list[Heading]:
    return [
        heading(bold(title, 80), title.lstrip("0123456789. "), title[0].isdigit())
        for title in titles
    ]  # fmt: skip


def test_what_looks_incomplete() -> None:
    whole = named("1 Introduction", "2 Method", "3 Results", "4 Conclusion")
    assert not seems_incomplete(whole, 8)
    assert seems_incomplete(whole[:2], 8)  # too few
    assert not seems_incomplete(whole[:1], 3)  # but a short paper may have no more
    assert seems_incomplete(whole, 20)  # too few for its length
    assert seems_incomplete([*whole[:2], *named("5 Method", "6 Results")], 8)  # 3 and 4 are missing
    assert seems_incomplete(named("Zebras", "Lions", "Tigers"), 8)  # none that papers share
