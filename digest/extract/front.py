"""The front of a paper: its title, its abstract, and what stands between them and the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.extract.headings import KNOWN_TITLE, BodyStyle, split_number
from digest.extract.lines import Line

_ABSTRACT = re.compile(
    r"a\s?b\s?s\s?t\s?r\s?a\s?c\s?t\s*(?:[.:—–-]+\s*|$|(?=\s[A-Z]))", re.IGNORECASE
)
_AFTER_ABSTRACT = re.compile(
    r"(?:index terms|key\s?-?words?(?: and phrases)?|categories and subject|ccs concepts|pacs"
    r"|general terms"
    r"|1\.?\s*introduction|i\.?\s+introduction|introduction$|acm reference)",
    re.IGNORECASE,
)
_NOT_A_TITLE = re.compile(r"arxiv|^journal of|^proceedings|^\W*$|^volume|^vol\.", re.I)


def mark_title(lines: Sequence[Line], height: float, body_size: float) -> list[Line]:
    """The lines of the title on page 1 (empty where none is found); they get the role ``title``.

    The largest text of at least eight letters in the upper 60 % of the page, and the lines that
    go on from it in the same size; larger than the body, or bold, or in capitals.
    """
    upper = [
        x for x in lines
        if x.y0 < 0.6 * height and x.role == "body" and x.words
        if not KNOWN_TITLE.fullmatch(split_number(x.text)[2])
    ]  # fmt: skip
    sizes = sorted({round(line.size) for line in upper}, reverse=True)
    for size in sizes[:4]:
        group = _together([line for line in upper if round(line.size) == size])
        text = " ".join(line.text for line in group)
        marked = size > body_size + 0.7 or (bool(group) and (group[0].bold or group[0].caps))
        if marked and len(re.findall(r"[^\W\d_]", text)) >= 8 and not _NOT_A_TITLE.search(text):
            for line in group:
                line.role = "title"
            return group if len(text) < 300 else []
    return []


def _together(group: Sequence[Line]) -> list[Line]:
    """The first run of lines whose distance stays under two of their own heights."""
    ordered = sorted(group, key=lambda line: (line.y0, line.x0))
    run = ordered[:1]
    for line in ordered[1:]:
        if line.y0 - run[-1].y0 > 2.1 * line.size:
            break
        run.append(line)
    return run


def mark_front(lines: Sequence[Line], body: BodyStyle) -> list[Line]:
    """Lines of the abstract; everything on page 1 before the abstract or the text gets role front.

    ``lines`` are those of the first two pages in reading order. The abstract ends at the first
    heading or list of key words; where no word "Abstract" is printed, it is the paragraph between
    the authors and the first heading.
    """
    start = next((i for i, x in enumerate(lines) if _opens_abstract(x)), None)
    first = next((i for i, x in enumerate(lines) if x.role == "heading" and not _heads(x)), None)
    if start is None:
        return _unnamed(lines, first, body)
    if first is not None and first < start:
        if lines[start].column == 2 or lines[start].page > 1:
            return []
        first = next((i for i, x in enumerate(lines) if i > start and x.role == "heading"), None)
    abstract = []
    for line in lines[start:first]:
        if line is not lines[start] and _AFTER_ABSTRACT.match(line.text):
            break
        if line.role in ("body", "equation", "heading"):
            abstract.append(line)
    _leave_front(lines[:start], abstract)
    if lines[start].column < 2:  # authors also stand on top of the right column
        top = [
            x for x in lines
            if x.page == lines[start].page and x.y1 < lines[start].y0 and not _fills(x, body)
        ]  # fmt: skip
        _leave_front(top, abstract)
    behind = start + len(abstract)
    _leave_front(lines[behind:first], abstract)
    return abstract


def _fills(line: Line, body: BodyStyle) -> bool:
    """As wide as running text is: the right column may begin above the abstract."""
    return line.column == 2 and line.words >= 4 and line.width > 0.9 * body.column_width(line)


def _opens_abstract(line: Line) -> bool:
    if line.role not in ("body", "heading", "title"):
        return False
    match = _ABSTRACT.match(line.text)
    if match is None:
        return False
    return match.end() == len(line.text) or line.text[match.end() - 1] in ".:—–- " or line.bold


def _heads(line: Line) -> bool:
    return _ABSTRACT.match(split_number(line.text)[2]) is not None


def _unnamed(lines: Sequence[Line], first: int | None, body: BodyStyle) -> list[Line]:
    """The longest run of wide lines before the first heading, of three lines or more."""
    before = lines[:first] if first is not None else []
    best: list[Line] = []
    run: list[Line] = []
    for line in before:
        wide = line.words >= 6 and line.width > 0.5 * body.column_width(line) and line.size < 13
        if run and not _alike(run[-1], line):
            run = []
        if line.role == "body" and (wide or (len(run) >= 3 and line.words)):
            run.append(line)
        else:
            run = []
        if len(run) > len(best):
            best = list(run)
    best = best if len(best) >= 3 else []
    if first is not None and lines[first].page == 1:
        _leave_front(before, best)
    return best


def _alike(above: Line, line: Line) -> bool:
    """Two lines of one paragraph; affiliations are italic, centred or of another size."""
    same = above.italic == line.italic and abs(above.size - line.size) < 0.6
    return same and abs(above.x0 - line.x0) < 20 and line.y0 - above.y0 < 2 * above.size


def _leave_front(lines: Sequence[Line], abstract: Sequence[Line]) -> None:
    kept = {id(line) for line in abstract}
    for line in lines:
        if id(line) not in kept and line.role in ("body", "equation", "heading"):
            line.role = "front"


def strip_label(text: str) -> str:
    """An abstract without the word "Abstract" that opens it."""
    return _ABSTRACT.sub("", text, count=1).strip() if _ABSTRACT.match(text) else text
