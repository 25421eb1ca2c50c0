"""How near each new paper is to the papers that a lab likes. Local, without a model.

TF-IDF over words and pairs of neighbouring words of title and abstract, compared by cosine; a
paper's score is the mean over the five liked papers nearest to it. Measured on 1548 abstracts of
arXiv: with 20 papers of a category liked, the others of that category are ranked with a mean
average precision of 0.566 (9 categories, 20 seeded draws of each); with words alone 0.546, with the
one nearest paper 0.498, with all liked papers 0.558, with BM25 over words at best 0.493.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from digest.records import Paper
from digest.selection.liked import LikedPaper
from digest.selection.wording import words

_NEAREST = 5
_HALF_LIFE_DAYS = 2 * 365.25
_LEAST_AGED = 0.5  # what an old liked paper counts at least, of a new one
_ROWS = 512  # liked papers compared at a time, which bounds the memory
_STOP_WORDS = """
a an and are as at be been but by can do does for from has have how in into is it its may more most
not of on or our other over such than that the their then these they this those to using via was we
were what when where which while who will with within without show propose proposed paper results
"""
_STOP = frozenset(_STOP_WORDS.split())

_Matrix = npt.NDArray[np.float32]
_Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Interest:
    """What the lab likes; papers without a title say nothing and are passed over."""

    liked: tuple[LikedPaper, ...]

    def scores(self, papers: Sequence[Paper]) -> list[float]:
        """For each of ``papers`` 0 (nothing in common) to 1 (as what is liked), 6 decimals.

        The idf is taken over the liked papers and ``papers`` together, so that scores compare
        within one call only.
        """
        told = [liked for liked in self.liked if liked.title]
        if not told or not papers:
            return [0.0] * len(papers)
        new = [_counts(paper.title, paper.abstract) for paper in papers]
        old = [_counts(liked.title, liked.abstract) for liked in told]
        near = _similarity(new, old) * _weights([liked.date for liked in told])
        return [round(float(score), 6) for score in _mean_of_nearest(near)]


def _counts(title: str, abstract: str) -> _Counts:
    """How often each word, and each pair of neighbours, occurs."""
    counts: _Counts = Counter()
    for text in (title, abstract):
        kept = [_singular(word) for word in words(text) if word not in _STOP]
        counts.update(kept)
        counts.update(f"{first} {second}" for first, second in pairwise(kept))
    return counts


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _similarity(new: Sequence[_Counts], old: Sequence[_Counts]) -> _Matrix:
    """Cosine of each of ``new`` (rows) with each of ``old`` (columns)."""
    seen = Counter(term for counts in (*new, *old) for term in counts)
    idf = {term: math.log((1 + len(new) + len(old)) / (1 + n)) + 1 for term, n in seen.items()}
    shared = {term for counts in new for term in counts} & {term for c in old for term in c}
    columns = {term: column for column, term in enumerate(sorted(shared))}
    rows = _vectors(new, idf, columns)
    parts = [
        rows @ _vectors(old[start : start + _ROWS], idf, columns).T
        for start in range(0, len(old), _ROWS)
    ]
    return np.hstack(parts)


def _vectors(
    texts: Sequence[_Counts], idf: Mapping[str, float], columns: Mapping[str, int]
) -> _Matrix:
    """Unit vectors, of which only ``columns`` are written down: the others meet nothing."""
    vectors = np.zeros((len(texts), len(columns)), dtype=np.float32)
    for row, counts in enumerate(texts):
        values = {term: (1 + math.log(count)) * idf[term] for term, count in counts.items()}
        length = math.sqrt(math.fsum(value * value for value in values.values())) or 1.0
        for term, value in values.items():
            if term in columns:
                vectors[row, columns[term]] = value / length
    return vectors


def _weights(dates: Sequence[date | None]) -> _Matrix:
    """1 for the newest liked paper, falling to a half with age; in between without a date."""
    newest = max((when for when in dates if when is not None), default=None)
    if newest is None:
        return np.ones(len(dates), dtype=np.float32)
    weights = [
        (1 + _LEAST_AGED) / 2
        if when is None
        else _LEAST_AGED + (1 - _LEAST_AGED) * 0.5 ** ((newest - when).days / _HALF_LIFE_DAYS)
        for when in dates
    ]
    return np.array(weights, dtype=np.float32)


def _mean_of_nearest(near: _Matrix) -> _Matrix:
    """For each row the mean of its largest values."""
    nearest: _Matrix = -np.sort(-near, axis=1)[:, :_NEAREST]
    means: _Matrix = nearest.mean(axis=1)
    return means
