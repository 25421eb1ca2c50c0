"""Which papers of a segment hold a term, as short strings that can be joined without being read.

A list of numbers is written newest first: the greatest number, then the steps down from it, each
in base 32 with a sixth bit for "more follows" (one printable character for five bits). An entry
is up to three such lists with dots between: all papers that hold the term, those that hold it
often, those that hold it in a title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise, zip_longest

from digest.site.tokens import terms

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
OFTEN = 3
"""Times that a term must occur outside titles to be more than mentioned."""

_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_MORE = 32


def entries(papers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The entry of every term of ``papers``: (titles, text) of each, the oldest first."""
    lists: dict[str, tuple[list[int], list[int], list[int]]] = defaultdict(lambda: ([], [], []))
    for number, (titles, text) in enumerate(papers):
        named, said = terms(titles), terms(text)
        for term in named.keys() | said.keys():
            everywhere, often, title = lists[term]
            everywhere.append(number)
            if term in named:
                title.append(number)
            elif said[term] >= OFTEN:
                often.append(number)
    return {term: ".".join(map(encode, numbers)).rstrip(".") for term, numbers in lists.items()}


def join(older: dict[str, str], newer: Mapping[str, str], offset: int) -> None:
    """Add to ``older`` the entries of ``newer``, whose papers are numbered from ``offset`` on."""
    for term, entry in newer.items():
        known = older.get(term, "")
        if "." in entry or "." in known:
            lists = zip_longest(known.split("."), entry.split("."), fillvalue="")
            older[term] = ".".join([_join(old, new, offset) for old, new in lists])
        else:
            older[term] = _join(known, entry, offset)


def encode(ascending: Sequence[int]) -> str:
    """A list of numbers, each greater than the one before it."""
    if not ascending:
        return ""
    steps = [_digits(second - first) for first, second in pairwise(ascending)]
    return _digits(ascending[-1]) + "".join(reversed(steps))


def _join(older: str, newer: str, offset: int) -> str:
    if not newer:
        return older
    newest, at = _first(newer)
    shifted = _digits(newest + offset) + newer[at:]
    if not older:
        return shifted
    greatest, skip = _first(older)
    least = newest - sum(_decode(newer[at:])) + offset
    return shifted + _digits(least - greatest) + older[skip:]


def _decode(text: str) -> list[int]:
    numbers = []
    number = shift = 0
    for digit in text:
        value = _VALUE[digit]
        number |= (value & 31) << shift
        if value >= _MORE:
            shift += 5
        else:
            numbers.append(number)
            number = shift = 0
    return numbers


def _first(text: str) -> tuple[int, int]:
    """The first number of a list, and how many characters it takes."""
    length = 1
    while _VALUE[text[length - 1]] >= _MORE:
        length += 1
    return _decode(text[:length])[0], length


@cache
def _digits(number: int) -> str:
    if number < _MORE:
        return DIGITS[number]
    return DIGITS[number & 31 | _MORE] + _digits(number >> 5)
