"""Displayed equations, found by glyphs and place, so that the text can say [equation]."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.extract.headings import BodyStyle
from digest.extract.lines import Line

PLACEHOLDER = "[equation]"
_NUMBER_AT_END = re.compile(r"\(\s?(?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?[a-z]?\s?\)$")
_LAST_WORDS = re.compile(r"(?=.*\w)[\w%°$€,.\[\]()–-]{1,12}(?: [\w%°,.–-]{1,8})?[.!?]")
_TEXT_WORDS = re.compile(
    r"\b(?:where|with|and|for|the|is|are|of|we|in|if|let|that|then|as|by|to|a)\b"
)


def ends_sentence(lines: Sequence[Line]) -> bool:
    """Whether the displayed equation on ``lines`` is printed with a full stop behind it."""
    return any(_NUMBER_AT_END.sub("", line.text).rstrip().endswith(".") for line in lines[-3:])


def mark_equations(lines: Sequence[Line], body: BodyStyle) -> None:
    """Set the role ``equation`` on displayed equations and their pieces among body lines."""
    before: Line | None = None  # the last line of running text
    for line in lines:
        if line.role != "body":
            continue
        equation = _is_equation(line, body) or _is_piece(line, body)
        if equation and not (before and _ends_paragraph(line, before, body)):
            line.role = "equation"
        before = line
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        enclosed = before.role == after.role == "equation" and line.role == "body"
        if enclosed and line.words <= 2 and line.width < 0.6 * body.column_width(line):
            line.role = "equation"


def _ends_paragraph(line: Line, before: Line, body: BodyStyle) -> bool:
    """A last line with hardly a word, "72.88 %." or "1994.": set as the line above, and under it.

    The line above is full and its sentence not at an end; a displayed equation is set in.
    """
    if before.role != "body" or _LAST_WORDS.fullmatch(line.text) is None:
        return False
    if (line.font, round(line.size)) != (before.font, round(before.size)):
        return False
    if before.words < 3 or before.text.endswith((".", ":")):
        return False
    full = before.width > 0.85 * body.column_width(before)
    if (line.page, line.column) != (before.page, before.column):
        return full
    below = 0 < line.y0 - before.y0 < 1.6 * line.size
    return full and below and -3 * line.size < line.x0 - before.x0 < 1


def _is_equation(line: Line, body: BodyStyle) -> bool:
    """Mostly math and hardly a word; with an equation number at the end less math will do."""
    prose = len(_TEXT_WORDS.findall(line.text))
    if _NUMBER_AT_END.search(line.text) and line.words <= 4 and prose <= 2:
        return line.math > 0.3
    if "=" in line.text and not prose and line.words <= 3 and line.math > 0.2:
        return line.width < 0.8 * body.column_width(line)
    if line.words <= 2 and prose <= 1 and line.math > 0.5:
        return line.width < 0.98 * body.column_width(line) or line.words == 0
    return False


def _is_piece(line: Line, body: BodyStyle) -> bool:
    """A fraction's part, a sum's limit, a lone number: short, and no word in it."""
    compact = line.text.replace(" ", "")
    if line.words or len(compact) > 24:
        return False
    small = line.size < body.size - 1.2
    return small or (line.math >= 0.5 and len(compact) <= 12) or len(compact) <= 2
