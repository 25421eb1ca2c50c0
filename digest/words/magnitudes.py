"""Large numbers in Chinese: what models get wrong most, mended by program.

Chinese counts in 万 (10^4) and 亿 (10^8), English in thousands and millions. Small models keep the
digits and take the nearest word: 1.5 billion becomes 1.5 亿, a tenth. Where the digits are the
source's own and only the power of ten differs, what was meant is known. Pure functions.
"""

from __future__ import annotations

import re
from decimal import Decimal

_ENGLISH = {"thousand": 3, "k": 3, "million": 6, "m": 6, "billion": 9, "b": 9, "trillion": 12}
_CHINESE = {
    "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
_DIGITS = r"(?<![\d.,])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)"
_IN_ENGLISH = re.compile(
    _DIGITS + r"(?:[ -]?(?P<scale>thousand|million|billion|trillion|[kKMB])\b)", re.IGNORECASE
)
_WORD_IN_CHINESE = re.compile(_DIGITS + r" (?P<scale>million|billion|trillion)\b ?", re.IGNORECASE)
_IN_CHINESE = re.compile(_DIGITS + r" ?(?P<scale>[十百千万]?亿|[百千]?万|千)(?![瓦克米卡赫比字])")


def mend_magnitudes(source: str, target: str) -> str:
    """``target`` with its large numbers as ``source`` means them.

    ``17.9 million`` left in Chinese becomes ``1790 万``; ``1.5 亿`` for ``1.5 billion`` becomes
    ``15 亿``. A number whose value the source holds, or whose digits it does not, stays.
    """
    target = _WORD_IN_CHINESE.sub(lambda match: in_chinese(_value(match, _ENGLISH)), target)
    meant = {match["digits"]: _value(match, _ENGLISH) for match in _IN_ENGLISH.finditer(source)}

    def mended(match: re.Match[str]) -> str:
        value = meant.get(match["digits"])
        if value is None or _value(match, _CHINESE) in meant.values():
            return match.group()
        text = in_chinese(value)
        return text if text[-1] in "万亿" else f"{text} "

    return _IN_CHINESE.sub(mended, target) if meant else target


def in_chinese(value: Decimal) -> str:
    """A number from ten thousand up in 万 or 亿, a smaller one in digits."""
    for unit, exponent in (("亿", 8), ("万", 4)):
        if value >= 10**exponent:
            return f"{value.scaleb(-exponent).normalize():f} {unit}"
    return f"{value.normalize():f}"


def _value(match: re.Match[str], scales: dict[str, int]) -> Decimal:
    return Decimal(match["digits"].replace(",", "")).scaleb(scales[match["scale"].lower()])
