"""What stands beside the body: which role, which blocks, in which order."""

from __future__ import annotations

from dataclasses import replace

from digest.extract.asides import asides_of
from digest.extract.captions import Caption
from digest.extract.headings import BodyStyle
from digest.extract.lines import Line, Role
from digest.extract.text import Vocabulary

STYLE = (Vocabulary([]), BodyStyle(10, 12, False, {0: 400.0}))
PLAIN = Line(
    page=1, x0=50, y0=100, x1=450, y1=110, text="text", size=10, font="F", bold=False,
    italic=False, caps=False, math=0, words=5,
)  # fmt: skip


def line(text: str, y0: float, role: Role = "body", **other: float) -> Line:
    return replace(PLAIN, text=text, y0=y0, y1=y0 + 10, role=role, **other)  # type: ignore[arg-type]


def given(lines: list[Line], references: list[Line] | None = None) -> list[tuple[str, str]]:
    found = asides_of(lines, {1: 792.0, 2: 792.0}, [], references or [], STYLE)
    return [(aside.role, aside.text) for aside in found]


def test_margins_by_what_they_say_and_where_they_stand() -> None:
    lines = [
        line("Journal of Zebras", 20, "margin"),
        line("the body", 300),
        line("arXiv:2601.00001v1 [cs.SD]", 400, "margin"),
        line("Preprint. Under review.", 740, "margin"),
        line("12", 770, "margin"),
    ]
    assert given(lines) == [
        ("header", "Journal of Zebras"),
        ("stamp", "arXiv:2601.00001v1 [cs.SD]"),
        ("footer", "Preprint. Under review."),
        ("page-number", "12"),
    ]


def test_each_footnote_is_one_block_with_its_broken_words_mended() -> None:
    lines = [
        line("A first note of two lines with a con-", 700, "footnote", raised=True),
        line("volution in it.", 711, "footnote"),
        line("A second note.", 722, "footnote", raised=True),
    ]
    assert given(lines) == [
        ("footnote", "A first note of two lines with a convolution in it."),
        ("footnote", "A second note."),
    ]


def test_references_are_cut_at_their_marks_also_over_pages() -> None:
    cited = [
        line("[1] A. Nobody. A work", 700),
        line("of two lines. 2020.", 50, page=2),
        line("[2] B. Nobody. x = y.", 62, "equation", page=2),
        line("[3] C. Nobody.", 74, page=2),
    ]
    assert given([], cited) == [
        ("reference", "[1] A. Nobody. A work of two lines. 2020."),
        ("reference", "[2] B. Nobody. x = y."),
        ("reference", "[3] C. Nobody."),
    ]


def test_references_without_marks_are_cut_where_a_line_hangs_out() -> None:
    cited = [
        line("Nobody, A. (2020). A work of", 100),
        line("two lines.", 112, x0=60),
        line("Somebody, B. (2021). Another.", 124),
    ]
    assert [text for _, text in given([], cited)] == [
        "Nobody, A. (2020). A work of two lines.",
        "Somebody, B. (2021). Another.",
    ]


def test_captions_side_by_side_stay_two() -> None:
    left, right = line("Figure 1: A box.", 300, "caption", x1=200), line("Figure 2: A disc.", 300)
    captions = [Caption("figure", f"Figure {n}", 1, 0, [x]) for n, x in ((1, left), (2, right))]
    found = asides_of([left, right], {1: 792.0}, captions, [], STYLE)
    assert [(aside.role, aside.text) for aside in found] == [
        ("caption", "Figure 1: A box."),
        ("caption", "Figure 2: A disc."),
    ]
