"""Words of one table as rows of chunks, and the columns that the chunks make. Pure geometry.

A row is split into chunks at gaps wider than a word space; chunks that lie over each other, row
after row, make a column. Nothing is read from the words but whether they are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from digest.extract.paint import Rect
from digest.extract.sheet import Stroke, Word
from digest.words.tables import is_value

_GAP = 0.62  # of the type's size: wider than any space within a cell (0.25 to 0.5), justified too
_NUMBER_GAP = 0.2  # between two numbers: a thin space parts them already
_NUMBER = re.compile(r"[−–+-]?[\d.,]*\d[\d.,]*(?:[%x×kKMB]|ms|[*†‡]+)?")


@dataclass(slots=True)
class Chunk:
    """Words of one row without a wide gap; ``columns``: first and last that it stands over."""

    x0: float
    x1: float
    words: list[Word]
    columns: tuple[int, int] = (0, 0)

    @property
    def text(self) -> str:
        return "".join(
            word.text if last is None or _is_rooted(last, word) else f" {word.text}"
            for last, word in zip([None, *self.words], self.words, strict=False)
        )

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class Band:
    """One printed row. ``base``: its baseline; ``size``: of its type."""

    base: float
    size: float
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def box(self) -> Rect:
        words = [word for chunk in self.chunks for word in chunk.words]
        return (
            min(w.x0 for w in words),
            min(w.y0 for w in words),
            max(w.x1 for w in words),
            max(w.y1 for w in words),
        )


def bands(words: Sequence[Word], strokes: Sequence[Stroke] = ()) -> list[Band]:
    """Words as printed rows of chunks, top to bottom. Raised and lowered marks join their row."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-round(w.size), w.base)):
        row = next((row for row in rows if _level(row[0], word)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    rows.sort(key=lambda row: row[0].base)
    return [_band(sorted(row, key=lambda w: w.x0), strokes) for row in rows]


def settled(rows: list[Band]) -> list[Band]:
    """A label printed between two rows, for both of them, joins the upper one."""
    settled = rows[:1]
    for k, band in enumerate(rows[1:], start=1):
        above, below = settled[-1], rows[k + 1] if k + 1 < len(rows) else None
        if below is not None and _beside_both(band, above, below):
            above.chunks.insert(0, band.chunks[0])
        else:
            settled.append(band)
    return settled


def _beside_both(band: Band, above: Band, below: Band) -> bool:
    """One chunk left of two rows, whose heights it shares: no row of its own would stand so near.

    A rule between the two rows of a header sets them apart, by as much as 1.8 of the size.
    """
    steps = band.base - above.base, below.base - band.base
    if len(band.chunks) > 1 or min(steps) > 0.8 * band.size or sum(steps) > 2.1 * band.size:
        return False
    apart = max(steps) > 0.8 * band.size
    others = (*above.chunks, *below.chunks) if apart else above.chunks
    return band.chunks[0].x1 < min(chunk.x0 for chunk in others)


def _level(first: Word, word: Word) -> bool:
    if abs(first.base - word.base) < 0.3 * first.size:
        return True
    small = word.size < 0.86 * first.size
    foot = max(first.y1 + 0.05 * first.size, first.base + 0.4 * first.size)  # an error's lower part
    return small and first.y0 - 0.1 * first.size <= word.base <= foot


def _band(row: Sequence[Word], strokes: Sequence[Stroke]) -> Band:
    band = Band(row[0].base, max(word.size for word in row))
    for word in row:
        last = band.chunks[-1] if band.chunks else None
        if last is not None and _is_mark(last.words[-1], word):
            continue
        if last is None or _parts(last.words[-1], word, last.x1, strokes):
            band.chunks.append(Chunk(word.x0, word.x1, [word]))
        else:
            last.words.append(word)
            last.x1 = max(last.x1, word.x1)
    return band


def _is_rooted(left: Word, right: Word) -> bool:
    """A radical and what stands under it, which its bar sets apart for MuPDF."""
    radical = left.text[-1:] == "√" or right.text[:1] == "√"
    return radical and right.x0 - left.x1 < 0.1 * left.size


def _is_mark(number: Word, word: Word) -> bool:
    """A small digit raised behind a number, set apart by MuPDF: a footnote's."""
    return (
        word.text.isdigit()
        and number.text[-1:].isdigit()
        and word.size < 0.86 * number.size
        and number.base - word.base > 0.15 * number.size
        and word.x0 - number.x1 < 0.15 * number.size
    )


def _parts(left: Word, right: Word, edge: float, strokes: Sequence[Stroke]) -> bool:
    """Whether a column ends between two words of a row."""
    gap = right.x0 - edge
    size = max(left.size, right.size)
    if gap > _GAP * size:
        return True
    if gap > -0.1 * size and any(
        edge - 1 <= stroke.x <= right.x0 + 1 and stroke.y0 < left.base and stroke.y1 > left.y0
        for stroke in strokes
    ):
        return True
    numbers = _NUMBER.fullmatch(left.text) and _NUMBER.fullmatch(right.text)
    return bool(numbers) and gap > _NUMBER_GAP * size and left.text[-1] not in ",−-+±"


def columns_of(rows: Sequence[Band]) -> list[tuple[float, float]]:
    """The x extents of the columns, left to right, from the rows with most chunks first."""
    columns: list[list[float]] = []
    for band in sorted(rows, key=lambda band: -len(band.chunks)):
        for chunk in band.chunks:
            over = [c for c in columns if chunk.x0 < c[1] and chunk.x1 > c[0]]
            if not over:
                columns.append([chunk.x0, chunk.x1])
            elif len(over) == 1 and not _is_over(band, over[0]):
                over[0][0] = min(over[0][0], chunk.x0)
                over[0][1] = max(over[0][1], chunk.x1)
        columns = _untangled(columns)
    columns.sort()
    return _merged(_filled([(c[0], c[1]) for c in columns], rows), rows)


def _is_over(band: Band, column: Sequence[float]) -> bool:
    """A row of one name that sticks out of a column on both sides: it is not in that column."""
    x0, x1 = band.chunks[0].x0, band.chunks[0].x1
    return len(band.chunks) == 1 and x0 < column[0] - 2 and x1 > column[1] + 2


def _filled(columns: list[tuple[float, float]], rows: Sequence[Band]) -> list[tuple[float, float]]:
    """Without the "columns" of a name that is centred over the gap between two real ones."""
    body = next((k for k, band in enumerate(rows) if values_in(band)), 1)
    chunks = [chunk for band in rows[body:] for chunk in band.chunks]
    last = len(columns) - 1
    return [
        (x0, x1) for k, (x0, x1) in enumerate(columns)
        if k in (0, last) or any(c.x0 < x1 and c.x1 > x0 for c in chunks)
    ]  # fmt: skip


def _untangled(columns: list[list[float]]) -> list[list[float]]:
    """Without overlaps: a column that has grown into its neighbour keeps to its side."""
    columns.sort()
    for left, right in pairwise(columns):
        if left[1] > right[0]:
            left[1] = right[0] = (left[1] + right[0]) / 2
    return columns


def _merged(columns: list[tuple[float, float]], rows: Sequence[Band]) -> list[tuple[float, float]]:
    """Neighbours that more rows write across than part were one column with a gap in it."""
    at = 0
    while at + 1 < len(columns):
        left, right = columns[at], columns[at + 1]
        across = apart = 0
        for band in rows:
            one = [c for c in band.chunks if c.x0 < left[1] and c.x1 > left[0]]
            two = [c for c in band.chunks if c.x0 < right[1] and c.x1 > right[0]]
            shared = any(a is b for a in one for b in two)
            across += shared
            apart += bool(one) and bool(two) and not shared
        tail = across > 0 and not _named(rows, columns, at + 1)
        if tail or (across > apart and apart <= max(1, 0.2 * len(rows))):
            columns[at : at + 2] = [(left[0], right[1])]
        else:
            at += 1
    return columns


def _named(rows: Sequence[Band], columns: Sequence[tuple[float, float]], at: int) -> bool:
    """Whether a column has a name in the first row that names most columns, or values below."""
    x0, x1 = columns[at]
    own = [[c for c in band.chunks if c.x0 < x1 and c.x1 > x0] for band in rows]
    values = sum(any(is_value(c.text) for c in chunks) for chunks in own)
    full = next((k for k, b in enumerate(rows) if len(b.chunks) >= 0.6 * len(columns)), 0)
    return values > 0 or bool(own[full])


def values_in(band: Band) -> int:
    return sum(is_value(chunk.text) for chunk in band.chunks)
