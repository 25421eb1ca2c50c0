"""Characters as a PDF gives them, made into characters as a reader types them. Pure.

Only what is safe: math letters become plain ones (𝑥 to x), ligatures fall apart, soft hyphens and
control characters go. Full NFKC is not used: it would turn superscripts into digits (10² to 102).
"""

from __future__ import annotations

import re
import unicodedata

_MATH_LETTERS = range(0x1D400, 0x1D800)
_LIGATURES = range(0xFB00, 0xFB07)
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\n\r"
_NOTHING = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"


def _table() -> dict[int, str]:
    table = {code: "" for code in (*range(32), *range(0x7F, 0xA0))}
    table.update((code, unicodedata.normalize("NFKC", chr(code))) for code in _LIGATURES)
    table.update((code, unicodedata.normalize("NFKC", chr(code))) for code in _MATH_LETTERS)
    table.update((ord(c), " ") for c in _SPACES)
    table.update((ord(c), "") for c in _NOTHING)
    table[0x2010] = table[0x2011] = "-"
    return table


_TABLE = _table()
_COMBINING = {
    "´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "¸": "\u0327",
    "ˇ": "\u030c", "˚": "\u030a", "˘": "\u0306", "¯": "\u0304", "˙": "\u0307",
}  # fmt: skip
_ACCENT = re.compile(r"([´¨ˆ˜¸ˇ˚])\s?([A-Za-zı])")
_GRAVE = re.compile(r"(?<=[^\W\d_])(`)\s?([aeiou])")  # elsewhere ` opens a quotation


def clean(text: str) -> str:
    """``text`` without ligatures, math alphabets, odd spaces, soft hyphens, control characters."""
    return text if text.isascii() and text.isprintable() else text.translate(_TABLE)


def mend_accents(text: str) -> str:
    """Old TeX fonts set an accent as a glyph before its letter: "na¨ıve" becomes "naïve"."""
    if "`" in text:
        text = _GRAVE.sub(_compose, text)
    return text if text.isascii() else _ACCENT.sub(_compose, text)


def _compose(match: re.Match[str]) -> str:
    letter = "i" if match[2] == "ı" else match[2]
    composed = unicodedata.normalize("NFC", letter + _COMBINING[match[1]])
    return composed if len(composed) == 1 else match[0]
