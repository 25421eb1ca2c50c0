"""Section headings that a PDF's bookmarks name, found again on their pages."""

from __future__ import annotations

from collections.abc import Sequence

from digest.extract.headings import (
    KNOWN_TITLE,
    BodyStyle,
    Heading,
    candidates,
    letters_of,
    split_number,
    stands_out,
)
from digest.extract.lines import Line

Bookmark = tuple[int, str, int]  # level, title, 1-based page


def locate_bookmarks(
    bookmarks: Sequence[Bookmark], lines: Sequence[Line], body: BodyStyle
) -> list[Heading]:
    """The headings that ``bookmarks`` name, found on their pages; those not found have no lines.

    Empty where fewer than half are found: such bookmarks (slides, file names) say nothing.
    """
    by_page: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_page.setdefault(line.page, []).append(index)
    places = {id(line): k for k, line in enumerate(lines)}
    headings = []
    start = 0
    for level, raw, page in bookmarks:
        title = _bookmark_title(raw)
        if not title:
            continue
        spots = [i for p in (page, page + 1, page - 1) for i in by_page.get(p, ())]
        heading = _locate(title, level, page, (lines, spots, start), body)
        if heading.lines:
            start = places[id(heading.lines[-1])]
        headings.append(heading)
    found = [h for h in headings if h.lines]
    if len(found) < 0.5 * max(1, len(headings)):
        return []
    for heading in found:
        for line in heading.lines:
            line.role = "body" if heading.run_in else "heading"
    return _with_unmarked(headings, lines, body)


def _with_unmarked(
    headings: list[Heading], lines: Sequence[Line], body: BodyStyle
) -> list[Heading]:
    """Add what bookmarks leave out and pages print: references, acknowledgements, conclusions."""
    places = {id(line): k for k, line in enumerate(lines)}
    extra = [h for h in candidates(lines, body) if KNOWN_TITLE.fullmatch(h.title) and not h.run_in]
    for heading in extra:
        at = places[id(heading.lines[0])]
        behind = [k for k, h in enumerate(headings) if h.lines and places[id(h.lines[0])] < at]
        heading.level = 1 if not heading.numbered else heading.level
        headings.insert(behind[-1] + 1 if behind else 0, heading)
        for line in heading.lines:
            line.role = "heading"
    return headings


def _bookmark_title(raw: str) -> str:
    text = " ".join(raw.split())
    number, _, title = split_number(text)
    return title if number else text


def _locate(
    title: str,
    level: int,
    page: int,
    place: tuple[Sequence[Line], Sequence[int], int],
    body: BodyStyle,
) -> Heading:
    """Find ``title`` on the lines at ``spots``, later than ``start`` where it can be."""
    lines, spots, start = place
    wanted = letters_of(title)
    later = [i for i in spots if i >= start] + [i for i in spots if i < start]
    for match in (_whole, _opening):
        for index in later:
            if lines[index].role in ("body", "heading") and (
                members := match(lines, index, wanted)
            ):
                run_in = match is _opening
                if run_in and not (lines[index].lead or stands_out(lines[index], body)):
                    continue
                return Heading(title, level, lines[index].page, members, run_in)
    return Heading(title, level, page, [])


def _whole(lines: Sequence[Line], index: int, wanted: str) -> list[Line]:
    """Up to four lines that together are the title, with or without a number."""
    first = lines[index].text
    if not (
        wanted.startswith((letters_of(first[:12])[:4], letters_of(split_number(first)[2])[:4]))
    ):
        return []
    text = ""
    for count, line in enumerate(lines[index : index + 4], start=1):
        text += f" {line.text}"
        if wanted in (letters_of(text), letters_of(split_number(text.strip())[2])):
            return list(lines[index : index + count])
    return []


def _opening(lines: Sequence[Line], index: int, wanted: str) -> list[Line]:
    text = lines[index].text
    opens = (letters_of(text), letters_of(split_number(text)[2]))
    return [lines[index]] if wanted and any(key.startswith(wanted) for key in opens) else []
