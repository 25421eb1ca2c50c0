"""The order in which a two-column page is read, and lines that are set wide."""

from __future__ import annotations

from digest.extract.layout import in_reading_order
from digest.extract.lines import Fragment, Line, rows_of


def line(x0: float, y0: float, text: str) -> Line:
    return Line(1, x0, y0, x0 + 240, y0 + 10, text, 10, "R", False, False, False, 0.0, 6)


def quadrants() -> list[Line]:
    places = {"a": (48, 100), "b": (318, 100), "c": (48, 500), "d": (318, 500)}
    return [line(x, y, text) for text, (x, y) in places.items()]


def order(*drawn: tuple[float, float, float, float]) -> str:
    return "".join(found.text for found in in_reading_order(quadrants(), 306, drawn))


def test_a_rule_over_both_columns_parts_the_page() -> None:
    assert order() == "acbd"
    assert order((48, 300, 564, 300.5)) == "abcd"


def test_a_rule_of_one_column_or_a_coloured_ground_does_not() -> None:
    assert order((48, 300, 294, 300.5)) == "acbd"
    assert order((0, 300, 612, 792)) == "acbd"


def part(x0: float, x1: float, y: float, text: str) -> Fragment:
    spans = [{"text": text, "font": "R"}]
    return Fragment(x0, y - 8, x1, y + 2, y, 10, len(text), spans)


def rows(*words: tuple[float, float, str]) -> list[int]:
    text = [part(48, 294, y, "the text of a column that is full") for y in (60, 72, 84)]
    wide = [part(x0, x1, 96, word) for x0, x1, word in words]
    return [len(row) for row in rows_of([*text, *wide], 306)]


def test_a_justified_line_of_few_words_is_one_line() -> None:
    assert rows((48, 120, "them"), (140, 220, "decomposes"), (240, 294, "its")) == [1, 1, 1, 3]


def test_words_that_do_not_reach_the_edge_are_cells() -> None:
    cells = rows((48, 120, "them"), (140, 220, "decomposes"), (240, 280, "its"))
    assert cells == [1, 1, 1, 1, 1, 1]
