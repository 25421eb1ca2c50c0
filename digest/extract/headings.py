"""Section headings: from bookmarks where the PDF has them, else from how the page sets them.

Not done here: what kind of section a heading opens (``kinds``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from digest.extract.lines import Line

_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.:)]?\s*(?P<title>[^\W\d_].+)")
_ROMAN = re.compile(r"(?P<number>[IVX]{1,5})\s?[.:]\s*(?P<title>[^\W\d_].+)")
_LETTER = re.compile(
    r"(?:appendix\s+)?(?P<number>[A-Z](?:\.\d{1,2}){0,3})(?:[.:)]\s*|\s+)(?P<title>[^\W\d_].+)",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(?:abstract|introduction|related works?|background|methods?|methodology|experiments?|results?"
    r"|discussions?|conclusions?|acknowledge?ments?|references|bibliography|appendix|appendices"
    r"|summary|future work|evaluation|limitations|data availability|materials and methods"
    r"|results and discussions?|discussions? and conclusions?|conclusions? and future work"
    r"|conclusions? and discussions?|literature cited|supplementary materials?)[.:]?",
    re.IGNORECASE,
)
_MAX_CHARS = 140
_AUTHORS_END_PT = 260.0  # authors stand in the upper third of a page of 792 or 842 pt
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class Heading:
    """A heading and the lines it is printed on; ``run_in``: text goes on behind it on that line."""

    title: str
    level: int
    page: int
    lines: list[Line]
    run_in: bool = False
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """What running text looks like in this paper, to tell what stands out; points."""

    size: float
    leading: float
    bold: bool
    widths: dict[int, float]

    def column_width(self, line: Line) -> float:
        return self.widths.get(line.column, 400.0)


def body_style(lines: Sequence[Line], size: float) -> BodyStyle:
    """Measure the running text among ``lines`` (reading order) of body ``size``."""
    prose = [line for line in lines if abs(line.size - size) < 0.7 and line.words >= 4]
    steps = [
        b.y0 - a.y0 for a, b in pairwise(prose)
        if a.page == b.page and a.column == b.column and 0.8 * size < b.y0 - a.y0 < 2.5 * size
    ]  # fmt: skip
    widths = {}
    for column in (0, 1, 2):
        inside = sorted(line.width for line in prose if line.column == column)
        if inside:
            widths[column] = inside[int(0.9 * (len(inside) - 1))]
    bold = sum(line.bold for line in prose) > 0.5 * max(1, len(prose))
    return BodyStyle(size, median(steps) if steps else 1.2 * size, bold, widths)


# ---------------------------------------------------------------- numbers


def split_number(text: str) -> tuple[str, int, str]:
    """A heading's number, the level it tells (0 where it has none) and the title behind it."""
    for pattern, level in ((_NUMBERED, 1), (_ROMAN, 1), (_LETTER, 1)):
        match = pattern.fullmatch(text)
        if match:
            number = match["number"]
            if pattern is _LETTER and not _letter_number(text, match):
                continue
            return number, level + number.count("."), match["title"].strip()
    return "", 0, text


def _letter_number(text: str, match: re.Match[str]) -> bool:
    """ "A Proofs" and "B.1 Data" are numbered; "A model of speech" is a title."""
    title = match["title"]
    if text[:8].lower() == "appendix":
        return True
    if not match["number"][0].isupper() or not title[0].isupper():
        return False
    return match["number"] != "A" or title[:2] != "A " or "." in text[:3]


def is_numbered_heading(line: Line, body: BodyStyle) -> bool:
    """A section number and a title, set apart from the text by weight, size or capitals."""
    number, _, title = split_number(line.text)
    if not number or line.math > 0.6 or len(line.text) > _MAX_CHARS:
        return False
    if number.isdigit() and int(number) > 25:
        return False
    if not (title[0].isupper() or (line.bold and not body.bold)):
        return False
    return _stands_out(line, body) and len(_LETTERS.findall(title)) >= 2


def _strong(line: Line, body: BodyStyle) -> bool:
    return (line.bold and not body.bold) or line.size > body.size + 0.6


def _stands_out(line: Line, body: BodyStyle) -> bool:
    if line.size < body.size - (2.1 if line.caps else 1.6):
        return False
    return _strong(line, body) or line.caps or line.italic


# ---------------------------------------------------------------- from the page


