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

_NUMBERED = re.compile(  # "3.1Encoding" is read too; "6.3 2-means" needs its space
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.:)]?(?:\s*(?=[^\W\d_])|\s+(?=\d-?[^\W\d_]))(?P<title>..+)"
)
_ROMAN = re.compile(r"(?P<number>[IVX]{1,5})\s?[.:]\s*(?P<title>[^\W\d_].+)")
_LETTER = re.compile(
    r"(?:appendix\s+)?(?P<number>[A-Z](?:\.\d{1,2}){0,3})(?:[.:)]\s*|\s+)(?P<title>[^\W\d_].+)",
    re.IGNORECASE,
)
KNOWN_TITLE = re.compile(
    r"(?:abstract|introduction(?:[:—–-].{1,80})?|related works?|background|methods?"
    r"|methodology|experiments?|results?"
    r"|discussions?|conclusions?|acknowledge?ments?|references|bibliography|appendix|appendices"
    r"|summary|future work|evaluation|limitations|data availability|materials and methods"
    r"|results and discussions?|discussions? and conclusions?|conclusions? and future work"
    r"|conclusions? and discussions?|literature cited|supplementary materials?"
    r"|(?:table of )?contents|list of (?:figures|tables)|dedication|epigraph|vita|preface"
    r"|abstract of the (?:dissertation|thesis))[.:]?",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(r"(?:chapter|appendix|part)\s+(?:\d{1,2}|[A-Z]|[IVX]{1,5})[.:]?", re.I)
_MAX_CHARS = 140
_AUTHORS_END_PT = 260.0  # authors stand in the upper third of a page of 792 or 842 pt
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class Heading:
    """A heading and the lines it is printed on; ``run_in``: text goes on behind it on the last."""

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
    return stands_out(line, body) and len(_LETTERS.findall(title)) >= 2


def _strong(line: Line, body: BodyStyle) -> bool:
    return (line.bold and not body.bold) or line.size > body.size + 0.6


def stands_out(line: Line, body: BodyStyle) -> bool:
    if line.size < body.size - (2.1 if line.caps else 1.6):
        return False
    return _strong(line, body) or line.caps or line.italic


def letters_of(text: str) -> str:
    """Letters and digits only, lower case: how titles are compared."""
    return "".join(c for c in text.lower() if c.isalnum())


# ---------------------------------------------------------------- from the page


def find_headings(lines: Sequence[Line], body: BodyStyle) -> list[Heading]:
    """Headings among ``lines`` (the whole paper in reading order), by number and by style."""
    found = list(candidates(lines, body))
    kept = _by_style(found, body)
    for heading in kept:
        for line in heading.lines[: -1 if heading.run_in else None]:
            line.role = "heading"
    set_levels(kept)
    return kept


def candidates(lines: Sequence[Line], body: BodyStyle) -> Iterator[Heading]:
    """Whatever may be a heading, in order; what the rest of the paper says is not asked yet."""
    skip = 0
    last: Line | None = None
    for index, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        if line.role != "body" or not _LETTERS.search(line.text):
            continue
        before, after = _neighbours(lines, index)
        # What stands right under a heading has no gap of its own.
        gap = _gap_above(before, line, body) or (last is not None and before is last)
        heading = _heading_at(lines, index, body, gap, after)
        if heading is not None and not _in_a_row(lines, index, heading):
            last = None if heading.run_in else heading.lines[-1]
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


def _in_a_row(lines: Sequence[Line], index: int, heading: Heading) -> bool:
    """True for an unnumbered line that shares its row with another: the cell of a table."""
    if heading.numbered:
        return False
    line = lines[index]
    return any(
        (other.page, other.column) == (line.page, line.column)
        and other.role in ("body", "figure")
        and abs(other.y0 - line.y0) < 0.3 * line.size
        for other in (*lines[max(0, index - 2) : index], *lines[index + 1 : index + 3])
    )


def _heading_at(
    lines: Sequence[Line], index: int, body: BodyStyle, gap: bool, after: Line | None
) -> Heading | None:
    line = lines[index]
    if line.lead and (not _strong_whole(line, body) or line.lead.endswith((".", ":"))):
        return _run_in(line, gap or _opens_indented(line, lines[index - 1] if index else None))
    if _LABEL_ALONE.fullmatch(line.text) and gap:
        return _labelled(lines, index, body)
    numbered = is_numbered_heading(line, body)
    if numbered and gap and (over := _long_run_in(line, lines[index + 1 : index + 2], body)):
        return over
    if not _accepted(line, body, gap, after, numbered):
        return None
    members = [line, *_continued(line, lines[index + 1 : index + 4], body)]
    text = joined(members)
    if len(members) > 3 or len(text) > _MAX_CHARS:
        return None
    number, level, title = split_number(text)
    if not numbered and not _is_known(line):
        number, level, title = "", 0, text
    return Heading(title, level, line.page, members, numbered=bool(number))


def _is_known(line: Line) -> bool:
    return len(line.text) < 60 and KNOWN_TITLE.fullmatch(split_number(line.text)[2]) is not None


def _accepted(line: Line, body: BodyStyle, gap: bool, after: Line | None, numbered: bool) -> bool:
    alone = after is None or not _flows(line, after, body)
    if numbered:
        return gap or (alone and (_strong(line, body) or _is_centred_capitals(line, after)))
    if _is_known(line):
        return (stands_out(line, body) or gap) and alone
    return gap and _titled(line, body) and line.width < 0.97 * body.column_width(line)


def _is_centred_capitals(line: Line, after: Line | None) -> bool:
    """ "III. METHODS" in the middle of its column, which some print without a gap above it."""
    inset = after is not None and line.x0 - after.x0 > 3 * line.size
    return inset and line.caps and _ROMAN.fullmatch(line.text) is not None


def _labelled(lines: Sequence[Line], index: int, body: BodyStyle) -> Heading | None:
    """ "Chapter 2" or "APPENDIX A" on a line of its own, and the title below it."""
    line, rest = lines[index], lines[index + 1 : index + 5]
    if not (stands_out(line, body) and rest and stands_out(rest[0], body)):
        return None
    title = [rest[0], *_continued(rest[0], rest[1:], body)]
    if rest[0].page != line.page or rest[0].y0 - line.y0 > 4 * rest[0].size or len(title) > 3:
        return None
    return Heading(joined(title), 1, line.page, [line, *title], numbered=True)


def _strong_whole(line: Line, body: BodyStyle) -> bool:
    return line.bold or line.size > body.size + 0.6


def _run_in(line: Line, gap: bool) -> Heading | None:
    """ "3.1.2 Encoder. We use ..." or "1) Encoder: We use ...": only with a number."""
    number, level, title = split_number(line.lead)
    if not number or not gap:
        return None
    if not (title[0].isupper() or ("." in number and title.endswith("."))):
        return None
    if len(_LETTERS.findall(title)) < 4 or len(title) > 100:
        return None
    return Heading(title.rstrip(".: "), level, line.page, [line], run_in=True, numbered=True)


def _opens_indented(line: Line, before: Line | None) -> bool:
    """ "3) Encoder: We use ..." is set without a gap, but it opens an indented paragraph."""
    indented = before is not None and line.x0 - before.x0 > 0.8 * line.size
    return indented and line.lead.endswith((":", "."))


def _long_run_in(line: Line, rest: Sequence[Line], body: BodyStyle) -> Heading | None:
    """A run-in heading that fills its first line and ends on the second."""
    if not rest or not rest[0].lead or line.width < 0.9 * body.column_width(line):
        return None
    number, level, title = split_number(f"{line.text} {rest[0].lead}")
    follows = 0 < rest[0].y0 - line.y0 < 1.5 * body.leading and rest[0].column == line.column
    if not number or not follows or len(title) > _MAX_CHARS:
        return None
    members = [line, rest[0]]
    return Heading(title.rstrip(".: "), level, line.page, members, run_in=True, numbered=True)


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
        if not stands_out(line, body) or not continues(last, other, body):
            break
        members.append(other)
        last = other
    return members


def continues(last: Line, other: Line, body: BodyStyle) -> bool:
    """Whether ``other`` is the next line of the heading that ``last`` belongs to."""
    same = (other.page, other.column, other.role) == (last.page, last.column, "body")
    close = 0 < other.y0 - last.y0 < 1.5 * max(last.size, body.leading)
    alike = other.bold == last.bold and abs(other.size - last.size) < 0.6
    alike = alike and other.italic == last.italic and other.caps == last.caps
    return same and close and alike and not other.lead and not split_number(other.text)[0]


def joined(lines: Sequence[Line]) -> str:
    """The text of a heading's lines; a hyphen at a line's end stays."""
    text = ""
    for line in lines:
        hyphen = text.endswith("-") and line.text[:1].islower()
        text = text + line.text if hyphen else f"{text} {line.text}"
    return text.strip()


def _by_style(found: Sequence[Heading], body: BodyStyle) -> list[Heading]:
    """Where a paper numbers its sections, unnumbered lines must look like the numbered ones."""
    numbered = [h for h in found if h.numbered and not h.run_in]
    found = _without_authors(_before_references(found))
    if len(numbered) < 3:
        faces = Counter(_face(h.lines[0]) for h in found)
        return [
            h for h in found
            if not h.run_in and (not _only_italic(h, body) or faces[_face(h.lines[0])] >= 3)
        ]  # fmt: skip
    styles = Counter(_face(h.lines[0]) for h in numbered)
    shared = {style for style, count in styles.items() if count >= 2 or len(numbered) < 6}
    kept = []
    for heading in _in_sequence(found):
        known = names_part(heading)
        if heading.numbered or known or _face(heading.lines[0]) in shared:
            kept.append(heading)
    return kept


def _only_italic(heading: Heading, body: BodyStyle) -> bool:
    line = heading.lines[0]
    return line.italic and not _strong(line, body) and not line.caps


def _without_authors(found: Sequence[Heading]) -> list[Heading]:
    """Without unnumbered lines on page 1 above the first heading that is certainly one.

    Below the upper third of the page one stays that looks like a heading after that.
    """
    certain = next((k for k, h in enumerate(found) if h.numbered or names_part(h)), 0)
    faces = {_face(h.lines[0]) for h in found[certain:] if not h.run_in}
    return [
        h for k, h in enumerate(found)
        if k >= certain or h.page > 1
        or (h.lines[0].y0 > _AUTHORS_END_PT and _face(h.lines[0]) in faces)
    ]  # fmt: skip


def names_part(heading: Heading) -> bool:
    """Whether the title is one that papers share: Introduction, Results, References."""
    return KNOWN_TITLE.fullmatch(heading.title) is not None


def _before_references(found: Sequence[Heading]) -> list[Heading]:
    """Without lines behind the references that look like no heading before them.

    Numbered ones may differ in capitals: "B.1 CIFAR" is set like "B.1 Data".
    """
    faces: set[tuple[float, bool, bool, bool]] = set()
    kept: list[Heading] = []
    ended = False
    for heading in found:
        size, bold, italic, caps = face = _face(heading.lines[0])
        alike = face in faces or (heading.numbered and (size, bold, italic, not caps) in faces)
        if not ended or names_part(heading) or alike:
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


def set_levels(headings: Sequence[Heading]) -> None:
    """Levels of numbers as they say; letters below roman numerals; the rest by shared style."""
    roman = any(_ROMAN.match(h.lines[0].text) for h in headings if h.numbered)
    by_face: dict[tuple[float, bool, bool, bool], int] = {}
    for heading in headings:
        if not heading.numbered:
            continue
        text = heading.lines[0].text
        heading.level = split_number(text)[1] or 1
        if roman and not _ROMAN.match(text) and not text.lower().startswith("appendix"):
            heading.level += 1 if text[:1].isalpha() else 2
        by_face.setdefault(_face(heading.lines[0]), heading.level)
    by_face = _ranks([h for h in headings if not h.numbered]) | by_face
    for heading in headings:
        if not heading.numbered:
            heading.level = by_face[_face(heading.lines[0])]


_MAIN = {"introduction", "method", "methods", "results", "discussion", "conclusion", "conclusions"}


def _ranks(headings: Sequence[Heading]) -> dict[tuple[float, bool, bool, bool], int]:
    """Levels of unnumbered headings by how they are set: 1 as the main sections are, or above."""
    faces = Counter(_face(h.lines[0]) for h in headings)
    order = sorted(faces, key=lambda f: (f[0], f[1], f[3], not f[2]), reverse=True)
    main = Counter(_face(h.lines[0]) for h in headings if letters_of(h.title) in _MAIN)
    top = order.index(main.most_common(1)[0][0]) if main else 0
    return {face: min(max(1, at - top + 1), 3) for at, face in enumerate(order)}
