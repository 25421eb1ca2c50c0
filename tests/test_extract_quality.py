"""Verdicts on text: counts and warnings in, a word and a reason out."""

from __future__ import annotations

import pytest

from digest.extract.quality import PageFacts, judge, losses_in

PROSE = "the text of the paper is in the page and it goes on " * 20
FRENCH = "nous présentons une méthode de reconnaissance de la parole dans le bruit " * 20
PAGE = PageFacts(1, 900, 0, 0.0)
SCAN = PageFacts(2, 0, 0, 0.9)


def test_good_text_needs_no_reason() -> None:
    assert judge([PAGE], PROSE, False) == ("good", "")
    assert judge([PAGE], FRENCH, False) == ("good", "")


def test_pages_that_fail_are_named() -> None:
    broken = PageFacts(3, 0, 0, 0.0, error="cannot parse")
    assert judge([PAGE, broken], PROSE, False) == ("damaged", "pages that cannot be read: 3")


def test_a_rebuilt_file_is_damaged_even_where_all_pages_have_text() -> None:
    quality, reason = judge([PAGE], PROSE, True)
    assert quality == "damaged"
    assert "had to be rebuilt" in reason


@pytest.mark.parametrize(
    ("warning", "meaning"),
    [
        ("ignoring zlib error: incorrect data check", "compressed data is broken"),
        ("read error; treating as end of file", "compressed data is broken"),
        ("cannot load object (11 0 R) into cache", "objects are missing"),
        ("ignored error when loading embedded font; attempting", "a font is broken"),
        ("encountered syntax errors; page may not be correct", "a page's code is broken"),
    ],
)
def test_lost_content_is_read_from_warnings(warning: str, meaning: str) -> None:
    assert losses_in(f"something else\n{warning}\n") == (meaning,)
    reason = f"the file is damaged: {meaning}; text may be missing"
    assert judge([PAGE], PROSE, False, warning) == ("damaged", reason)


def test_warnings_of_intact_papers_mean_nothing() -> None:
    warning = "bogus font (AKFKEI+AdvOT65f8a23b.I) ascent/descent values (0 / -209)"
    assert losses_in(warning) == ()
    assert judge([PAGE], PROSE, False, warning) == ("good", "")


def test_scans_empty_pages_and_garbage() -> None:
    assert judge([SCAN], "", False) == ("scanned", "1 of 1 pages are images without text")
    assert judge([PageFacts(1, 3, 0, 0.0)], "abc", False)[0] == "empty"
    odd = PageFacts(1, 900, 300, 0.0)
    assert judge([odd], PROSE, False) == ("garbage", "33% of the characters are no text")
    shuffled = "qx zr vbn wqk jhg xzq pplm ghjk " * 30
    reason = "the words are of no known language"
    assert judge([PAGE], shuffled, False) == ("garbage", reason)


def test_a_few_words_are_no_paper() -> None:
    reason = "only 11 characters of text, too few for a paper"
    assert judge([PageFacts(1, 30, 0, 0.0)], "Hello world", False) == ("partial", reason)


def test_some_pages_without_text_make_a_paper_partial() -> None:
    assert judge([PAGE, SCAN], PROSE, False) == ("partial", "no readable text on pages 2")
    garbled = PageFacts(2, 500, 400, 0.0)
    whole = PageFacts(1, 90000, 0, 0.0)
    assert judge([whole, garbled], PROSE, False)[0] == "partial"


def test_pages_left_unread_are_said() -> None:
    reason = "the last 7 pages were not read: the time for one paper was over"
    assert judge([PAGE], PROSE, False, unread=7) == ("partial", reason)


def test_a_scan_with_recognised_text_is_good_and_says_so() -> None:
    ocr = PageFacts(1, 900, 0, 0.9, ocr=True)
    reason = "the text is the recognised text of a scan"
    assert judge([ocr], PROSE, False) == ("good", reason)
