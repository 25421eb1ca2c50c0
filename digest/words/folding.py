"""What of a text's spelling does not count when it is searched: case, width, accents, script. Pure.

``static/terms.js`` of the site folds in the same way.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from digest.words.script import to_simplified

_IDEOGRAPHS = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))
_UNSEEN = (
    *range(0x300, 0x370),  # accents, once they are apart from their letters
    0x3099, 0x309A,  # the same of kana
    0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065),
    *range(0x2066, 0x206A), 0xFEFF,  # soft hyphens, zero widths, directions
)  # fmt: skip


def fold(text: str) -> str:
    """``text`` without what spelling alone decides: case, width, accents, traditional forms."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).lower().translate(_folding())


def placed(text: str) -> tuple[str, list[int]]:
    """``text`` folded, and where in it each character of that is from; last, its length.

    What two characters fold to, as of a ligature, has one place twice; what is folded away none.
    """
    parts = [_fold_character(character) for character in text]
    places = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), [*places, len(text)]


@cache
def _fold_character(character: str) -> str:
    return fold(character)


@cache
def simplified() -> dict[str, str]:
    """Each traditional character that has one simplified form, and that form (OpenCC's)."""
    before = [chr(code) for code in _IDEOGRAPHS]
    once = to_simplified("\n".join(before))
    after = to_simplified(once).split("\n")  # 薴 is 苧, and that is 苎
    return {old: new for old, new in zip(before, after, strict=True) if old != new}


@cache
def _folding() -> dict[int, str]:
    return str.maketrans({**simplified(), **dict.fromkeys(map(chr, _UNSEEN), ""), "ς": "σ"})
