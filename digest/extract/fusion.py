"""Headings by the layout model and by the fonts of the page, put together.

Alone, the model takes bold table cells and authors for headings and misses small run-in ones;
the fonts miss headings that are set unlike the others. A line that the model calls a heading is
one where its type agrees; a line that only looks like one is none where the model sees a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from digest.extract.headings import (
    BodyStyle,
    Heading,
    continues,
    joined,
    names_part,
    set_levels,
    split_number,
    stands_out,
)
from digest.extract.lines import Line
from digest.extract.model import Region

_HEADS = ("section-header", "title")
_NEVER = ("table", "picture", "page-header", "page-footer")
_MAX_CHARS = 140


def fuse(
    headings: Sequence[Heading],
    lines: Sequence[Line],
    regions: Mapping[int, Sequence[Region]],
    body: BodyStyle,
) -> list[Heading]:
    """``headings`` (found by the fonts) with those that the model adds, without those it refutes.

    Args:
        headings: In order; their lines have the role ``heading``.
        lines: The whole paper in reading order; roles change with the headings.
        regions: Of each page that the model has seen, by its 1-based number.
        body: What running text looks like.
    """
    names = {id(line): _name(line, regions.get(line.page, ())) for line in lines}
    kept = [h for h in headings if not _refuted(h, names)]
    for heading in headings:
        if heading not in kept:
            for line in heading.lines:
                line.role = "body"
    places = {id(line): at for at, line in enumerate(lines)}
    start = min((places[id(h.lines[0])] for h in kept), default=0)
    added = list(_added(lines, start, names, body))
    for heading in added:
        for line in heading.lines:
            line.role = "heading"
    fused = sorted((*kept, *added), key=lambda heading: places[id(heading.lines[0])])
    set_levels(fused)
    return fused


def seems_incomplete(headings: Sequence[Heading], pages: int) -> bool:
    """Whether headings found by fonts look like a part only: reason to ask the model.

    Fewer than three in a paper of four pages or more; fewer than one in three pages; none that
    papers share (Introduction, References); or a gap in the top-level numbers (1, 2, 5).
    """
    if pages < 4:
        return False
    if len(headings) < max(3, pages / 3) or not any(map(names_part, headings)):
        return True
    numbers = [split_number(h.lines[0].text)[0] for h in headings if h.numbered and h.lines]
    tops = [int(number) for number in numbers if number.isdigit()]
    return bool(tops) and set(range(1, max(tops) + 1)) != set(tops)


def _name(line: Line, regions: Iterable[Region]) -> str:
    """What the model calls the region that holds most of a line; empty where none does."""
    area = max(line.width * (line.y1 - line.y0), 1e-6)
    best, name = 0.5, ""
    for region in regions:
        width = min(line.x1, region.x1) - max(line.x0, region.x0)
        height = min(line.y1, region.y1) - max(line.y0, region.y0)
        share = max(0.0, width) * max(0.0, height) / area
        if share > best:
            best, name = share, region.name
    return name


def _refuted(heading: Heading, names: Mapping[int, str]) -> bool:
    weak = not heading.numbered and not names_part(heading)
    return weak and names[id(heading.lines[0])] in _NEVER


def _added(
    lines: Sequence[Line], start: int, names: Mapping[int, str], body: BodyStyle
) -> Iterable[Heading]:
    """Runs of lines that the model calls a heading and that are set like one."""
    at = start
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.role != "body" or names[id(line)] not in _HEADS or not stands_out(line, body):
            continue
        members = [line]
        while (
            at < len(lines)
            and names[id(lines[at])] in _HEADS
            and continues(members[-1], lines[at], body)
        ):
            members.append(lines[at])
            at += 1
        text = joined(members)
        number, level, title = split_number(text)
        if sum(map(str.isalpha, title)) >= 3 and len(text) <= _MAX_CHARS and text[-1] not in ".,;":
            yield Heading(title, level, line.page, members, numbered=bool(number))
