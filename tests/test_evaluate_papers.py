"""Synthetic papers: the truth that they carry is what is printed on them."""

from __future__ import annotations

import pymupdf
import pytest

from digest.evaluate.papers.article import Article, Form
from digest.evaluate.papers.prose import Prose
from digest.evaluate.papers.setting import Style, break_lines, with_ligatures
from digest.evaluate.papers.truth import Truth


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return Article(tmp_path_factory.mktemp("papers") / "one.pdf", Form(3, hide=True)).make()


def printed(truth: Truth) -> str:
    with pymupdf.open(truth.path) as document:
        return "".join(page.get_text(clip=pymupdf.INFINITE_RECT()) for page in document)


def letters(text: str) -> str:
    for glyph, plain in (("ﬃ", "ffi"), ("ﬄ", "ffl"), ("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl")):
        text = text.replace(glyph, plain)
    return "".join(c for c in text if c.isalnum())


def test_the_same_seed_gives_the_same_words() -> None:
    assert Prose(7).paragraph(3) == Prose(7).paragraph(3)
    assert Prose(7).paragraph(3) != Prose(8).paragraph(3)


def test_every_number_and_planted_text_is_on_the_page(truth: Truth) -> None:
    text = letters(printed(truth))
    assert len(truth.cells) >= 2
    for cells in truth.cells.values():
        assert all(letters(cell.text) in text for cell in cells)
    assert len(truth.planted) == 11
    assert all(letters(planted.text) in text for planted in truth.planted)


def test_the_sentences_are_printed_whole_but_for_what_parts_them(truth: Truth) -> None:
    text = letters(printed(truth))
    whole = sum(letters(sentence) in text for sentence in truth.sentences)
    assert len(truth.sentences) > 100
    assert whole > 0.9 * len(truth.sentences)  # page furniture and floats part the others


def test_what_makes_papers_hard_is_there(truth: Truth) -> None:
    text = printed(truth)
    assert "ﬁ" in text
    assert sum(line.endswith("-") for line in text.splitlines()) > 10
    assert any("e.g." in sentence for sentence in truth.sentences)


def test_lines_are_filled_and_nothing_is_lost() -> None:
    words = "an unmodified transformation redistributes the long-range coefficient of affinity"
    lines = break_lines(words, Style(size=10), 90)
    joined = "".join(word for line in lines for word in line.words)
    assert joined.replace("-", "") == words.replace(" ", "").replace("-", "")
    assert [line.first for line in lines] == [True] + [False] * (len(lines) - 1)


def test_ligatures_are_single_glyphs() -> None:
    assert with_ligatures("efficient flow") == "eﬃcient ﬂow"
