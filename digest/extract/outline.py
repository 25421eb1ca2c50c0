"""The paper cut into sections: which lines of the body belong to which heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.extract.headings import Heading, letters_of, split_number
from digest.extract.kinds import kinds_of
from digest.extract.lines import Line
from digest.records import Section


@dataclass(frozen=True, slots=True)
class Outline:
    """Sections in order; ``parts`` pairs a section's index (None before the first) and its lines.

    Lines of the references stand apart; lines that are no running text are in neither.
    """

    title: tuple[Line, ...]
    abstract: tuple[Line, ...]
    sections: tuple[Section, ...]
    parts: tuple[tuple[int | None, tuple[Line, ...]], ...]
    references: tuple[Line, ...]


def build_outline(
    title: Sequence[Line],
    abstract: Sequence[Line],
    headings: Sequence[Heading],
    lines: Sequence[Line],
    size: float,
) -> Outline:
    """Sort ``lines`` (the whole paper in reading order) under ``headings``.

    ``size``: of running text, in points.
    """
    headings = [h for h in headings if letters_of(h.title) != "abstract" and _stands(h)]
    sections = _sections(headings, abstract)
    shift = len(sections) - len(headings)
    starts = {id(h.lines[0]): k + shift for k, h in enumerate(headings) if h.lines}
    run_in = {id(h.lines[-1]): h for h in headings if h.run_in and h.lines}
    inside = {id(line) for line in abstract}
    parts: list[tuple[int | None, list[Line]]] = [(0 if shift else None, _unlabelled(abstract))]
    parts.append((None, []))
    references = [] if _labels(headings, sections[shift:]) else _unlabelled_references(lines, size)
    inside.update(id(line) for line in references)
    for line in lines:
        if id(line) in starts:
            parts.append((starts[id(line)], []))
        if id(line) in inside or line.role not in ("body", "equation"):
            continue
        heading = run_in.get(id(line))
        parts[-1][1].append(_behind(heading, line) if heading else line)
    for index, own in parts:
        if index is not None and _cites(sections[index]):
            references += own
            own.clear()
    kept = tuple((index, tuple(own)) for index, own in parts if own)
    return Outline(tuple(title), tuple(abstract), sections, kept, tuple(references))


def _labels(headings: Sequence[Heading], sections: Sequence[Section]) -> bool:
    """Whether a heading of the references stands on a page, not only among the bookmarks."""
    return any(h.lines and _cites(s) for h, s in zip(headings, sections, strict=True))


_ENTRY = re.compile(r"\[(\d{1,3})\]\s")


def _unlabelled_references(lines: Sequence[Line], size: float) -> list[Line]:
    """The references that REVTeX prints at the end without a heading, in smaller type.

    They open with [1] to [5] in this order, within 40 lines. What is set in the size of the body
    among them is the rest of the text: on its last page both are set in two columns.
    """
    for at, first in enumerate(lines):
        match = _ENTRY.match(first.text)
        if match is None or match[1] != "1" or first.size > size - 0.4:
            continue
        own = [
            line for line in lines[at:]
            if line.role in ("body", "equation") and line.size < size - 0.4
        ]  # fmt: skip
        marks = [int(m[1]) for line in own[:40] if (m := _ENTRY.match(line.text))]
        if marks[:5] == [1, 2, 3, 4, 5]:
            return own
    return []


def _cites(section: Section) -> bool:
    return section.kind == "references"


def _stands(heading: Heading) -> bool:
    """False for a heading whose line has turned out to be part of the front matter."""
    return not heading.lines or heading.lines[0].role not in ("front", "title")


def _sections(headings: Sequence[Heading], abstract: Sequence[Line]) -> tuple[Section, ...]:
    rows = [(h.title, h.level, h.page) for h in headings]
    if abstract:
        rows.insert(0, ("Abstract", 1, abstract[0].page))
    kinds = kinds_of((title, level) for title, level, _ in rows)
    return tuple(Section(t, v, k, p) for (t, v, p), k in zip(rows, kinds, strict=True))


def _unlabelled(abstract: Sequence[Line]) -> list[Line]:
    """The abstract's lines as text: without its label."""
    lines = list(abstract)
    while lines:
        text = re.sub(
            r"^a\s?b\s?s\s?t\s?r\s?a\s?c\s?t\b\s*[.:—–-]*\s*", "", lines[0].text, flags=re.I
        )
        if text:
            lines[0] = replace(lines[0], text=text, role="body")
            return lines
        lines.pop(0)
    return lines


def _behind(heading: Heading, line: Line) -> Line:
    """A line without the run-in heading, or its last part, that it opens with."""
    title = letters_of(heading.title)
    for earlier in heading.lines[:-1]:
        title = title[len(letters_of(split_number(earlier.text)[2])) :]
    number = re.match(r"(?:\d+(?:\.\d+)*|[IVX]+|[A-Z])[.)]\s*|\d+(?:\.\d+)+\s+", line.text)
    at = number.end() if number and not letters_of(line.text).startswith(title) else 0
    seen = 0
    while at < len(line.text) and seen < len(title):
        seen += line.text[at].isalnum()
        at += 1
    return replace(line, text=line.text[at:].lstrip(" .:—–-"))
