"""Languages that can be translated into, and what can be checked in each.

The checks of numbers, math, addresses and names hold in any. Those that look for Chinese words
(negation, direction, superlatives), Chinese characters (untranslated, english_left, script,
omission) or Chinese marks (punctuation) are for Chinese alone; the others have their own rule for
what is no translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from digest.words import atoms
from digest.words.script import to_simplified, to_traditional
from digest.words.typography import tidy

CHINESE_ONLY = frozenset(
    {"negation", "direction", "superlatives", "english_left", "omission", "punctuation", "script"}
)


@dataclass(frozen=True, slots=True)
class Language:
    """A target language.

    Args:
        code: BCP 47, as in ``target``.
        name: In English, for the prompt.
        glossary: Its key in a glossary file.
        letters: Characters that a translation has and English has not; "" where there are none.
        ratio: Least and most characters for one of the source; of Chinese, as ``said`` counts.
        end: The mark that ends a sentence.
        tidied: The text with the language's typography.
        written: The finished text in the script of the language.
        decimal: Its decimal mark.
    """

    code: str
    name: str
    glossary: str
    letters: str
    ratio: tuple[float, float]
    end: str
    tidied: Callable[[str], str] = str.strip
    written: Callable[[str], str] = str
    decimal: str = "."

    @property
    def chinese(self) -> bool:
        """Whether every check applies."""
        return self.glossary == "zh"

    def numerals(self, text: str) -> str:
        """``text`` with its decimal comma, if it has one, as a point: 3,5 % is 3.5 %.

        For checks of numbers alone: it is not the text that is shown, nor that of its formulas.
        """
        if self.decimal == ".":
            return text
        held = {*atoms.maths(text), *atoms.urls(text), *atoms.codes(text)}
        if not held:
            return _NUMERAL.sub(lambda match: _in_english(match[0]), text)
        kept = "|".join(re.escape(span) for span in sorted(held, key=len, reverse=True))
        parts = re.split(f"({kept})", text)
        return "".join(
            part if part in held else _NUMERAL.sub(lambda match: _in_english(match[0]), part)
            for part in parts
        )


_OPEN = r"(?<![\w.,])"
_NUMERAL = re.compile(
    rf"{_OPEN}\d{{1,3}}(?:[.\u00a0\u202f ]\d{{3}})+(?!\d)(?:,\d+)?|{_OPEN}\d+,\d+(?![\d,])"
)


def _in_english(numeral: str) -> str:
    whole, _, decimals = numeral.partition(",")
    whole = re.sub(r"[.\u00a0\u202f ]", ",", whole)
    return f"{whole}.{decimals}" if decimals else whole


def _chinese(text: str) -> str:
    """Simplified characters and Chinese typography: what all checks read."""
    return tidy(to_simplified(text))


_HAN = r"\u3400-\u9fff"
LANGUAGES = {
    language.code: language
    for language in (
        Language("zh-Hans", "Simplified Chinese", "zh", _HAN, (0.14, 0.75), "。", _chinese),
        # Translated and checked in simplified characters, and written in traditional ones at last.
        Language(
            "zh-Hant",
            "Simplified Chinese",
            "zh",
            _HAN,
            (0.14, 0.75),
            "。",
            _chinese,
            to_traditional,
        ),
        Language("ja", "Japanese", "ja", r"\u3040-\u30ff", (0.2, 1.1), "。"),
        Language("ko", "Korean", "ko", r"\uac00-\ud7af", (0.2, 1.1), "."),
        Language("de", "German", "de", "", (0.6, 2.0), ".", decimal=","),
        Language("fr", "French", "fr", "", (0.6, 2.0), ".", decimal=","),
    )
}
