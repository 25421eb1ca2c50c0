"""Tables of contents, which name every heading once more and are no running text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.extract.headings import letters_of
from digest.extract.lines import Line

_OPENS = {"contents", "tableofcontents", "listoffigures", "listoftables", "listofalgorithms"}
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})?$")
_PAGE = re.compile(r"\d{1,4}|[ivxlc]{1,6}")


def mark_contents(lines: Sequence[Line]) -> None:
    """Set the role ``contents`` on the entries of each list of headings, figures or tables.

    ``lines``: the whole paper in reading order. An entry ends in leaders, or has the page number
    beside it on its row; one that is broken over two lines has them on the second.
    """
    for index, line in enumerate(lines):
        if letters_of(line.text) not in _OPENS:
            continue
        end = _end(lines, index + 1)
        if end > index + 3:
            for entry in lines[index + 1 : end]:
                entry.role = "contents" if entry.role == "body" else entry.role


def _end(lines: Sequence[Line], start: int) -> int:
    """The index behind the last entry; three lines without one end the list, as the next does."""
    end = index = start
    while index < len(lines) and index - end < 3 and letters_of(lines[index].text) not in _OPENS:
        if _is_entry(lines, index):
            end = index + 1
        index += 1
    return end


def _is_entry(lines: Sequence[Line], index: int) -> bool:
    line = lines[index]
    if _LEADERS.search(line.text):
        return True
    before = lines[index - 1]
    beside = before.page == line.page and abs(before.y0 - line.y0) < 0.4 * line.size
    return beside and before.x1 < line.x0 and _PAGE.fullmatch(line.text) is not None
