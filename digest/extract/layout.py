"""Where a page's columns are, in which order they are read, and what repeats around them.

Works on geometry alone: no fonts but the body size, no words.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from digest.extract.lines import Fragment, Line

Gutter = float
Drawn = tuple[float, float, float, float]  # x0, y0, x1, y1 in points

_RULE_PT = 3.0  # what is less high is a rule
_OVER_PT = 60.0  # what reaches so far into both columns stands over both


def find_gutter(parts: Sequence[Fragment], width: float) -> Gutter | None:
    """The x between two columns of a page ``width`` points wide; None for one column.

    The x in the middle third that the least text crosses, where both sides hold text and either
    at most half as much text crosses it (full-width titles and captions) or both sides hold ten
    lines as wide as a column (a first page with a full-width abstract).
    """
    wide = [part for part in parts if part.x1 - part.x0 > 0.12 * width and part.chars > 12]
    spans = [(p.x0 + 1, p.x1 - 1, p.chars) for p in wide]
    best, least = None, float("inf")
    candidates = [width * k / 200 for k in range(70, 131)]
    for x in sorted(candidates, key=lambda x: abs(x - width / 2)):
        crossing = sum([chars for x0, x1, chars in spans if x0 < x < x1])
        if crossing < least:
            best, least = x, crossing
    if best is None:
        return None
    left = [p for p in wide if p.x1 <= best + 1]
    right = [p for p in wide if p.x0 >= best - 1]
    sides = sum(p.chars for p in left), sum(p.chars for p in right)
    if min(sides) < 0.1 * sum(sides) or min(len(left), len(right)) < 4:
        return None
    prose = [sum(p.x1 - p.x0 > 0.3 * width for p in side) for side in (left, right)]
    if least > sum(sides) / 2 and min(prose) < 10:
        return None
    begins = [p for p in parts if p.x0 >= best - 1 and p.chars > 3]
    return _centred(left, begins, best)


def _centred(left: Sequence[Fragment], right: Sequence[Fragment], x: float) -> float:
    """The middle of the gap, between where lines of the left end and of the right begin.

    The right column begins where several lines do, which need not be most of them: references
    hang behind their labels.
    """
    ends = Counter(round(part.x1) for part in left).most_common(1)[0][0]
    count = Counter(round(part.x0) for part in right)
    enough = max(3, max(count.values()) // 6)
    starts = min((at for at, lines in count.items() if lines >= enough), default=x)
    return (ends + starts) / 2 if ends < starts and abs((ends + starts) / 2 - x) < 40 else x


def in_reading_order(
    lines: Iterable[Line], gutter: Gutter | None, drawn: Sequence[Drawn] = ()
) -> list[Line]:
    """Lines of a page as they are read; sets ``column``.

    Lines over the full width, and what is drawn over it (``drawn``: the boxes of all rules, images
    and shapes of the page), cut a two-column page into bands; in each band the left column comes
    first.
    """
    ordered = sorted(lines, key=lambda line: (round(line.y0), line.x0))
    if gutter is None:
        return ordered
    for line in ordered:
        line.column = _column(line, gutter)
    _widen(ordered, gutter)
    edges = _band_edges(drawn, ordered, gutter)
    if edges:
        ordered.sort(key=lambda line: _band(line, edges))
    result: list[Line] = []
    band: list[Line] = []
    for line in ordered:
        if band and _band(line, edges) != _band(band[-1], edges):
            result += _by_column(band)
            band = []
        if line.column == 0:
            result += _by_column(band)
            band = []
            result.append(line)
        else:
            band.append(line)
    return result + _by_column(band)


def _band_edges(drawn: Sequence[Drawn], lines: Sequence[Line], gutter: Gutter) -> list[float]:
    """The heights where something over both columns begins or ends: a table's rules, an image.

    One path can draw the rules of several tables, and a page can have a coloured ground: what is
    no mere rule counts only where it holds no running text.
    """
    edges: set[float] = set()
    for x0, y0, x1, y1 in drawn:
        if x0 > gutter - _OVER_PT or x1 < gutter + _OVER_PT:
            continue
        held = (line for line in lines if line.words >= 5 and y0 < (line.y0 + line.y1) / 2 < y1)
        if y1 - y0 < _RULE_PT or next(held, None) is None:
            edges.update((y0, y1))
    return sorted(edges)


def _band(line: Line, edges: Sequence[float]) -> int:
    return bisect(edges, (line.y0 + line.y1) / 2)


def _column(line: Line, gutter: Gutter) -> int:
    if line.x1 <= gutter + 4:
        return 1
    if line.x0 >= gutter - 4:
        return 2
    # Some text runs over its column's edge (a long word, an equation number).
    if line.x1 - gutter < 0.15 * line.width:
        return 1
    return 2 if gutter - line.x0 < 0.15 * line.width else 0


def _widen(lines: Sequence[Line], gutter: Gutter) -> None:
    """A short last line of a full-width paragraph belongs to the full width, not to the left."""
    for before, line in pairwise(lines):
        follows = 0 < line.y0 - before.y0 < 1.6 * before.size
        alike = abs(line.x0 - before.x0) < 3 and abs(line.size - before.size) < 0.5
        if before.column == 0 and line.column == 1 and follows and alike:
            beside = any(
                other.column == 2 and abs(other.y0 - line.y0) < line.size for other in lines
            )
            if not beside:
                line.column = 0


def _by_column(band: Sequence[Line]) -> list[Line]:
    return [line for side in (1, 2) for line in band if line.column == side]


def body_size(lines: Iterable[Line]) -> float:
    """The size of running text in points, to half a point; 10 where there is no text.

    The size that most characters have; but a larger one that nearly as many have (60 %) wins,
    because long references and appendices are set smaller than the text.
    """
    count: Counter[float] = Counter()
    for line in lines:
        if line.words >= 3:
            count[round(line.size * 2) / 2] += len(line.text)
    if not count:
        return 10.0
    most = max(count.values())
    return max(size for size, chars in count.items() if chars >= 0.6 * most)


def line_numbers(parts: Sequence[Fragment], width: float) -> list[Fragment]:
    """The numbers that review copies print beside every line; empty where there are under 15."""
    numbers = [p for p in parts if p.chars < 12 and text_of(p).isdigit() and len(text_of(p)) <= 4]
    if len(numbers) < 15:
        return []
    body = [p for p in parts if p.x1 - p.x0 > 0.25 * width]
    if not body:
        return []
    left, right = min(p.x0 for p in body), max(p.x1 for p in body)
    outside = [p for p in numbers if p.x1 < left - 1 or p.x0 > right + 1]
    return outside if len(outside) >= 15 else []


def text_of(part: Fragment) -> str:
    """The characters of a fragment as they stand."""
    return "".join(span["text"] for span in part.spans).strip()


def mark_sidebar(lines: Sequence[Line], gutter: Gutter | None) -> None:
    """Set the role ``margin`` on what stands left of the text of a one-column page.

    Notes, publishers' side bars, line numbers. The text begins where most of its lines do.
    """
    starts = Counter(round(line.x0) for line in lines if line.words >= 5)
    if gutter is not None or not starts:
        return
    left = starts.most_common(1)[0][0]
    for line in lines:
        if line.x1 < left - 3:
            line.role = "margin"


PAGE_NUMBER = re.compile(
    r"(?:page\s*)?[-–—\s]*(?:\d{1,4}|[ivxlc]{1,6})[-–—\s]*(?:(?:of|/)\s*\d+)?", re.I
)
_BOILERPLATE = re.compile(
    r"©|copyright|all rights reserved|preprint\.|under review|arxiv:\d{4}|licen[sc]ed under"
    r"|permission to make|\bISBN\b|\bISSN\b|\$\d+\.\d\d|\bdoi\.org/|^doi:"
    r"|proceedings of|conference on",
    re.IGNORECASE,
)


_LABELLED = re.compile(r"(?:table|tab\.|figure|fig\.|algorithm)\s*(?:\d|[ivxlc]+\b)", re.I)


def mark_margins(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> None:
    """Set the role ``margin`` on running heads, feet, page numbers and publishers' notices.

    A line in the outer ninth of a page is one where it is a page number, where it repeats (digits
    aside) at the same height on three pages or more (two in a short paper), or where it is
    smaller than or set apart from the text and speaks of copyright or proceedings. Captions repeat
    on top of pages of tables, too: "TABLE 2", "TABLE 3".
    """
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    edge: list[tuple[Line, tuple[str, int]]] = []
    for lines, height in zip(pages, heights, strict=True):
        for line in _edge_lines(lines, height):
            key = (re.sub(r"[\divxlc]+|\W", "", line.text.lower()), round(line.y0 / 12))
            seen[key].add(line.page)
            edge.append((line, key))
    enough = 3 if len(pages) > 5 else 2
    for line, key in edge:
        near = seen[key] | seen[key[0], key[1] - 1] | seen[key[0], key[1] + 1]
        repeats = len(near) >= enough and len(key[0]) > 3 and not _LABELLED.match(line.text)
        if repeats or PAGE_NUMBER.fullmatch(line.text) or _BOILERPLATE.search(line.text):
            line.role = "margin"


def _edge_lines(lines: Sequence[Line], height: float) -> list[Line]:
    """Up to three lines from the top and five from the bottom, in the outer ninth of the page."""
    ordered = sorted(lines, key=lambda line: line.y0)
    top = [line for line in ordered if line.y1 < height / 9]
    bottom = [line for line in ordered if line.y0 > height * 8 / 9]
    return top[:3] + bottom[-5:]


def mark_footnotes(lines: Sequence[Line], height: float, size: float) -> None:
    """Set the role ``footnote`` on the small print at the foot of each column of one page.

    Going up from the foot, lines at least 0.8 pt smaller than the body (``size``), in the lower
    half of the page, down from the topmost one that opens with a raised or printed mark.
    """
    for column in (0, 1, 2):
        small: list[Line] = []
        for line in sorted(lines, key=lambda line: -line.y0):
            if line.column != column or line.role != "body":
                continue
            if line.size > size - 0.8 or line.y0 < height * 0.45:
                break
            small.append(line)
        if any(_CITED.match(line.text) for line in small):
            continue  # references without a heading, as REVTeX prints them
        marked = [k for k, line in enumerate(small) if _opens_note(line)]
        first_page = bool(small) and small[0].page == 1
        if marked or first_page:
            for line in small if first_page else small[: marked[-1] + 1]:
                line.role = "footnote"


_CITED = re.compile(r"\[\d{1,3}\]\s")


def _opens_note(line: Line) -> bool:
    return line.raised or re.match(r"[*†‡§¶∗]|\d{1,2}\.?\s?[A-Za-z]", line.text) is not None
