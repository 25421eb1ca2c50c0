"""Words to search for: how texts are cut for the index, and where a hit stands in a text. Pure.

Latin text is cut at what is no letter or digit; Chinese, which has no spaces, into every pair of
neighbouring characters and the last one alone. So two characters are found wherever they stand
side by side, and one by what begins with it. Words and texts are folded before they are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from digest.words.folding import fold, placed

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_PIECE = re.compile(rf"[{_HAN}\U00020000-\U0003ffff]+|[^\W_{_HAN}\U00020000-\U0003ffff]+")
_IS_HAN = re.compile(rf"[{_HAN}\U00020000-\U0003ffff]")
_STARTS = rf"(?<![^\W_{_HAN}\U00020000-\U0003ffff])"
"""Where a Latin word begins: also right after a Chinese one."""
_LETTER = re.compile(r"[A-Za-z]+")
_SHORTEST_PREFIX = 3
"""``transform`` also finds transformer; ``an`` does not find all that begins so."""
_BEFORE_CELLS, _CELLS = 40, 160
"""Of a passage: two lines of a terminal, with what leads to the hit."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Term:
    """What must occur. ``exact``: a phrase, of which no word may go on."""

    text: str
    exact: bool = False

    def match(self) -> str:
        """The term in FTS5's language; empty where it holds neither letter nor digit."""
        units = _units(self.text)
        if len(units) > 1 and _IS_HAN.match(units[-1]):
            units = units[:-1]  # the last character alone: in the text the run may go on
        if not units:
            return ""
        last = units[-1]
        open_ended = not self.exact and len(last) >= _SHORTEST_PREFIX
        lone = len(last) == 1 and _IS_HAN.match(last) is not None
        return f'"{" ".join(units)}"' + (" *" if open_ended or lone else "")

    def pattern(self) -> re.Pattern[str] | None:
        """What it looks like in a folded text; None as for ``match``."""
        pieces = _PIECE.findall(fold(self.text))
        if not pieces:
            return None
        joined = r"[\W_]*".join(re.escape(piece) for piece in pieces)
        bounded = not _IS_HAN.match(pieces[0])
        return re.compile((_STARTS if bounded else "") + joined)


@dataclass(frozen=True, slots=True)
class Passage:
    """A cut of a text. ``marks``: where in it the terms stand; ``kind``: what the text is."""

    kind: str
    text: str
    marks: tuple[Span, ...]


def terms(words: Sequence[str]) -> tuple[Term, ...]:
    """Words as a shell hands them over: what holds a space was in quotes, a phrase."""
    bare = [" ".join(word.replace('"', " ").split()) for word in words]
    quoted = [" " in text or word.count('"') > 1 for word, text in zip(words, bare, strict=True)]
    return tuple(Term(text, exact) for text, exact in zip(bare, quoted, strict=True) if text)


def units(text: str) -> str:
    """``text`` as the index keeps it: what is searched for as one, with spaces between."""
    return " ".join(_units(text))


def marks(text: str, wanted: Sequence[Term]) -> tuple[Span, ...]:
    """Where the terms stand in the text as it is, in order, without overlaps."""
    folded, places = placed(text)
    matches = (match for pattern in _patterns(wanted) for match in pattern.finditer(folded))
    kept: list[Span] = []
    for first, last in sorted(match.span() for match in matches):
        start, end = places[first], max(places[last], places[last - 1] + 1)
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return tuple(kept)


def _patterns(wanted: Sequence[Term]) -> list[re.Pattern[str]]:
    return [pattern for term in wanted if (pattern := term.pattern()) is not None]


def passage(texts: Sequence[tuple[str, str]], wanted: Sequence[Term]) -> Passage | None:
    """The cut that shows most of the terms, of ``(kind, text)``; the first of equals, if any."""
    best, most = None, 0
    patterns = _patterns(wanted)
    for kind, text in texts:
        folded = fold(text)
        held = sum(pattern.search(folded) is not None for pattern in patterns)
        if held > most:
            best, most = (kind, text), held
    return None if best is None else _cut(*best, marks(best[1], wanted))


def _cut(kind: str, text: str, found: tuple[Span, ...]) -> Passage:
    first = found[0][0]
    start = first - _fitting(text[:first][::-1], _BEFORE_CELLS)
    start = _whole_word(text, start, first)
    end = start + _fitting(text[start:], _CELLS)
    lead, tail = "…" if start else "", "…" if end < len(text) else ""
    shift = len(lead) - start
    inside = [(s + shift, min(e, end) + shift) for s, e in found if s < end]
    return Passage(kind, lead + text[start:end].rstrip() + tail, tuple(inside))


def _whole_word(text: str, start: int, first: int) -> int:
    """``start``, or where the next Latin word begins, if that is before the hit."""
    if start and _LETTER.match(text[start - 1]) and _LETTER.match(text[start]):
        rest = _LETTER.sub("", text[start:first], count=1)
        start = first - len(rest)
    return min(first, start + len(text[start:]) - len(text[start:].lstrip()))


def _fitting(text: str, cells: int) -> int:
    """How many characters of ``text`` fit into so many cells of a terminal."""
    for count, character in enumerate(text):
        cells -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if cells < 0:
            return count
    return len(text)


def _units(text: str) -> list[str]:
    found: list[str] = []
    for piece in _PIECE.findall(fold(text)):
        if _IS_HAN.match(piece):
            found += [piece[at : at + 2] for at in range(len(piece))]
        else:
            found.append(piece)
    return found
