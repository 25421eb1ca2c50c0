"""Quotations laid along glyphs: which character stands where, and when it is not believed."""

from __future__ import annotations

import pytest

from digest.extract.fit import Fit, fit, normal


def shown(fitted: Fit | None, lines: list[str]) -> str:
    """The glyphs that were found, in the order of the quotation; "_" for a character of none."""
    assert fitted is not None
    return "".join("_" if p is None else lines[p[0]][p[1]] for p in fitted.places)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("An e\ufb03cient \u201cWord\u201d", "anefficientword"),
        ("na\u00efve na\u00a8\u0131ve", "naivena\u0131ve"),
        ("10^\u22124", "10-4"),
        ("x\u00b2 \u00bd", "x21\u20442"),
        ("\u65e5\u672c\u8a9e\u3002", "\u65e5\u672c\u8a9e\u3002"),
        ("\u200b\u202e\u00ad", ""),
    ],
)
def test_the_form_in_which_text_is_compared(text: str, form: str) -> None:
    assert normal(text) == form


@pytest.mark.parametrize(
    ("quote", "lines", "found", "cost"),
    [
        ("A word.", ["So. A word. So"], "Aword.", 0),
        ("A broken word.", ["A bro-", "ken word."], "Abrokenword.", 1),
        ("A note here.", ["A note12 here."], "Anotehere.", 2),
        ("Two parts here.", ["Two parts", "Figure 1: Something else", "here."], "Twopartshere.", 4),
        ("The scale Q.", ["The scale Q2. It"], "ThescaleQ.", 1),
        ("A gone one.", ["A one."], "A____one.", 4),
    ],
)
def test_a_quotation_is_laid_along_its_glyphs(
    quote: str, lines: list[str], found: str, cost: int
) -> None:
    fitted = fit(quote, lines)
    assert shown(fitted, lines) == found
    assert fitted is not None
    assert fitted.cost == cost


def test_sources_are_places_in_the_quotation() -> None:
    fitted = fit("a \ufb01t", ["a fit"])
    assert fitted is not None
    assert fitted.sources == (0, 2, 2, 3)
    assert fitted.places == ((0, 0), (0, 2), (0, 3), (0, 4))


def test_what_is_not_there_is_not_trusted() -> None:
    fitted = fit("Nobody prints zebra quotations in a paper.", ["Other words stand on this page."])
    assert fitted is not None
    assert not fitted.trusted


def test_nothing_and_too_much_are_not_fitted() -> None:
    assert fit("", ["abc"]) is None
    assert fit("abc", []) is None
    assert fit("ab" * 4_000, ["c" * 4_000]) is None
    assert fit("a" * 40_000, ["b"]) is None
