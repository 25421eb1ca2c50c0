"""Mending broken words, kinds of sections, glyphs, verdicts on text: the pure parts of extract."""

from __future__ import annotations

import pytest

from digest.extract.glyphs import clean, mend_accents
from digest.extract.headings import split_number
from digest.extract.lines import Line
from digest.extract.quality import PageFacts, judge, odd_chars
from digest.extract.text import Passage, Vocabulary


def line(text: str) -> Line:
    """A line of text whose place and font do not matter."""
    return Line(
        page=1, x0=0, y0=0, x1=9, y1=9, text=text, size=10, font="F", bold=False, italic=False,
        caps=False, math=0, words=5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("elsewhere", "left", "right", "mended"),
    [
        ("a convolution here", "a con-", "volution of", "a convolution of"),
        ("self-supervised loss", "a self-", "supervised one", "a self-supervised one"),
        ("", "a self-", "supervised one", "a self-supervised one"),
        ("", "state-of-the-", "art", "state-of-the-art"),
        ("", "it is pre-", "dicted by", "it is predicted by"),
        ("a trained model", "a pre-", "trained one", "a pre-trained one"),
        ("the user defined it", "a user-", "defined rate", "a user-defined rate"),
        ("", "the Wiener-", "Hammerstein model", "the Wiener-Hammerstein model"),
        ("at INTERSPEECH", "the INTER-", "SPEECH challenge", "the INTERSPEECH challenge"),
        ("", "GPT-", "2 is", "GPT-2 is"),
        ("", "a 3-", "layer net", "a 3-layer net"),
        ("more work is over", "More-", "over, it", "Moreover, it"),
        ("", "an exclusive-", "or gate", "an exclusive-or gate"),
        ("", "it is ex-", "tremely large", "it is extremely large"),
    ],
)
def test_broken_words_are_mended_by_the_words_of_the_paper(
    elsewhere: str, left: str, right: str, mended: str
) -> None:
    assert Vocabulary([line(elsewhere)]).join(left, right) == mended


def test_a_number_after_a_hyphen_stays_with_its_name() -> None:
    passage = Passage()
    for text in ("the sentences of NTREX-", "128 and others"):
        passage.add(line(text), text, Vocabulary([]))
    assert passage.text == "the sentences of NTREX-128 and others"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("eﬃcient ﬂow", "efficient flow"),
        ("𝑥 and 𝐲", "x and y"),
        ("soft\u00adware", "software"),
        ("10\u00a0Hz", "10 Hz"),
        ("10²", "10²"),
        ("a\x01b", "ab"),
    ],
)
def test_glyphs_become_characters(raw: str, text: str) -> None:
    assert clean(raw) == text


def test_accents_join_their_letters() -> None:
    assert mend_accents("na¨ıve Universit`a, caf´e") == "naïve Università, café"
    assert mend_accents("the `a' sound") == "the `a' sound"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3.1 Encoding", ("3.1", 2, "Encoding")),
        ("3.1Encoding", ("3.1", 2, "Encoding")),
        ("II. METHOD", ("II", 1, "METHOD")),
        ("B.2 Data", ("B.2", 2, "Data")),
        ("Appendix A: Proofs", ("A", 1, "Proofs")),
        ("A model of speech", ("", 0, "A model of speech")),
        ("Introduction", ("", 0, "Introduction")),
    ],
)
def test_numbers_of_headings(text: str, parts: tuple[str, int, str]) -> None:
    assert split_number(text) == parts


@pytest.mark.parametrize(
    ("facts", "text", "repaired", "quality"),
    [
        ([PageFacts(1, 900, 0, 0.0)], "the text of the paper is in the page " * 30, False, "good"),
        (
            [PageFacts(1, 900, 0, 0.0)],
            "the text of the paper is in the page " * 30,
            True,
            "damaged",
        ),
        ([PageFacts(1, 0, 0, 0.9)], "", False, "scanned"),
        ([PageFacts(1, 0, 0, 0.0)], "", False, "empty"),
        ([PageFacts(1, 900, 300, 0.0)], "qx zr " * 100, False, "garbage"),
        ([PageFacts(1, 900, 0, 0.0)], "qx zr " * 100, False, "garbage"),
        (
            [PageFacts(1, 900, 0, 0.0), PageFacts(2, 0, 0, 0.9)],
            "the text of the paper is in the page " * 30,
            False,
            "partial",
        ),
        ([PageFacts(1, 9, 0, 0.0, error="cut")], "", False, "damaged"),
    ],
)
def test_verdicts(facts: list[PageFacts], text: str, repaired: bool, quality: str) -> None:
    assert judge(facts, text, repaired)[0] == quality


def test_odd_characters_are_counted() -> None:
    assert odd_chars("ab\x01\ufffd\ue001\n") == 3
    assert odd_chars("(cid:12)") == 8
