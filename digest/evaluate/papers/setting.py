"""Setting type as journals do: justified columns, words broken at line ends, ligatures, marks.

A small typesetter over PyMuPDF's ``TextWriter``. It breaks lines greedily and never looks back:
good enough for pages that look like papers, and the order of every word is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pymupdf

_LIGATURES = (("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ"))
_SYLLABLE = re.compile(r"(?<=[aeiouy])(?=[bcdfghjklmnpqrstvwxz][aeiouy])")
_LEADING = 1.2
_FLUSH_EVERY = 150
_FACES = {"roman": "tiro", "bold": "tibo", "italic": "tiit"}


@dataclass(frozen=True, slots=True)
class Style:
    """How lines look. ``before_pt``: space above; ``keep``: lines that must follow in the frame."""

    face: str = "roman"
    size: float = 10.0
    before_pt: float = 0.0
    indent_pt: float = 0.0
    keep: int = 0
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One line: words (a word may end in ``^7``, a raised mark). ``first`` of its block."""

    words: tuple[str, ...]
    style: Style
    first: bool
    last: bool


@dataclass(slots=True)
class Frame:
    """A column to pour lines into; ``y`` moves down as it fills."""

    page: int
    x: float
    y: float
    width: float
    bottom: float
    used: bool = field(default=False)


@cache
def _font(face: str) -> Any:
    return pymupdf.Font(_FACES[face])


def with_ligatures(text: str) -> str:
    """``text`` with its f-ligatures as single glyphs, as TeX sets them."""
    for letters, glyph in _LIGATURES:
        text = text.replace(letters, glyph)
    return text


@cache
def width_of(word: str, style: Style) -> float:
    """Width in points, the raised mark of ``word`` included."""
    word, _, mark = word.partition("^")
    width = _font(style.face).text_length(with_ligatures(word), style.size)
    return float(width + (_font("roman").text_length(mark, style.size * 0.7) if mark else 0))


def break_lines(text: str, style: Style, width: float) -> list[Setting]:
    """Cut a block into lines; long words are broken where a syllable may begin."""
    lines: list[list[str]] = [[]]
    space = width_of(" ", style)
    room = width - style.indent_pt
    for word in text.split():
        need = width_of(word, style) + (space if lines[-1] else 0)
        if need > room:
            head, tail = _broken(word, style, room - space)
            if head:
                lines[-1].append(head)
            lines.append([])
            word, need, room = tail, width_of(tail, style), width
        lines[-1].append(word)
        room -= need
    return [
        Setting(tuple(line), style, k == 0, k == len(lines) - 1) for k, line in enumerate(lines)
    ]


def _broken(word: str, style: Style, room: float) -> tuple[str, str]:
    """The part of ``word`` that fits with a hyphen, and the rest; ("", word) where none fits."""
    if style.centred or not re.fullmatch(r"[A-Za-z-]{8,}[.,:]?", word):
        return "", word
    cuts = [match.start() for match in _SYLLABLE.finditer(word)]
    if "-" in word:  # a compound is parted where its own hyphen stands, or not at all
        head, _, tail = word.partition("-")
        fits = width_of(head + "-", style) <= room
        return (head + "-", tail) if fits else ("", word)
    for cut in reversed([cut for cut in cuts if 3 <= cut <= len(word) - 4]):
        if width_of(word[:cut] + "-", style) <= room:
            return word[:cut] + "-", word[cut:]
    return "", word


def pour(lines: Sequence[Setting], frames: Iterator[Frame], pages: Pages) -> None:
    """Set lines into one frame after another; blocks that keep together are never parted.

    Raises:
        StopIteration: The frames are full before the lines are set.
    """
    frame = next(frames)
    for index, line in enumerate(lines):
        height = line.style.size * _LEADING
        gap = line.style.before_pt if line.first and frame.used else 0.0
        needed = height * (1 + (line.style.keep if line.first else 0))
        if frame.y + gap + needed > frame.bottom:
            frame, gap = next(frames), 0.0
        frame.y += gap + height
        frame.used = True
        pages.line(lines[index], frame)


class Pages:
    """The pages of one PDF, letter size."""

    WIDTH, HEIGHT = 612.0, 792.0

    def __init__(self) -> None:
        self.document = pymupdf.open()
        self._writers: dict[int, Any] = {}
        self._words = 0

    def page(self, index: int) -> Any:
        """The page with this index, from 0; pages up to it are made."""
        while len(self.document) <= index:
            self.document.new_page(width=self.WIDTH, height=self.HEIGHT)
        return self.document[index]

    def flush(self) -> None:
        """Put on the pages what was set so far; what is drawn later lies over it."""
        for index, writer in self._writers.items():
            writer.write_text(self.page(index))
        self._writers.clear()

    def _writer(self, index: int) -> Any:
        """The open writer of a page; each word costs it the more the longer it is open."""
        self._words += 1
        if self._words % _FLUSH_EVERY == 0:
            self.flush()
        if index not in self._writers:
            self._writers[index] = pymupdf.TextWriter(self.page(index).rect)
        return self._writers[index]

    def line(self, line: Setting, frame: Frame) -> None:
        """Set one line on the base line ``frame.y``, justified unless it ends its block."""
        style, space = line.style, width_of(" ", line.style)
        indent = style.indent_pt if line.first else 0.0
        natural = sum(width_of(word, style) for word in line.words)
        gaps = max(1, len(line.words) - 1)
        if style.centred:
            indent = (frame.width - natural - gaps * space) / 2
        elif not line.last:
            space = (frame.width - indent - natural) / gaps
        x = frame.x + indent
        for word in line.words:
            self._word(frame.page, (x, frame.y), word, style)
            x += width_of(word, style) + space

    def _word(self, page: int, at: tuple[float, float], word: str, style: Style) -> None:
        writer = self._writer(page)
        word, _, mark = word.partition("^")
        text = with_ligatures(word)
        writer.append(at, text, _font(style.face), style.size)
        if mark:
            x = at[0] + _font(style.face).text_length(text, style.size)
            writer.append((x, at[1] - 0.35 * style.size), mark, _font("roman"), style.size * 0.7)

    def text(self, page: int, at: tuple[float, float], text: str, style: Style) -> None:
        """Set a piece of text at a point of the page with this index."""
        self._writer(page).append(at, with_ligatures(text), _font(style.face), style.size)

    def rule(self, page: int, x0: float, x1: float, y: float, width: float = 0.5) -> None:
        """A horizontal rule."""
        self.page(page).draw_line((x0, y), (x1, y), width=width)
