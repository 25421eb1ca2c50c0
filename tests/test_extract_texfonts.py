"""Glyphs of TeX's symbol fonts, which have no meaning but by their font."""

from __future__ import annotations

import pytest

from digest.extract.texfonts import hang_em, symbol


@pytest.mark.parametrize(
    ("font", "char", "shown"),
    [
        ("CMEX9", "p", "√"),
        ("ABCDEF+CMEX10", "P", "∑"),
        ("LMMathExtension10-Regular", "Y", "∏"),
        ("CMEX10", "\x12", "("),
        ("CMEX10", "∫", "∫"),
        ("stmary10", "J", "⟦"),
        ("CMR10", "p", "p"),
        ("Times-Roman", "J", "J"),
    ],
)
def test_a_glyph_is_read_by_its_font(font: str, char: str, shown: str) -> None:
    assert symbol(char, font) == shown


def test_only_what_hangs_is_moved() -> None:
    assert hang_em("p", "CMEX10") == 0.75
    assert hang_em("√", "CMSY9") == 0.75
    assert hang_em("−", "CMSY9") == 0.0
    assert hang_em("√", "LatinModernMath-Regular") == 0.0
