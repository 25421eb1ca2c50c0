"""What stands beside the body, kept with what it is: heads, notes, captions, references, ..."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from digest.extract.captions import Caption
from digest.extract.headings import BodyStyle
from digest.extract.layout import PAGE_NUMBER
from digest.extract.lines import Line
from digest.extract.text import Vocabulary, passage_of
from digest.records import Aside, AsideRole

STAMP = re.compile(r"arXiv:(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_ENTRY = re.compile(r"\[[\w+.,\- ]{1,24}\]\s|\(?\d{1,3}[.)]\s")
_BY_ROLE: Mapping[str, AsideRole] = {
    "footnote": "footnote",
    "algorithm": "algorithm",
    "front": "front",
    "contents": "front",
}


Style = tuple[Vocabulary, BodyStyle]
Group = tuple[AsideRole, list[Line]]


def asides_of(
    lines: Sequence[Line],
    heights: Mapping[int, float],
    captions: Iterable[Caption],
    references: Sequence[Line],
    style: Style,
) -> list[Aside]:
    """One aside for each coherent block beside the body, in the order of pages.

    Args:
        lines: The whole paper in reading order, with their roles.
        heights: Of each page, by its 1-based number, in points.
        captions: Of all pages.
        references: The lines of the body that stand under the heading of the references.
        style: The words of the paper, which mend hyphens, and what its running text looks like.
    """
    groups = [*_blocks(lines, heights), *_entries(references)]
    groups += [("caption", caption.lines) for caption in captions]
    asides = [_aside(role, block, style) for role, block in groups]
    return sorted((aside for aside in asides if aside.text), key=lambda aside: aside.page)


def _blocks(lines: Sequence[Line], heights: Mapping[int, float]) -> list[Group]:
    groups: list[Group] = []
    joins = False
    for line in lines:
        role = _role(line, heights[line.page])
        if role is not None:
            if joins and groups[-1][0] == role and not _apart(groups[-1][1][-1], line, role):
                groups[-1][1].append(line)
            else:
                groups.append((role, [line]))
        joins = role is not None
    return groups


def _entries(references: Sequence[Line]) -> list[Group]:
    """The references one by one: by their marks, or by the indent of all but their first lines."""
    marked = sum(_ENTRY.match(line.text) is not None for line in references) >= 3
    left: dict[tuple[int, int], float] = {}
    for line in references:
        place = (line.page, line.column)
        left[place] = min(line.x0, left.get(place, line.x0))
    hanging = sum(line.x0 > left[line.page, line.column] + 3 for line in references)
    groups: list[Group] = []
    for line in references:
        if marked:
            opens = _ENTRY.match(line.text) is not None
        else:
            opens = bool(hanging) and line.x0 < left[line.page, line.column] + 3
        if opens or not groups:
            groups.append(("reference", []))
        groups[-1][1].append(line)
    return groups


def _role(line: Line, height: float) -> AsideRole | None:
    if line.role != "margin":
        return _BY_ROLE.get(line.role)
    if STAMP.search(line.text):
        return "stamp"
    if PAGE_NUMBER.fullmatch(line.text):
        return "page-number"
    return "header" if line.y0 < height / 2 else "footer"


def _apart(last: Line, line: Line, role: AsideRole) -> bool:
    """Whether another block begins: a page, a column, a gap, the mark of a footnote."""
    if (last.page, last.column) != (line.page, line.column):
        return True
    if role == "footnote" and line.raised:
        return True
    reach = 2.0 if role in ("header", "footer", "page-number") else 2.5
    return abs(line.y0 - last.y0) > reach * last.size


def _aside(role: AsideRole, block: Sequence[Line], style: Style) -> Aside:
    """The text of a block; what looks like an equation in it is printed as it stands."""
    plain = [replace(line, role="body") for line in block]
    return Aside(block[0].page, role, passage_of(plain, *style).text)