def find_headings(lines: Sequence[Line], body: BodyStyle) -> list[Heading]:
    """Headings among ``lines`` (the whole paper in reading order), by number and by style."""
    candidates = list(_candidates(lines, body))
    kept = _by_style(candidates, body)
    for heading in kept:
        if not heading.run_in:
            for line in heading.lines:
                line.role = "heading"
    _set_levels(kept)
    return kept


def _candidates(lines: Sequence[Line], body: BodyStyle) -> Iterator[Heading]:
    skip = 0
    for index, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        if line.role != "body" or not _LETTERS.search(line.text):
            continue
        before, after = _neighbours(lines, index)
        heading = _heading_at(lines, index, body, _gap_above(before, line, body), after)
        if heading is not None:
            skip = len(heading.lines) - 1
            yield heading


def _neighbours(lines: Sequence[Line], index: int) -> tuple[Line | None, Line | None]:
    """The lines right above and below in the same column of the same page."""
    line = lines[index]
    before = lines[index - 1] if index else None
    after = lines[index + 1] if index + 1 < len(lines) else None
    if before is not None and (before.page, before.column) != (line.page, line.column):
        before = None
    if after is not None and (after.page, after.column) != (line.page, line.column):
        after = None
    return before, after


def _gap_above(before: Line | None, line: Line, body: BodyStyle) -> bool:
    if before is None or before.role != "body":
        return True
    return line.y1 - before.y1 > 1.25 * body.leading or line.y0 < before.y0


def _heading_at(
    lines: Sequence[Line], index: int, body: BodyStyle, gap: bool, after: Line | None
) -> Heading | None:
    line = lines[index]
    if line.lead and not _strong_whole(line, body):
        return _run_in(line, gap)
    numbered = is_numbered_heading(line, body)
    known = _KNOWN.fullmatch(split_number(line.text)[2]) is not None and len(line.text) < 60
    alone = after is None or not _flows(line, after, body)
    if numbered:
        accepted = gap or (_strong(line, body) and alone)
    elif known:
        accepted = (_stands_out(line, body) or gap) and alone
    else:
        accepted = gap and _titled(line, body) and line.width < 0.97 * body.column_width(line)
    if not accepted:
        return None
    members = [line, *_continued(line, lines[index + 1 : index + 4], body)]
    if len(members) > 3:
        return None
    text = _joined(members)
    if len(text) > _MAX_CHARS:
        return None
    number, level, title = split_number(text)
    if not numbered:
        number, level, title = ("", 0, text) if not known else (number, level, title)
    return Heading(title, level, line.page, members, numbered=bool(number))


def _strong_whole(line: Line, body: BodyStyle) -> bool:
    return line.bold or line.size > body.size + 0.6


def _run_in(line: Line, gap: bool) -> Heading | None:
    """ "3.1.2 Encoder. We use ..." or "1) Encoder: We use ...": only with a number."""
    number, level, title = split_number(line.lead)
    if not number or not gap or not title[0].isupper():
        return None
    if len(_LETTERS.findall(title)) < 4 or len(title) > 80:
        return None
    return Heading(title.rstrip(".: "), level, line.page, [line], run_in=True, numbered=True)


def _titled(line: Line, body: BodyStyle) -> bool:
    """Reads and looks like an unnumbered heading."""
    text = line.text
    first = next((c for c in text if c.isalpha()), "a")
    slanted = line.italic and line.words <= 8 and line.width < 0.7 * body.column_width(line)
    marked = _strong(line, body) or (line.caps and line.math < 0.3) or slanted
    if not marked or line.size < body.size - 1.1:
        return False
    if line.math > 0.4 or not line.words or len(text) > 100 or text[-1] in ".,;:=":
        return False
    return first.isupper() and not re.match(r"[\[(•∗*†-]", text)


def _flows(line: Line, after: Line, body: BodyStyle) -> bool:
    """True where the next line goes on in the same style at the text's own leading."""
    close = after.y0 - line.y0 < 1.3 * body.leading
    return close and after.style == line.style and after.words >= 4


def _continued(line: Line, rest: Sequence[Line], body: BodyStyle) -> list[Line]:
    """Further lines of a heading that runs over one line."""
    members: list[Line] = []
    last = line
    for other in rest:
        same = (other.page, other.column, other.role) == (line.page, line.column, "body")
        close = 0 < other.y0 - last.y0 < 1.5 * max(line.size, body.leading)
        alike = other.bold == line.bold and abs(other.size - line.size) < 0.6
        alike = alike and other.italic == line.italic and other.caps == line.caps
        if not (same and close and alike and not other.lead) or split_number(other.text)[0]:
            break
        if not _stands_out(line, body):
            break
        members.append(other)
        last = other
    return members


