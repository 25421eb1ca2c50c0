"""Text as the words that rules and interest compare: case, accents and punctuation undone."""

from __future__ import annotations

import re
import unicodedata

_TEX_ACCENT = re.compile(r"""\\["'`^~=.](?=\{?\\?[A-Za-z])""")
_WORD = re.compile(r"[^\W_]+[+#]*")


def words(text: str) -> list[str]:
    r"""The words of ``text``, lower case, without accents: ``Schr\"odinger-Ba{\~n}os`` gives
    ``schrodinger banos``. A hyphen divides like a space; ``C++`` keeps its signs.
    """
    plain = _TEX_ACCENT.sub("", text)
    plain = plain.replace("{", "").replace("}", "")
    letters = (c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _WORD.findall("".join(letters).casefold())
