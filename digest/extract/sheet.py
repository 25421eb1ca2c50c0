"""A page as a table is read from it: words with their baselines, rules, and which way is up.

Only pages with a table's caption are asked for this. A table set sideways is turned upright here,
so that nothing else has to know; ``Sheet.box`` turns its boxes back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pymupdf

from digest.extract.glyphs import clean, mend_accents
from digest.extract.paint import LIBRARY_ERRORS, Rect, painting
from digest.extract.texfonts import hang_em, symbol

_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE | pymupdf.TEXT_CLIP
_THIN_PT = 3.0  # a filled rectangle as thin as this is a rule
_SHORT_PT = 12.0  # shorter strokes are parts of glyphs, ticks and arrows
_TEN = re.compile(r"(?<![\d.±])10$")  # a raised digit behind it is an exponent
_BASE = re.compile(r"[\w)\]}⟩|]$")  # what is raised behind it is a power or an index
_ORDINAL = re.compile(r"\^(st|nd|rd|th)\b")
_RAISED, _LOWERED = 0.15, -0.08  # of the size: from the baseline of a word to that of a small glyph
_FAR_PT = 1e5  # no page is as large: broken matrices put glyphs there, or nowhere (NaN)
_MOST_STROKES = 20_000  # a page with more is a plot, whose strokes are no rules of a table


class Word(NamedTuple):
    """A run of glyphs without a space. ``base``: its baseline; ``size``: of its type, in points."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    base: float
    size: float


class Rule(NamedTuple):
    """A horizontal stroke from ``x0`` to ``x1`` at height ``y``."""

    x0: float
    y: float
    x1: float


