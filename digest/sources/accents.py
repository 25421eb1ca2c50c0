r"""TeX accents of author names as letters: ``Garc\'ia`` -> ``García``.

The announcement feed writes names as authors typed them; the query API and OAI-PMH in Unicode.
Only accents and the letters of names are read, no math: a name has none.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323",
    "b": "\u0331", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dj": "đ", "DJ": "Đ",
}  # fmt: skip
_NAMED = "|".join(sorted(_LETTERS, key=len, reverse=True))
# \'e  \'{e}  \' e  \'\i  \v{c}  \v c: an accent named by a letter needs a brace or a space.
_ACCENT = re.compile(
    r"""\\(?:(?P<sign>['`^"~=.])\s*|(?P<name>[uvHcdbkr])(?:\s+|(?=[{\\])))
        (?:\{\s*\\?(?P<braced>[A-Za-z])\s*\}|\\?(?P<bare>[A-Za-z]))""",
    re.VERBOSE,
)
_LETTER = re.compile(rf"\\({_NAMED})(?![A-Za-z])(?:\{{\}}|\s(?=\S))?")


def letters(name: str) -> str:
    """``name`` without TeX; what is not understood stays as it was written."""
    if "\\" not in name:
        return name
    name = _LETTER.sub(lambda m: _LETTERS[m[1]], _ACCENT.sub(_accented, name))
    return unicodedata.normalize("NFC", name.replace("{", "").replace("}", ""))


def _accented(match: re.Match[str]) -> str:
    letter = match["braced"] or match["bare"]
    return unicodedata.normalize("NFC", letter + _MARKS[match["sign"] or match["name"]])
