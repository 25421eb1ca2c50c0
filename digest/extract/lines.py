"""A page as lines with the font facts that the rest of the stage decides by.

MuPDF cuts a printed line wherever a gap or a raised glyph interrupts it; here the fragments of one
printed line of one column are put together again. Raised marks (footnotes, citations) are dropped,
exponents are written with "^". Text that a reader cannot see does not become a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from digest.extract.glyphs import clean, mend_accents

Role = Literal[
    "body", "title", "heading", "margin", "footnote", "caption", "figure", "equation",
    "algorithm", "front", "contents",
]  # fmt: skip

_SUPERSCRIPT, _ITALIC, _BOLD = 1, 2, 16  # span flags of PyMuPDF
_BOLD_FONT = re.compile(
    r"bold|black|heavy|medi\b|-medi|demi|cmb|sfbx|ptmb|\bbx|\.b$", re.IGNORECASE
)
_ITALIC_FONT = re.compile(r"ital|obli|slant|cmti|cmsl|sfti|\.i$", re.IGNORECASE)
_CAPS_FONT = re.compile(r"cmcsc|csc|smallcap|sc\d*$|-sc\b", re.IGNORECASE)
_MATH_FONT = re.compile(
    r"cmmi|cmsy|cmex|cmbsy|cmmib|msam|msbm|eufm|rsfs|euex|eus|stmary|math|symbol|mtmi|mtsy|mtex"
    r"|txsy|txmi|pxsy|pxmi|newtx.*mi|ntx|bbm|dsrom|lmmi|lmsy|lmex|zpm|rmtmi",
    re.IGNORECASE,
)
_RAISED_MARK = re.compile(r"[\d,;\s*†‡§¶‖#⋆∗+a-z–-]{1,12}")
_WIDEST_SPACE_EM = 4.0  # between the words of a justified line; seen: 3
_UNIT = re.compile(r"(?:^|[\s\d])(?:[munkcd]?m|s|Hz|kg)$")


@dataclass(slots=True)
class Line:
    """One printed line of one column; boxes in points, origin top left.

    ``math``: share of its characters set in math fonts or no letters at all, 0 to 1.
    ``words``: how many words of three letters or more are set in a text font.
    ``lead``: the bold or italic words that it opens with, where the rest is set otherwise.
    ``column``: 0 over the full width, 1 left, 2 right. ``role`` is what later steps make of it.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    size: float
    font: str
    bold: bool
    italic: bool
    caps: bool
    math: float
    words: int
    lead: str = ""
    raised: bool = False
    column: int = 0
    role: Role = "body"

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def style(self) -> tuple[str, float, bool, bool, bool]:
        """What one kind of heading has in common all through a paper."""
        return (self.font, round(self.size * 2) / 2, self.bold, self.italic, self.caps)


@dataclass(slots=True)
class Fragment:
    """What MuPDF calls a line: spans on one baseline without a wide gap."""

    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float
    size: float
    chars: int
    spans: list[dict[str, Any]] = field(repr=False)


def fragments(blocks: Iterable[dict[str, Any]]) -> tuple[list[Fragment], list[str]]:
    """The horizontal fragments of a page's ``dict``, and the texts of what is set upright.

    Upright are axis labels, tables turned by a quarter and the stamp at the edge of an e-print.
    """
    found = []
    upright = []
    for block in blocks:
        for line in block.get("lines", ()):
            spans = [span for span in line["spans"] if span["text"].strip()]
            if line["dir"][0] < 0.99:
                upright.append("".join(span["text"] for span in spans))
            elif spans:
                found.append(_fragment(line["spans"], spans))
    return found, upright


def _fragment(spans: list[dict[str, Any]], inked: list[dict[str, Any]]) -> Fragment:
    main = max(inked, key=lambda span: (len(span["text"].strip()), span["size"]))
    return Fragment(
        x0=min(span["bbox"][0] for span in inked),
        y0=min(span["bbox"][1] for span in inked if span["size"] > 0.8 * main["size"]),
        x1=max(span["bbox"][2] for span in inked),
        y1=max(span["bbox"][3] for span in inked if span["size"] > 0.8 * main["size"]),
        baseline=main["origin"][1],
        size=main["size"],
        chars=sum(len(span["text"]) for span in spans),
        spans=spans,
    )