class Stroke(NamedTuple):
    """A vertical stroke at ``x`` from ``y0`` to ``y1``."""

    x: float
    y0: float
    y1: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Words top to bottom and left to right, rules top to bottom; upright even where set sideways.

    ``turn``: quarter turns clockwise that the paper was turned by to make it so: 0, 1 or 3.
    ``width`` and ``height`` are those of the page as it is printed.
    """

    words: tuple[Word, ...]
    rules: tuple[Rule, ...]
    strokes: tuple[Stroke, ...]
    width: float
    height: float
    turn: int = 0

    def upright(self, box: Rect) -> Rect:
        """A box of the page in the coordinates of the sheet."""
        return _turned(box, self.turn, self.width, self.height)

    def box(self, box: Rect) -> Rect:
        """A box of the sheet in the coordinates of the page."""
        turned = self.turn % 2 == 1
        size = (self.height, self.width) if turned else (self.width, self.height)
        return _turned(box, -self.turn % 4, *size)


def _turned(box: Rect, turn: int, width: float, height: float) -> Rect:
    """``box`` after ``turn`` quarter turns clockwise of a paper of ``width`` by ``height``."""
    x0, y0, x1, y1 = box
    if turn == 1:
        return height - y1, x0, height - y0, x1
    if turn == 3:
        return y0, width - x1, y1, width - x0
    return box


def sheet_of(page: Any, hidden: Collection[Rect], direction: tuple[float, float]) -> Sheet:
    """What stands on a page in one direction of writing.

    Args:
        page: The page, open in PyMuPDF.
        hidden: Boxes of the spans that a reader does not see; they are left out.
        direction: (1, 0) for upright text, (0, -1) for text read from below, (0, 1) from above.
    """
    turn = {(0, -1): 1, (0, 1): 3}.get((round(direction[0]), round(direction[1])), 0)
    bounds = page.rect if page.rotation in (0, 180) else page.rect * page.derotation_matrix
    width, height = float(bounds.width), float(bounds.height)
    words = [
        _turn_word(word, turn, width, height)
        for word in _words(page, hidden, turn)
        if all(abs(value) < _FAR_PT for value in word[:4])
    ]
    flat = [
        _turned(box, turn, width, height)
        for box in _strokes(page)
        if all(abs(value) < _FAR_PT for value in box)
    ]
    return Sheet(
        words=tuple(sorted(words, key=lambda w: (w.base, w.x0))),
        rules=tuple(_rules(flat)),
        strokes=tuple(
            Stroke((b[0] + b[2]) / 2, b[1], b[3])
            for b in flat
            if b[2] - b[0] < _THIN_PT and b[3] - b[1] > 6
        ),
        width=width,
        height=height,
        turn=turn,
    )


def _turn_word(word: Word, turn: int, width: float, height: float) -> Word:
    if not turn:
        return word
    x0, y0, x1, y1 = _turned(word[:4], turn, width, height)
    base = word.base if turn == 1 else width - word.base
    return Word(x0, y0, x1, y1, word.text, base, word.size)


def _words(page: Any, hidden: Collection[Rect], turn: int) -> list[Word]:
    try:
        raw = page.get_text("rawdict", flags=_FLAGS, clip=pymupdf.INFINITE_RECT())
    except LIBRARY_ERRORS:
        return []
    gone = {tuple(round(v, 1) for v in box) for box in hidden}
    found: list[Word] = []
    for block in raw["blocks"]:
        for line in block.get("lines", ()):
            if _direction(line["dir"]) == turn:
                spans = [
                    span for span in line["spans"]
                    if tuple(round(v, 1) for v in span["bbox"]) not in gone
                ]  # fmt: skip
                found += _split(spans, turn)
    return found


def _direction(direction: Sequence[float]) -> int | None:
    x, y = direction
    if x > 0.99:
        return 0
    return 1 if y < -0.99 else 3 if y > 0.99 else None


def _split(spans: Sequence[dict[str, Any]], turn: int) -> list[Word]:
    """The words of one line; spaces, and gaps of a quarter of the size, part them."""
    sizes = [(len(span["chars"]), span["size"]) for span in spans]
    main = max(sizes, default=(0, 0.0))[1]
    words: list[Word] = []
    run: list[_Glyph] = []
    for span in spans:
        for char in span["chars"]:
            glyph = _glyph(char, span, turn)
            if "Dingbats" in span["font"]:
                glyph = glyph._replace(text=_dingbat(glyph.text))
            if not glyph.text.strip() or (run and glyph.start - run[-1].end > 0.25 * span["size"]):
                words += _word(run, main, words[-1:])
                run = []
            if glyph.text.strip():
                run.append(glyph)
    return words + _word(run, main, words[-1:])


def _dingbat(char: str) -> str:
    """Marks of "Zapf Dingbats" come out as codes: ticks and crosses are what a cell says."""
    code = ord(char[0])
    return chr(0x2700 + (code if code < 0x20 else code - 0x20)) if code < 0x7F else char


class _Glyph(NamedTuple):
    text: str
    box: Rect
    base: float  # across the direction of writing
    lift: float  # the same, counted upwards from the paper's foot
    start: float  # along the direction of writing
    end: float
    size: float


def _glyph(char: dict[str, Any], span: dict[str, Any], turn: int) -> _Glyph:
    x0, y0, x1, y1 = char["bbox"]
    x, y = char["origin"]
    lift, start, end = {0: (-y, x0, x1), 1: (-x, -y1, -y0)}.get(turn, (x, y0, y1))
    hang = hang_em(char["c"], span["font"]) * span["size"]
    if hang and not turn:  # its box is that of letters, which it is not
        y0, y1 = y, y + hang + 0.4 * span["size"]
    lift -= hang
    base = lift if turn == 3 else -lift
    text = symbol(char["c"], span["font"])
    return _Glyph(text, (x0, y0, x1, y1), base, lift, start, end, span["size"])


def _word(run: Sequence[_Glyph], main: float, last: Sequence[Word]) -> list[Word]:
    """The glyphs as a word; a raised digit behind a number is a footnote's, not the number's.

    Behind "10" it is an exponent; but "± 10" is the error of ``last``, the word before.
    """
    main = max([main, *(glyph.size for glyph in run if glyph.text.isalnum())])
    full = [glyph for glyph in run if glyph.size > 0.86 * main] or list(run)
    if not full:
        return []
    foot = full[0].lift
    text, before = "", 0.0
    for glyph in run:
        small = glyph.size < 0.86 * main and len(full) < len(run)
        lift = (glyph.lift - foot) / max(main, 1.0) if small else 0.0
        error = any(word.text.endswith("±") for word in last)
        added = _set(glyph.text, f"±{text}" if error else text, lift, before)
        if added:  # the second digit of a footnote's mark goes as the first one went
            text, before = text + added, lift
    text = _ORDINAL.sub(r"\1", text)
    text = mend_accents(clean(text)).strip()
    if not text:
        return []
    x0, y0 = min(g.box[0] for g in run), min(g.box[1] for g in full)
    x1, y1 = max(g.box[2] for g in run), max(g.box[3] for g in full)
    return [Word(x0, y0, x1, y1, text, full[0].base, max(g.size for g in full))]


def _set(char: str, text: str, lift: float, before: float) -> str:
    """What a glyph adds to the ``text`` before it; ``lift``, ``before``: of both, in sizes."""
    numbers = char.isdigit() and text[-1:].isdigit()
    if lift > _RAISED >= before:
        if numbers:
            return f"^{char}" if _TEN.search(text) else ""
        opens = _BASE.search(text) and (char.isalnum() or char in "|(−-+")
        return f"^{char}" if opens else char
    return f" {char}" if numbers and lift < _LOWERED <= before else char


def _strokes(page: Any) -> list[Rect]:
    """Thin boxes: the straight strokes and thin fills of a page."""
    try:
        drawings = page.get_cdrawings()
    except LIBRARY_ERRORS:
        return []
    painted = painting(page)  # old drivers print rules as stencils of one pixel
    found: list[Rect] = [
        (x0, y0, x1, y1)
        for x0, y0, x1, y1 in painted.boxes[painted.of({"fill-imgmask"})].tolist()
        if min(x1 - x0, y1 - y0) < _THIN_PT
    ]
    for drawing in drawings:
        found += _thin(drawing)
        if len(found) > _MOST_STROKES:
            return []
    return found


def _thin(drawing: dict[str, Any]) -> Iterable[Rect]:
    if (drawing.get("fill_opacity") or 1) * (drawing.get("stroke_opacity") or 1) < 0.05:
        return
    for item in drawing["items"]:
        if item[0] == "l":
            (ax, ay), (bx, by) = item[1], item[2]
            box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        elif item[0] == "re":
            box = tuple(item[1][:4])
            if min(box[2] - box[0], box[3] - box[1]) > _THIN_PT and drawing["type"] != "f":
                x0, y0, x1, y1 = box  # a frame: its four sides
                yield from ((x0, y0, x1, y0), (x0, y1, x1, y1))
                yield from ((x0, y0, x0, y1), (x1, y0, x1, y1))
                continue
        else:
            continue
        if min(box[2] - box[0], box[3] - box[1]) < _THIN_PT:
            yield box


def _rules(boxes: Iterable[Rect]) -> list[Rule]:
    """Horizontal strokes top to bottom, left to right; pieces that touch are one, doubles too."""
    pieces = sorted(
        ((b[1] + b[3]) / 2, b[0], b[2]) for b in boxes if b[3] - b[1] < _THIN_PT and b[2] > b[0]
    )
    levels: list[list[tuple[float, float, float]]] = []
    for piece in pieces:
        if levels and piece[0] - levels[-1][0][0] < 2.2:
            levels[-1].append(piece)
        else:
            levels.append([piece])
    found = []
    for level in levels:
        joined: list[Rule] = []
        for y, x0, x1 in sorted(level, key=lambda piece: piece[1]):
            if joined and x0 - joined[-1].x1 < 1.0:
                joined[-1] = joined[-1]._replace(x1=max(joined[-1].x1, x1))
            else:
                joined.append(Rule(x0, y, x1))
        found += [rule for rule in joined if rule.x1 - rule.x0 >= _SHORT_PT]
    return found
