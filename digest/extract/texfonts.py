"""TeX's own symbol fonts, whose glyphs come out as letters and stand below where they are set.

Few PDFs say what these glyphs mean, so that MuPDF gives the character at their place in the font:
"p" is a radical, "P" a sum. Tables from Knuth, "Computer Modern Typefaces" (cmex10, cmsy10), and
from the St Mary's Road symbols (stmary10). Only what tables print is here.
"""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"CMEX|LMMathExtension")
_HANGING_ROOT = re.compile(r"CMSY|LMMathSymbols")
_OPERATORS = dict(zip("PQRSTXYZ[\\pqrs", "∑∏∫⋃⋂∑∏∫⋃⋂√√√√", strict=True))
_OPERATORS |= dict(zip("\x00\x01\x08\t\x10\x11\x12\x13\x14\x15 ", "(){}()()[] ", strict=True))
_BRACKETS = {"J": "⟦", "K": "⟧"}
_HANG_EM = 0.75  # one em high, centred on the axis, which is a quarter above the baseline


def symbol(char: str, font: str) -> str:
    """What a glyph of the font named ``font`` shows, where MuPDF gives it as ``char``."""
    if _EXTENSION.search(font):
        return _OPERATORS.get(char, char)
    return _BRACKETS.get(char, char) if "stmary" in font.lower() else char


def hang_em(char: str, font: str) -> float:
    """How far above the baseline the origin of the glyph is, in ems: the rest hangs below it."""
    hangs = _EXTENSION.search(font) or (char == "√" and _HANGING_ROOT.search(font))
    return _HANG_EM if hangs else 0.0