def rows_of(parts: Sequence[Fragment], gutter: float | None) -> list[list[Fragment]]:
    """Fragments put together as printed lines, each from left to right.

    Two fragments are one line where their baselines agree, the gap between them is under 1.3 em
    (2.6 em after a section number) and the gutter does not lie in that gap. Small fragments
    (limits of sums, numerators) join the line whose height they share.
    """
    rows: list[list[Fragment]] = []
    by_size = sorted(parts, key=lambda f: (-round(f.size), f.baseline, f.x0))
    index: dict[int, list[list[Fragment]]] = {}
    for part in by_size:
        row = _row_for(part, index, gutter)
        if row is None:
            row = []
            rows.append(row)
            for key in (int(part.baseline // 8) + k for k in (-1, 0, 1)):
                index.setdefault(key, []).append(row)
        row.append(part)
    rows = _merged(rows, gutter)
    for row in rows:
        row.sort(key=lambda f: f.x0)
    return _stretched(rows, parts, gutter)


def _stretched(
    rows: list[list[Fragment]], parts: Sequence[Fragment], gutter: float | None
) -> list[list[Fragment]]:
    """Put justified lines of few words together, whose gaps are wider than a column of a table's.

    Such a line begins and ends at edges where lines of the text do, in their size; all its spaces
    are so wide, so each word stands alone. ``rows`` lie in the order of their baselines.
    """
    long = [part for part in parts if part.chars > 25]
    left, right = (Counter(map(round, x)) for x in ([p.x0 for p in long], [p.x1 for p in long]))
    size = Counter(round(part.size) for part in long).most_common(1)
    joined: list[list[Fragment]] = []
    run: list[list[Fragment]] = []
    for row in rows:
        if not (size and round(row[0].size) == size[0][0]):
            joined.append(row)
            continue
        if run and not _goes_on(run[-1], row, gutter):
            joined += _as_one(run, left, right)
            run = []
        run.append(row)
    return joined + _as_one(run, left, right)


def _goes_on(row: Sequence[Fragment], after: Sequence[Fragment], gutter: float | None) -> bool:
    """Whether ``after`` stands behind ``row`` on its baseline, a wide space away."""
    last, first = row[-1], after[0]
    if gutter is not None and last.x1 <= gutter + 2 and first.x0 >= gutter - 2:
        return False
    level = abs(last.baseline - first.baseline) < 0.5
    font = last.spans[-1]["font"] == first.spans[0]["font"]
    return level and font and 0 < first.x0 - last.x1 < _WIDEST_SPACE_EM * last.size


def _as_one(
    run: list[list[Fragment]], left: Counter[int], right: Counter[int]
) -> list[list[Fragment]]:
    words = ["".join(span["text"] for part in row for span in part.spans).strip() for row in run]
    if len(run) < 2 or any(" " in word for word in words) or not any(map(str.isalpha, words)):
        return run
    gaps = [b[0].x0 - a[-1].x1 for a, b in pairwise(run)]
    edges = left[round(run[0][0].x0)], right[round(run[-1][-1].x1)]
    if min(edges) < 3 or max(gaps) > 1.3 * min(gaps):
        return run
    return [[part for row in run for part in row]]


def _row_for(
    part: Fragment, index: dict[int, list[list[Fragment]]], gutter: float | None
) -> list[Fragment] | None:
    middle = (part.y0 + part.y1) / 2
    for row in index.get(int(part.baseline // 8), ()):
        first = row[0]
        same = abs(first.baseline - part.baseline) < 0.2 * first.size
        inside = part.size < 0.85 * first.size and first.y0 <= middle <= first.y1
        if (same or inside) and any(_adjoin(part, other, gutter) for other in row):
            return row
    return None


def _merged(rows: list[list[Fragment]], gutter: float | None) -> list[list[Fragment]]:
    """Join rows that a fragment found later has bridged."""
    rows.sort(key=lambda row: (round(row[0].baseline), min(f.x0 for f in row)))
    joined: list[list[Fragment]] = []
    for row in rows:
        last = joined[-1] if joined else None
        if (
            last is not None
            and abs(last[0].baseline - row[0].baseline) < 0.2 * row[0].size
            and any(_adjoin(a, b, gutter) for a in last for b in row)
        ):
            last.extend(row)
        else:
            joined.append(row)
    return joined


_NUMBER = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*|[IVX]{1,5}|[A-Z](?:\.\d{1,2})*)\.?")


def _adjoin(a: Fragment, b: Fragment, gutter: float | None) -> bool:
    left, right = (a, b) if a.x0 <= b.x0 else (b, a)
    if gutter is not None and left.x1 <= gutter + 2 and right.x0 >= gutter - 2:
        return False
    reach = 1.3
    if left.chars < 9 and _NUMBER.fullmatch("".join(s["text"] for s in left.spans).strip()):
        reach = 2.6
    return right.x0 - left.x1 < reach * max(left.size, right.size)


def line_of(row: Sequence[Fragment], page: int) -> Line | None:
    """The fragments of one printed line as a ``Line``; None where nothing readable is left."""
    spans = [span for part in row for span in part.spans]
    main = _main_span(spans)
    text, raised = _text(row, main)
    if not text:
        return None
    bold_chars = italic_chars = math_chars = words = 0
    for span in spans:
        count = len(span["text"].strip())
        bold_chars += count * is_bold(span)
        italic_chars += count * is_italic(span)
        if _font(span["font"]).math or span["size"] < 0.8 * main["size"]:
            math_chars += count
        else:
            math_chars += len(_NO_TEXT.findall(span["text"]))
            words += len(_LONG_WORD.findall(span["text"]))
    total = max(1, sum(len(span["text"].strip()) for span in spans))
    caps = _is_caps(spans)
    return Line(
        page=page,
        x0=row[0].x0,
        y0=min(part.y0 for part in row),
        x1=max(part.x1 for part in row),
        y1=max(part.y1 for part in row),
        text=text,
        size=_size(spans, main, caps),
        font=str(main["font"]),
        bold=bold_chars > 0.6 * total,
        italic=italic_chars > 0.6 * total,
        caps=caps,
        math=min(1.0, math_chars / total),
        words=words,
        lead=_lead(spans),
        raised=raised,
    )


_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_NO_TEXT = re.compile(r"[\d_]|[^\w .,;:'’-]")


class _Font(NamedTuple):
    """What a font's name says."""

    bold: bool
    italic: bool
    caps: bool
    math: bool


@lru_cache(maxsize=4096)
def _font(name: str) -> _Font:
    patterns = (_BOLD_FONT, _ITALIC_FONT, _CAPS_FONT, _MATH_FONT)
    return _Font(*(pattern.search(name) is not None for pattern in patterns))


def is_bold(span: dict[str, Any]) -> bool:
    """True where the flag or the font's name says bold."""
    return bool(span["flags"] & _BOLD) or _font(span["font"]).bold


def is_italic(span: dict[str, Any]) -> bool:
    """True where the flag or the font's name says italic, math fonts apart."""
    font = _font(span["font"])
    return not font.math and (bool(span["flags"] & _ITALIC) or font.italic)


def _main_span(spans: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The span whose font and size most characters share."""
    count: Counter[tuple[str, float]] = Counter()
    first: dict[tuple[str, float], dict[str, Any]] = {}
    for span in spans:
        key = (span["font"], round(span["size"], 0))
        count[key] += len(span["text"].strip())
        first.setdefault(key, span)
    return first[count.most_common(1)[0][0]]


def _size(spans: Sequence[dict[str, Any]], main: dict[str, Any], caps: bool) -> float:
    """The size of most characters; of small capitals that of the large ones."""
    if not caps:
        return float(main["size"])
    return float(max(span["size"] for span in spans if any(map(str.isalpha, span["text"]))))


def _is_caps(spans: Sequence[dict[str, Any]]) -> bool:
    """All capitals, a small-capitals font, or capitals in two sizes."""
    text = "".join(span["text"] for span in spans)
    letters = [c for c in text if c.isalpha()]
    if len(letters) >= 4 and all(c.isupper() for c in letters):
        return True
    caps = sum(len(s["text"].strip()) for s in spans if _font(s["font"]).caps)
    return caps > 0.5 * max(1, len(text.strip()))


def _lead(spans: Sequence[dict[str, Any]]) -> str:
    """The words of another style that open a line whose rest is set upright and light.

    A section number before them counts in, however it is set.
    """
    words = ""
    end = 0  # behind the last word that is set so; math between such words belongs to them
    for span in spans:
        strong = is_bold(span) or is_italic(span)
        opened = end and not words.rstrip().endswith((".", ":"))
        opened = opened or _NUMBER.fullmatch(words.strip()) is not None
        math = opened and _font(span["font"]).math
        ends = words.strip() or not _NUMBER.fullmatch(span["text"].strip())
        if span["text"].strip() and not strong and not math and ends:
            lead = clean(words[:end]).strip()
            return "" if _NUMBER.fullmatch(lead) else lead
        words += span["text"]
        end = len(words) if strong and span["text"].strip() else end
    return ""


def _text(row: Sequence[Fragment], main: dict[str, Any]) -> tuple[str, bool]:
    """The text of a row, and whether it opens with a raised mark, as footnotes do."""
    text = ""
    opens_raised = exponent = False
    right = row[0].x0
    for part in row:
        if text and not text.endswith(" ") and part.x0 - right > 0.12 * part.size:
            text += " "
        edge = part.x1
        for at, span in enumerate(part.spans):
            piece = clean(span["text"])
            if _is_raised(span, main) and not _is_isotope(text, part.spans[at : at + 2]):
                opens_raised |= not text.strip() and bool(piece.strip())
                # A minus and its digits are two spans of one exponent.
                piece = piece if exponent else _exponent(text, piece, span)
                exponent = exponent or "^" in piece
            elif piece.strip():
                exponent = False
            # Around math the gap is often too narrow for MuPDF to write a space.
            apart = span["bbox"][0] - edge > 0.13 * main["size"]
            if apart and text and text[-1] != " " and piece[:1] not in (" ", "") and not exponent:
                text += " "
            text += piece
            edge = span["bbox"][2]
        right = max(right, part.x1)
    return mend_accents(" ".join(text.split())), opens_raised


def _is_raised(span: dict[str, Any], main: dict[str, Any]) -> bool:
    """Smaller than the line and above its baseline (PyMuPDF's flag also marks what follows)."""
    lift = main["origin"][1] - span["origin"][1]
    return bool(span["size"] < 0.85 * main["size"] and 0.15 < lift / main["size"] < 0.8)


def _is_isotope(before: str, spans: Sequence[dict[str, Any]]) -> bool:
    """Digits raised before a letter, not after one: the mass number in "the 12C nucleus"."""
    if len(spans) < 2 or not before.endswith(" "):
        return False
    mark, name = spans[0]["text"], spans[1]["text"]
    return bool(mark.isdigit() and name[:1].isupper() and not name[2:3].islower())


def _exponent(before: str, piece: str, span: dict[str, Any]) -> str:
    """What a raised piece is worth in running text: "^2" after a base, nothing after a word.

    A digit raised after a word, a name or a full stop is a citation or a footnote; read on as a
    digit it would make a false number.
    """
    mark = piece.strip()
    base = before.rstrip()
    if not mark or mark in {"′", "″", "'", "◦", "°", "th", "st", "nd", "rd"}:
        return piece
    single = re.search(r"(?:^|[^\w])[^\W\d_]$", base) is not None or base.endswith((")", "]", "|"))
    in_math = _font(span["font"]).math or mark[0] in "−-+"
    if re.search(r"(?:^|\D)10$", base) or _UNIT.search(base) or (single and in_math):
        return f"^{piece}"
    if _RAISED_MARK.fullmatch(mark) and not in_math:
        return " " if piece.endswith(" ") else ""
    return f"^{piece}" if base and base[-1].isalnum() and in_math else piece