def _joined(lines: Sequence[Line]) -> str:
    text = ""
    for line in lines:
        hyphen = text.endswith("-") and line.text[:1].islower()
        text = text + line.text if hyphen else f"{text} {line.text}"
    return text.strip()


def _by_style(candidates: Sequence[Heading], body: BodyStyle) -> list[Heading]:
    """Where a paper numbers its sections, unnumbered lines must look like the numbered ones."""
    numbered = [h for h in candidates if h.numbered and not h.run_in]
    candidates = _without_authors(_before_references(candidates))
    if len(numbered) < 3:
        faces = Counter(_face(h.lines[0]) for h in candidates)
        return [
            h for h in candidates
            if not h.run_in and (not _only_italic(h, body) or faces[_face(h.lines[0])] >= 3)
        ]  # fmt: skip
    styles = Counter(_face(h.lines[0]) for h in numbered)
    shared = {style for style, count in styles.items() if count >= 2 or len(numbered) < 6}
    kept = []
    for heading in _in_sequence(candidates):
        known = _KNOWN.fullmatch(heading.title) is not None
        if heading.numbered or known or _face(heading.lines[0]) in shared:
            kept.append(heading)
    return kept


def _only_italic(heading: Heading, body: BodyStyle) -> bool:
    line = heading.lines[0]
    return line.italic and not _strong(line, body) and not line.caps


def _without_authors(candidates: Sequence[Heading]) -> list[Heading]:
    """Without unnumbered lines on page 1 above the first heading that is certainly one."""
    certain = next(
        (k for k, h in enumerate(candidates) if h.numbered or _KNOWN.fullmatch(h.title)), 0
    )
    return [
        h for k, h in enumerate(candidates)
        if k >= certain or h.page > 1 or h.lines[0].y0 > _AUTHORS_END_PT
    ]  # fmt: skip


def _before_references(candidates: Sequence[Heading]) -> list[Heading]:
    """Without unnumbered lines behind the references that look like no heading before them."""
    faces: set[tuple[float, bool, bool, bool]] = set()
    kept: list[Heading] = []
    ended = False
    for heading in candidates:
        face = _face(heading.lines[0])
        known = _KNOWN.fullmatch(heading.title) is not None
        if not ended or known or face in faces:
            kept.append(heading)
            faces.add(face)
        ended = ended or letters_of(heading.title) in ("references", "bibliography")
    return kept


def _in_sequence(headings: Sequence[Heading]) -> list[Heading]:
    """Without single numbers that cannot be a section's ("12 Hz band" between 3 and 4)."""
    kept: list[Heading] = []
    last = 0
    for heading in headings:
        number = split_number(heading.lines[0].text)[0] if heading.numbered else ""
        if number.isdigit():
            if not last - 1 <= int(number) <= last + 3 and int(number) != 1:
                continue
            last = int(number)
        kept.append(heading)
    return kept


def _face(line: Line) -> tuple[float, bool, bool, bool]:
    return (round(line.size), line.bold, line.italic, line.caps)


def _set_levels(headings: Sequence[Heading]) -> None:
    """Levels of numbers as they say; letters below roman numerals; the rest by shared style."""
    roman = any(_ROMAN.match(h.lines[0].text) for h in headings if h.numbered)
    by_face: dict[tuple[float, bool, bool, bool], int] = {}
    for heading in headings:
        if not heading.numbered:
            continue
        text = heading.lines[0].text
        if roman and not _ROMAN.match(text):
            heading.level += 1 if text[:1].isalpha() else 2
        by_face.setdefault(_face(heading.lines[0]), heading.level)
    sizes = sorted({round(h.lines[0].size) for h in headings if not h.numbered}, reverse=True)
    for heading in headings:
        if not heading.numbered:
            rank = sizes.index(round(heading.lines[0].size)) + 1
            fallback = 1 if _KNOWN.fullmatch(heading.title) else min(rank, 3)
            heading.level = by_face.get(_face(heading.lines[0]), fallback)


# ---------------------------------------------------------------- from bookmarks

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
    extra = [h for h in _candidates(lines, body) if _KNOWN.fullmatch(h.title) and not h.run_in]
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
                if run_in and not (lines[index].lead or _stands_out(lines[index], body)):
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


def letters_of(text: str) -> str:
    """Letters and digits only, lower case: how titles are compared."""
    return "".join(c for c in text.lower() if c.isalnum())
