"""What a text is found by: its words and, of Chinese, its characters and pairs of characters.

``static/search.js`` cuts queries in the same way; one list of examples is tested against both. A
term is letters, digits and dots between digits, nothing else. No dictionary: a Chinese word is
the pairs it is made of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from digest.words.folding import fold

LONGEST = 40
"""Characters of a term; a longer word is cut here, in an index and in a query alike."""

_HAN = r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_LETTER = rf"(?![0-9{_HAN}])[^\W_]"
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)*"
_PART = rf"(?:{_NUMBER}|{_LETTER})+"
_HYPHEN = "[-_'’\u2010\u2011]"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|{_PART}(?:{_HYPHEN}{_PART})*")
_HYPHENS = re.compile(_HYPHEN)
_WORD = re.compile("[a-z]{4,}")
_VERSIONED = re.compile(r"(\d{4}\.\d{4,5})v\d+")


def terms(text: str) -> Counter[str]:
    """The terms of ``text`` and how often each occurs.

    ``GPT-4`` is found as gpt, 4 and gpt4, ``1,000`` as 1000, ``语音转换`` by its four characters
    and the three pairs 语音, 音转, 转换.
    """
    found: Counter[str] = Counter()
    for run in _RUN.finditer(fold(text)):
        found.update(_han(run[0]) if run["han"] else _words(run[0]))
    return found


def _han(run: str) -> Iterator[str]:
    yield from run
    for first, second in pairwise(run):
        yield first + second


def _words(chain: str) -> Iterator[str]:
    """The parts of words joined by hyphens, and each two neighbours written as one."""
    parts = [part.replace(",", "") for part in _HYPHENS.split(chain)]
    for part in parts:
        yield _term(part)
        if versioned := _VERSIONED.fullmatch(part):
            yield versioned[1]
    for first, second in pairwise(parts):
        if not (first[-1].isdecimal() and second[0].isdecimal()):  # 10-20 is not 1020
            yield _term(first + second)


def _term(word: str) -> str:
    return singular(word)[:LONGEST]


def singular(word: str) -> str:
    """An English noun without its plural ending, by the three rules of Harman's S stemmer.

    "How effective is suffixing?", JASIS 42 (1991), 7-15. Beyond it: ``-is`` stays (analysis),
    ``-es`` goes after a hiss (losses, boxes, batches).
    """
    if _WORD.fullmatch(word) is None or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word[-4] in "ae" else word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("es"):
        return word if word[-3] in "aeo" else word[:-1]
    return word if word[-2] in "usi" else word[:-1]
