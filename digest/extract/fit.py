"""A quotation fitted to the glyphs that it was read from. Pure.

The quotation has been mended (broken words joined, ligatures parted, footnote marks dropped), the
page has not; and on the page other things may stand between its lines. So the one is laid along the
other with the fewest skips: a glyph or a character may be skipped for 1, any number of whole lines
for a little more. Neither is ever taken for what it is not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

_JUMP = 4  # over lines: dearer than a broken word's hyphen and a footnote's mark together
_MOST_CELLS = 12_000_000  # of the table: a sentence of 1,500 characters on a page of 8,000
_LONGEST = 30_000  # costs are kept in 16 bits
_ALIKE = str.maketrans("−–—‐‑‒―", "-------")
_SKIPPED = frozenset("^`´¨ˆ˜¸ˇ˚'’‘\"“”„|\u00ad")  # set apart from their letters, or mended


@dataclass(frozen=True, slots=True)
class Fit:
    """Where each character of a quotation stands.

    ``places``: for each character of its normal form the strip and the glyph, None where it was not
    found; ``sources``: the index of each in the quotation itself.
    """

    places: tuple[tuple[int, int] | None, ...]
    sources: tuple[int, ...]
    cost: int

    @property
    def trusted(self) -> bool:
        """Whether it is the quotation, and not the next best thing on the page."""
        found = sum(place is not None for place in self.places)
        return found > 0.7 * len(self.places) and self.cost <= 0.4 * len(self.places) + 8


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """``text`` in the form in which it is compared: one case, no accents, spaces, quotation marks.

    Dashes are one; what is left is what a reader would call the same characters.
    """
    parts = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold().translate(_ALIKE)
    return "".join(
        c for c in parts if c not in _SKIPPED and unicodedata.category(c)[0] not in "CMZ"
    )


def fit(quote: str, lines: Sequence[Sequence[str]]) -> Fit | None:
    """Lay ``quote`` along ``lines``, each of which is a row of glyphs.

    None where there is nothing to fit, or too much: the table would take more than its memory.
    """
    wanted = [(c, k) for k, char in enumerate(quote) for c in normal(char)]
    printed = [
        (c, (at, k)) for at, line in enumerate(lines) for k, g in enumerate(line) for c in normal(g)
    ]
    if not wanted or not printed or len(wanted) > _LONGEST:
        return None
    if len(wanted) * len(printed) > _MOST_CELLS:
        return None
    text, page = "".join(c for c, _ in wanted), "".join(c for c, _ in printed)
    sources = tuple(k for _, k in wanted)
    start = page.find(text)
    if start >= 0:
        return Fit(tuple(place for _, place in printed[start : start + len(text)]), sources, 0)
    sizes = [sum(len(normal(glyph)) for glyph in line) for line in lines]
    found, cost = _aligned(_codes(text), _codes(page), [0, *accumulate(sizes)])
    return Fit(tuple(None if k < 0 else printed[k][1] for k in found), sources, cost)


def _codes(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _aligned(
    quote: np.ndarray[tuple[int], np.dtype[np.uint32]],
    page: np.ndarray[tuple[int], np.dtype[np.uint32]],
    edges: Sequence[int],
) -> tuple[list[int], int]:
    """For each character of ``quote`` its index in ``page``, -1 for none; and what it cost.

    ``edges``: the indices in ``page`` at which lines begin, and its end.
    """
    borders = np.unique(np.array(edges))
    steps = np.arange(len(page) + 1, dtype=np.int32)
    table = np.zeros((len(quote) + 1, len(page) + 1), np.int16)  # a quotation may begin anywhere
    for i, char in enumerate(quote):
        above = table[i].astype(np.int32)
        row = above + 1  # the character is nowhere
        row[1:] = np.where(page == char, np.minimum(above[:-1], row[1:]), row[1:])
        row = np.minimum.accumulate(row - steps) + steps  # glyphs skipped
        nearest = np.minimum.accumulate(row[borders])
        row[borders] = np.minimum(row[borders], nearest + _JUMP)
        table[i + 1] = np.minimum.accumulate(row - steps) + steps
    return _traced(table, quote, page, borders)


def _traced(
    table: np.ndarray[tuple[int, int], np.dtype[np.int16]],
    quote: np.ndarray[tuple[int], np.dtype[np.uint32]],
    page: np.ndarray[tuple[int], np.dtype[np.uint32]],
    borders: np.ndarray[tuple[int], np.dtype[np.int_]],
) -> tuple[list[int], int]:
    """The way back through the table, from the cheapest end; of two the one that finds more."""
    i, j = len(quote), len(page) - int(table[-1][::-1].argmin())
    cost, found = int(table[i, j]), [-1] * len(quote)
    while i:
        here = table[i, j]
        if j and quote[i - 1] == page[j - 1] and here == table[i - 1, j - 1]:
            i, j = i - 1, j - 1
            found[i] = j
        elif here == table[i - 1, j] + 1:
            i -= 1
        elif j and here == table[i, j - 1] + 1:
            j -= 1
        else:
            before = borders[borders < j]
            j = int(before[table[i, before] == here - _JUMP][-1])
    return found, cost
