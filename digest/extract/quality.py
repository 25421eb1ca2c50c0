"""Whether the text of a PDF can be trusted, and why not. Pure: counts in, a verdict out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from digest.records import TextQuality

# The commonest words of each language that papers come in; none is common in two of them.
_COMMON = {
    "English": "the of and to in is that for with we are this by be as on from an which it",
    "French": "le la les des et est dans une du pour que qui par sur avec nous aux sont ce",
    "German": "der die und das ist von mit den ein eine für auf nicht werden des im zu sich",
    "Spanish": "el los las del una que por con para se su como más este son entre",
    "Italian": "il di che della per una del sono con nel alla gli delle è come",
    "Portuguese": "os da do em uma para com não que dos por mais das são ao",
    "Dutch": "het een van de en dat niet voor zijn met op aan ook wordt",
    "Polish": "w i na do że nie się jest z oraz przez dla",
}
_FUNCTION_WORDS = {name: frozenset(words.split()) for name, words in _COMMON.items()}
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {"CJK": "Chinese", "HIRAGANA": "Japanese", "HANGUL": "Korean", "CYRILLIC": "Russian"}
_CID = re.compile(r"\(cid:\d+\)")

# English papers hold 24 to 38 % of these words; text of shuffled glyphs under 2 %.
_LEAST_SHARE = 0.08
_MOST_ODD = 0.05
_SCANT_CHARS = 25
_ENOUGH_CHARS = 400


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The text of one page. ``odd``: control, private-use and replacement characters."""

    page: int
    chars: int
    odd: int
    image_share: float
    error: str = ""
    ocr: bool = False


def odd_chars(text: str) -> int:
    """Characters that no font meant: control, private use, U+FFFD, ``(cid:12)``."""
    cids = sum(len(match) for match in _CID.findall(text))
    return cids + sum(
        c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or (c < " " and c not in "\t\n\r") for c in text
    )


def language_of(text: str) -> tuple[str, float]:
    """The likeliest language of ``text`` and the share of its function words, 0 to 1."""
    letters = [c for c in text[:20000] if c.isalpha()]
    for mark, name in _SCRIPTS.items():
        share = sum(unicodedata.name(c, "").startswith(mark) for c in letters[:2000])
        if share > 0.3 * max(1, min(len(letters), 2000)):
            return name, 1.0
    words = _WORD.findall(text.lower())
    if not words:
        return "", 0.0
    shares = {
        name: sum(word in known for word in words) / len(words)
        for name, known in _FUNCTION_WORDS.items()
    }
    likeliest = max(shares, key=lambda name: shares[name])
    return likeliest, shares[likeliest]


def judge(facts: Sequence[PageFacts], text: str, repaired: bool) -> tuple[TextQuality, str]:
    """The verdict on a paper and one line that says why.

    Args:
        facts: One for each page.
        text: The text of the paper, as extracted.
        repaired: MuPDF had to rebuild the file, or its end is missing.
    """
    chars = sum(fact.chars for fact in facts)
    failed = [fact.page for fact in facts if fact.error]
    if failed or repaired:
        return "damaged", _damage(failed)
    if chars < _SCANT_CHARS * len(facts):
        images = sum(fact.image_share > 0.4 for fact in facts)
        if images:
            return "scanned", f"{images} of {len(facts)} pages are images without text"
        if chars < _SCANT_CHARS:
            return "empty", "no text and no page images"
    odd = sum(fact.odd for fact in facts) / max(1, chars)
    if odd > _MOST_ODD:
        return "garbage", f"{odd:.0%} of the characters are no text"
    language, share = language_of(text)
    if len(text) < _ENOUGH_CHARS:
        return "good", "too little text to tell its language"
    if share < _LEAST_SHARE:
        return "garbage", f"only {share:.1%} of the words are common words of any known language"
    return _by_pages(facts, language)


def _damage(failed: Sequence[int]) -> str:
    if failed:
        return f"pages that cannot be read: {', '.join(map(str, failed[:8]))}"
    return "the file is damaged or cut off and had to be rebuilt; text may be missing"


def _by_pages(facts: Sequence[PageFacts], language: str) -> tuple[TextQuality, str]:
    scans = [f.page for f in facts if f.chars < _SCANT_CHARS and f.image_share > 0.4]
    garbled = [f.page for f in facts if f.odd > 0.2 * max(1, f.chars) and f.chars > 100]
    if scans or garbled:
        pages = ", ".join(map(str, sorted({*scans, *garbled})[:8]))
        return "partial", f"no readable text on pages {pages}"
    notes = []
    if language and language != "English":
        notes.append(f"the text is in {language}")
    if any(fact.ocr for fact in facts):
        notes.append("the text is the recognised text of a scan")
    return "good", "; ".join(notes)
