"""The plain way to search, to hold the index against: look through every paper for every query.

It shares nothing with the index but the rule for English plurals and what a hit is worth: words
are found by a regular expression, Chinese by ``in``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from digest.site.index import Item
from digest.site.tokens import singular

WORTH = {"longer": (0.7, 1.2, 2.5), "itself": (1.0, 1.5, 3.0)}
BLOCK = 30


@dataclass
class Query:
    """What is typed, and what it asks for. ``last`` is a word that is still being typed."""

    typed: str
    words: list[str] = field(default_factory=list)
    han: list[str] = field(default_factory=list)
    last: str = ""
    quoted: str = ""
    holding: list[int] = field(default_factory=list)
    found: list[tuple[list[float], str, int, str, bool]] = field(default_factory=list)


def english(text: str) -> Query:
    """Whole words: a space follows the last."""
    return Query(text + " ", words=text.split())


def chinese(text: str) -> Query:
    """Words of Chinese, apart by spaces; each is a phrase."""
    return Query(text, han=text.split())


def beginning(text: str) -> Query:
    """The last word is not finished."""
    *words, last = text.split()
    return Query(text, words=words, last=last)


def quoted(text: str) -> Query:
    """English words that stand side by side."""
    return Query(f'"{text}"', words=text.split(), quoted=text)


class Scan:
    """Looks through papers as they come; afterwards each query knows its answer."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self.queries = queries
        self.papers = 0

    def read(self, position: int, item: Item) -> None:
        """Look for every query in one paper."""
        self.papers += 1
        titles = f"{item.title}\n{item.translated_title}".lower()
        paper = _Paper(titles, item.text.lower())
        for query in self.queries:
            worths = [paper.word(word) for word in query.words]
            worths += [paper.pair(pair) for phrase in query.han for pair in _pairs(phrase)]
            worths += [paper.beginning(query.last)] if query.last else []
            query.holding = query.holding or [0] * len(worths)
            query.holding = [
                n + (worth > 0) for n, worth in zip(query.holding, worths, strict=True)
            ]
            if all(worths):
                whole = all(phrase in f"{titles}\n{paper.text}" for phrase in query.han)
                whole = whole and (not query.quoted or paper.side_by_side(query.quoted))
                query.found.append((worths, item.date, position, item.id, whole))

    def answer(self, query: Query) -> tuple[int, list[str]]:
        """How many papers a query finds, and the ids of the best ten."""
        rarity = [math.log(1 + self.papers / max(1, n)) for n in query.holding]
        found = [hit for hit in query.found if hit[4] or not query.quoted]
        found.sort(key=lambda hit: hit[2])
        found.sort(key=lambda hit: hit[1], reverse=True)
        found.sort(key=lambda hit: -_score(rarity, hit[0]))
        block = sorted(found[:BLOCK], key=lambda hit: not hit[4])
        return len(found), [hit[3] for hit in block[:10]]


def _score(rarity: Sequence[float], worths: Sequence[float]) -> float:
    score = 0.0
    for rare, worth in zip(rarity, worths, strict=True):
        score += rare * worth
    return score


def _pairs(phrase: str) -> list[str]:
    return [phrase[at : at + 2] for at in range(max(1, len(phrase) - 1))]


class _Paper:
    def __init__(self, titles: str, text: str) -> None:
        self.titles, self.text = titles, text
        self.title_words = set(_words(titles))
        self.text_words = Counter(_words(text))
        self.raw = set(re.findall("[a-z]+", f"{titles} {text}"))

    def word(self, word: str) -> float:
        word = singular(word)
        return _worth(word in self.title_words, self.text_words[word], WORTH["itself"])

    def pair(self, pair: str) -> float:
        return _worth(pair in self.titles, _count(self.text, pair), WORTH["itself"])

    def beginning(self, start: str) -> float:
        """The best that any longer word is worth."""
        said = [(word, count) for word, count in self.text_words.items() if word.startswith(start)]
        worths = [_worth(False, count, WORTH["longer"]) for _, count in said]
        worths += [WORTH["longer"][2] for word in self.title_words if word.startswith(start)]
        return max([*worths, self.word(start)])

    def side_by_side(self, phrase: str) -> bool:
        words = [singular(word) for word in phrase.split()]
        for text in (*self.titles.split("\n"), self.text):
            there = [singular(word) for word in re.findall("[a-z]+|[^ -~]|[0-9]+", text)]
            if any(there[at : at + len(words)] == words for at in range(len(there))):
                return True
        return False


def _words(text: str) -> list[str]:
    """Words, and of words with hyphens each two neighbours as one."""
    found = []
    for chain in re.findall("[a-z]+(?:-[a-z]+)*", text):
        parts = chain.split("-")
        found += [singular(part) for part in parts]
        found += [singular(a + b) for a, b in pairwise(parts)]
    return found


def _count(text: str, pair: str) -> int:
    return sum(text.startswith(pair, match.start()) for match in re.finditer(pair[0], text))


def _worth(titled: bool, count: int, worths: tuple[float, float, float]) -> float:
    if titled:
        return worths[2]
    return worths[1] if count >= 3 else worths[0] * (count > 0)
