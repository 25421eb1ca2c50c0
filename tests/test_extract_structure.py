"""Structure of whole pages set here: run-in headings, references without one, turned pages, ..."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from digest.extract import Layout
from digest.extract.reader import Reader
from digest.records import Document

Setter = Callable[[pymupdf.Page], None]
LEFT, RIGHT = 54, 318  # where the columns begin on a page of 612 pt
FILLER = [
    "The model reads the speech of the speaker and the",
    "noise of the room, and it is trained with a loss that",
    "we describe in this part of the paper for the reader.",
    "It is as good as the systems that are known to us and",
    "it needs less of the memory that the others ask for.",
]
WIDE = [f"{a} and {b}" for a, b in zip(FILLER[:2], FILLER[3:], strict=True)] + [
    "It is as good as the systems that are known to us, and it needs less memory than others."
]
ROMAN, BOLD, ITALIC = "tiro", "tibo", "tiit"


def put(page: pymupdf.Page, x: float, y: float, text: str, font: str = ROMAN, size: float = 10):
    page.insert_text((x, y), text, fontname=font, fontsize=size)
    return x + pymupdf.get_text_length(text, font, size)


def column(page: pymupdf.Page, x: float, y: float, lines: list[str], size: float = 10) -> float:
    """Set lines at 12 pt leading; the y below the last."""
    for line in lines:
        put(page, x, y, line, size=size)
        y += 12
    return y


def front(page: pymupdf.Page) -> None:
    """The first page of every paper here."""
    put(page, 150, 60, "Careful Reading of Short Papers", BOLD, 26)
    put(page, 260, 90, "Ada Nobody", size=11)
    put(page, 280, 130, "Abstract", BOLD, 12)
    column(page, 120, 150, ["We read short papers with care and say what the", "papers hold."])


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Document]:
    """Set a front page and those of the given functions, save them, read them."""

    def _read(*setters: Setter, layout: Layout = "fast", turn: int = 0) -> Document:
        path = tmp_path / "paper.pdf"
        with pymupdf.open() as document:
            for setter in (front, *setters):
                setter(document.new_page(width=612, height=792))
            if turn:
                document[1].set_rotation(turn)
            document.save(path)
        return Reader(layout=layout).read(str(path))

    return _read


def titles(document: Document) -> list[tuple[int, str]]:
    """Of all sections but the abstract, which is on the front page."""
    return [(section.level, section.title) for section in document.sections[1:]]


def texts(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences if sentence.page > 1]


def roles(document: Document, role: str) -> list[str]:
    return [aside.text for aside in document.asides if aside.page > 1 and aside.role == role]


def ieee(page: pymupdf.Page) -> None:
    put(page, 130, 60, "I. INTRODUCTION")
    y = column(page, LEFT, 78, FILLER * 3)
    put(page, 140, y, "II. METHODS")  # no gap above it
    put(page, LEFT, y + 14, "A. Encoder of the Speech", ITALIC)  # right under a heading
    y = column(page, LEFT, y + 28, FILLER * 2)
    end = put(page, LEFT + 10, y, "1) Attention:", ITALIC)
    put(page, end + 3, y, "We use attention over frames.")
    column(page, LEFT, y + 12, FILLER)
    put(page, RIGHT + 70, 60, "III. RESULTS")
    column(page, RIGHT, 78, FILLER * 5)


def test_ieee_headings_without_a_gap_under_headings_and_run_in(
    read: Callable[..., Document],
) -> None:
    document = read(ieee)
    assert titles(document) == [
        (1, "INTRODUCTION"),
        (1, "METHODS"),
        (2, "Encoder of the Speech"),
        (3, "Attention"),
        (1, "RESULTS"),
    ]
    assert "We use attention over frames." in texts(document)


def long_run_in(page: pymupdf.Page) -> None:
    put(page, LEFT, 60, "1 Introduction", BOLD, 12)
    y = column(page, LEFT, 80, FILLER * 2) + 12
    put(page, LEFT, y, "1.1. The influence of nodes that others have not", BOLD)
    end = put(page, LEFT, y + 12, "yet reached.", BOLD)
    put(page, end + 3, y + 12, "We look at nodes here and")
    y = column(page, LEFT, y + 24, FILLER * 2) + 12
    end = put(page, LEFT, y, "1.2. k-shell decomposition.", BOLD)
    put(page, end + 3, y, "We peel the graph.")
    y = column(page, LEFT, y + 12, FILLER * 2)
    put(page, LEFT, y + 12, "2 Method", BOLD, 12)
    put(page, RIGHT, 60, "3 Results", BOLD, 12)
    column(page, RIGHT, 80, FILLER * 8)


def test_run_in_headings_over_two_lines_and_in_small_letters(
    read: Callable[..., Document],
) -> None:
    document = read(long_run_in)
    assert titles(document)[1:3] == [
        (2, "The influence of nodes that others have not yet reached"),
        (2, "k-shell decomposition"),
    ]
    assert any(text.startswith("We look at nodes here") for text in texts(document))
    assert "We peel the graph." in texts(document)


def chapters(page: pymupdf.Page) -> None:
    put(page, 72, 100, "Chapter 2", BOLD, 24)
    put(page, 72, 140, "Similarity of Songs", BOLD, 24)
    y = column(page, 72, 180, WIDE)
    for title in ("2.1 Related Work", "2.2 Data", "2.3 Method"):
        put(page, 72, y + 20, title, BOLD, 14)
        y = column(page, 72, y + 40, WIDE)


def test_a_chapter_has_its_number_on_a_line_of_its_own(read: Callable[..., Document]) -> None:
    assert titles(read(chapters)) == [
        (1, "Similarity of Songs"), (2, "Related Work"), (2, "Data"), (2, "Method"),
    ]  # fmt: skip


def listing(page: pymupdf.Page) -> None:
    put(page, LEFT, 60, "Summary", BOLD, 14)
    y = column(page, LEFT, 80, FILLER) + 16
    for name, what in (("First_Part.ipynb", "reads the data"), ("Second_Part.ipynb", "plots it")):
        put(page, LEFT, y, name, BOLD)
        put(page, 300, y, what)
        y += 24
    for title in ("Statement of Need", "Delivery"):
        put(page, LEFT, y, title, BOLD, 14)
        y = column(page, LEFT, y + 20, [f"{line} {line}" for line in FILLER]) + 16


def test_a_bold_cell_with_another_beside_it_is_no_heading(read: Callable[..., Document]) -> None:
    assert [title for _, title in titles(read(listing))] == [
        "Summary", "Statement of Need", "Delivery",
    ]  # fmt: skip


def with_contents(page: pymupdf.Page) -> None:
    put(page, 250, 120, "CONTENTS")
    for k, title in enumerate(("1. Introduction", "2. Method", "3. Results", "4. Conclusion")):
        put(page, 72, 140 + 14 * k, title)
        put(page, 530, 140 + 14 * k, str(k + 2))
    y = 240.0
    for title in ("1. INTRODUCTION", "2. METHOD", "3. RESULTS"):
        put(page, 230, y, title)
        y = column(page, 72, y + 20, [f"{a} {a}" for a in FILLER]) + 20


def test_the_entries_of_a_table_of_contents_name_no_sections(read: Callable[..., Document]) -> None:
    document = read(with_contents)
    assert [title for _, title in titles(document)] == [
        "CONTENTS", "INTRODUCTION", "METHOD", "RESULTS",
    ]  # fmt: skip
    assert roles(document, "front") == [
        "1. Introduction 2 2. Method 3 3. Results 4 4. Conclusion 5"
    ]


def revtex(page: pymupdf.Page) -> None:
    """The text and, in smaller type, the references end together in two balanced columns."""
    put(page, 130, 48, "I. INTRODUCTION")
    for x in (LEFT, RIGHT):
        y = column(page, x, 66, FILLER * 7)
    column(page, RIGHT, y, ["The last words of the text are these."])
    entries = [f"[{k}] A. Nobody, Phys. Rev. {k}, 1 (2020)." for k in range(1, 11)]
    column(page, LEFT, 600, entries[:5], size=8)
    column(page, RIGHT, 600, entries[5:], size=8)


def test_references_without_a_heading_are_no_sentences(read: Callable[..., Document]) -> None:
    document = read(revtex)
    assert not any("Nobody" in text for text in texts(document))
    assert texts(document)[-1] == "The last words of the text are these."
    assert len(roles(document, "reference")) == 10


def with_algorithm(page: pymupdf.Page) -> None:
    column(page, LEFT, 60, FILLER * 10)
    page.draw_line((RIGHT, 60), (558, 60))
    put(page, RIGHT, 72, "Algorithm 1 Training", BOLD)
    page.draw_line((RIGHT, 78), (558, 78))
    for k, step in enumerate(("sample a batch", "take a step")):
        put(page, RIGHT, 92 + 12 * k, f"{k + 1}: {step}")
    page.draw_line((RIGHT, 112), (558, 112))
    column(page, RIGHT, 140, FILLER * 8)
    page.draw_line((RIGHT, 640), (558, 640))


def test_the_text_below_an_algorithm_is_not_part_of_it(read: Callable[..., Document]) -> None:
    document = read(with_algorithm)
    assert roles(document, "algorithm") == ["1: sample a batch 2: take a step"]
    assert sum(text.startswith("The model reads") for text in texts(document)) == 18


def side_by_side(page: pymupdf.Page) -> None:
    y = column(page, 72, 60, WIDE * 3)
    for x, label in ((72, "Figure 1: Losses of the"), (310, "Figure 2: Scores of the")):
        page.draw_rect(pymupdf.Rect(x, y + 5, x + 180, y + 80))
        put(page, x, y + 100, label)
        put(page, x, y + 112, f"systems of panel {label[7]} here.")
    column(page, 72, y + 150, WIDE * 3)


def test_captions_side_by_side_are_two(read: Callable[..., Document]) -> None:
    document = read(side_by_side)
    assert [figure.caption for figure in document.figures] == [
        "Figure 1: Losses of the systems of panel 1 here.",
        "Figure 2: Scores of the systems of panel 2 here.",
    ]
    assert not any("panel" in text for text in texts(document))


def labelled(page: pymupdf.Page) -> None:
    """References that hang behind wide labels in the right column."""
    put(page, LEFT, 60, "Conclusion", BOLD, 12)
    column(page, LEFT, 80, FILLER * 10)
    put(page, RIGHT, 60, "References", BOLD, 12)
    for k in range(12):
        put(page, RIGHT, 80 + 36 * k, f"[Some{k:02}]", size=8)
        column(
            page, RIGHT + 62, 80 + 36 * k, ["Somebody, A. A work with a long", "title. 2020."], 8
        )


def test_columns_stay_apart_where_references_hang_behind_labels(
    read: Callable[..., Document],
) -> None:
    document = read(labelled)
    assert not any("Some" in text for text in texts(document))
    assert len(texts(document)) == 20


def test_a_turned_page_is_read_as_it_is_seen(read: Callable[..., Document]) -> None:
    def sideways(page: pymupdf.Page) -> None:
        for k, line in enumerate(FILLER):
            page.insert_text((100 + 14 * k, 700), line, fontname=ROMAN, fontsize=10, rotate=90)

    document = read(sideways, turn=90)
    assert texts(document)[0].startswith("The model reads the speech of the speaker and the noise")
    box = document.sentences[-1].boxes[0]
    assert box.x1 <= 792
    assert box.y1 <= 612


def test_line_numbers_and_the_stamp_are_kept_beside(read: Callable[..., Document]) -> None:
    def review_copy(page: pymupdf.Page) -> None:
        column(page, 90, 60, WIDE * 7)
        for k in range(20):
            put(page, 60, 60 + 12 * k, str(k + 1), size=7)
        stamp = "arXiv:2601.00001v1 [cs.SD] 1 Jan 2026"
        page.insert_text((30, 500), stamp, fontname=ROMAN, fontsize=20, rotate=90)

    document = read(review_copy)
    assert roles(document, "line-number") == [" ".join(map(str, range(1, 21)))]
    assert roles(document, "stamp") == ["arXiv:2601.00001v1 [cs.SD] 1 Jan 2026"]


def test_an_equation_with_a_full_stop_ends_its_sentence(read: Callable[..., Document]) -> None:
    def equations(page: pymupdf.Page) -> None:
        y = column(page, 72, 60, [*WIDE, "The loss of the model is computed as"])
        put(page, 250, y + 8, "= 2 + 3 - 1 = 4.")
        put(page, 520, y + 8, "(1)")
        column(page, 72, y + 30, ["librosa reads the files of the speakers.", *WIDE])

    document = read(equations)
    assert "The loss of the model is computed as [equation]." in texts(document)
    assert "librosa reads the files of the speakers." in texts(document)


def test_the_model_adds_what_the_fonts_miss_and_says_so(read: Callable[..., Document]) -> None:
    document = read(ieee, layout="model")
    assert document.made_by.options == {"layout": "model"}
    assert (1, "METHODS") in titles(document)


def test_a_reader_out_of_time_says_how_many_pages_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    with pymupdf.open() as document:
        for _ in range(3):
            ieee(document.new_page(width=612, height=792))
        document.save(path)
    late = Reader(pages_s=0).read(str(path))
    assert (late.pages, late.text_quality) == (3, "partial")
    assert "the last 2 pages" in late.text_quality_reason
