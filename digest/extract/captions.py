"""Captions and what they belong to: text inside figures, tables and algorithms leaves the body.

A caption is found by its words and its place; what it labels is found from the caption, upwards or
downwards, as far as the lines are no prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from digest.extract.headings import KNOWN_TITLE, BodyStyle, is_numbered_heading, stands_out
from digest.extract.lines import Line
from digest.records import Box

CaptionKind = Literal["figure", "table", "algorithm"]
Rule = tuple[float, float, float]  # x0, y, x1 of a horizontal stroke

_LABEL = re.compile(
    r"(?P<word>Figure|Fig\.?|Table|Tab\.|Algorithm|Listing|Scheme|Box)\s*"
    r"(?P<number>[A-Z]?\.?\d+(?:\.\d+)?|[IVXL]+\b)\s*(?P<mark>[.:|—–]|-(?=\s)|$|(?=\())?\s*",
    re.IGNORECASE,
)
_STEP = re.compile(r"\d{1,2}:\s")  # a numbered line of pseudocode
_KINDS: dict[str, CaptionKind] = {"tab": "table", "alg": "algorithm", "lis": "algorithm"}
_WORDS = {"figure": "Figure", "table": "Table", "algorithm": "Algorithm"}


@dataclass(slots=True)
class Caption:
    """A caption's lines, in order. ``label``: "Figure 3". ``region``: what it labels, if found."""

    kind: CaptionKind
    label: str
    page: int
    column: int
    lines: list[Line]
    region: Box | None = None

    @property
    def y0(self) -> float:
        return self.lines[0].y0

    @property
    def y1(self) -> float:
        return self.lines[-1].y1


def find_captions(lines: Sequence[Line], size: float) -> list[Caption]:
    """The captions of one page (in reading order); their lines get the role ``caption``."""
    found = []
    for index, line in enumerate(lines):
        match = _LABEL.match(line.text)
        if line.role != "body" or match is None or not _is_caption(lines, index, match, size):
            continue
        kind = _KINDS.get(match["word"][:3].lower(), "figure")
        caption = Caption(kind, f"{_WORDS[kind]} {match['number']}", line.page, line.column, [line])
        _extend(caption, lines[index + 1 :])
        for member in caption.lines:
            member.role = "caption"
        found.append(caption)
    return found


def _is_caption(lines: Sequence[Line], index: int, match: re.Match[str], size: float) -> bool:
    """Not "Figure 3 shows" nor a line of prose that happens to begin with "table 2."."""
    line = lines[index]
    if match["word"].islower():
        return False
    marked = match["mark"] is not None
    small = line.size < size - 0.4
    led = line.bold or _LABEL.match(line.lead) is not None or line.caps
    if not (marked or small or led):
        return False
    before = lines[index - 1] if index else None
    if before is None or not _adjacent(before, line) or before.role == "caption":
        return True
    return led or abs(before.size - line.size) > 0.4 or not is_prose(before, size)


def _adjacent(above: Line, below: Line) -> bool:
    return above.column == below.column and 0 < below.y0 - above.y1 < 0.6 * below.size


def _extend(caption: Caption, rest: Sequence[Line]) -> None:
    """Add the lines that go on in the same size at the same leading."""
    leading = None
    if caption.kind == "algorithm" and not _wraps(caption.lines[0], rest):
        return
    for line in rest:
        last = caption.lines[-1]
        if line.column == last.column and _is_aside_of(caption, line):
            continue
        # Accents raise a line's top and indices lower its foot: the smaller step is the leading.
        gap = min(line.y0 - last.y0, line.y1 - last.y1)
        if line.column != last.column and not _beside(last, line):
            break
        capitals = line.caps and last.caps  # of which a line may hold the small ones only
        same_size = abs(line.size - last.size) <= 0.6 or capitals
        if line.role != "body" or not same_size or gap > 1.75 * last.size:
            break
        if gap < 0.3 * last.size or (leading is not None and gap > leading + 1.5):
            break
        label = _LABEL.match(line.text)
        if len(caption.lines) > 30 or (label is not None and label["mark"]):
            break
        if caption.kind == "algorithm" and abs(line.x0 - last.x0) > 2:
            break
        if len(caption.lines) > 1 or last.width > 60:
            # No line is nearer than its size: an accent or an index has made this step so short.
            leading = max(gap, last.size) if leading is None else leading
        caption.lines.append(line)


def _is_aside_of(caption: Caption, line: Line) -> bool:
    """True for text beside a caption: that of the next figure, or text that flows around it."""
    x0 = min(member.x0 for member in caption.lines)
    x1 = max(member.x1 for member in caption.lines)
    return line.x0 > x1 or line.x1 < x0


def _wraps(line: Line, rest: Sequence[Line]) -> bool:
    """An algorithm's caption goes on only where its first line fills the column."""
    steps = re.compile(
        r"(?:\d{1,2}:?|input|output|require|ensure|data|result|for|while|if)\b", re.I
    )
    full = max((x.width for x in rest if x.column == line.column), default=0.0)
    if not rest or abs(rest[0].x0 - line.x0) > 2 or rest[0].math > 0.4:
        return False
    return line.width > 0.95 * full and not steps.match(rest[0].text)


def _beside(last: Line, line: Line) -> bool:
    """The last line of a full-width caption falls into one column by its narrowness."""
    centre = (last.x0 + last.x1) / 2
    centred = abs((line.x0 + line.x1) / 2 - centre) < 6
    return last.column == 0 and (centred or abs(line.x0 - last.x0) < 1)


def is_prose(line: Line, size: float) -> bool:
    """A line of running text: body size, some words, little math."""
    return abs(line.size - size) < 0.7 and line.words >= 4 and line.math < 0.45


def claim_regions(
    captions: Sequence[Caption], lines: Sequence[Line], rules: Sequence[Rule], body: BodyStyle
) -> None:
    """Give each caption its region, and the lines in it the role ``figure`` or ``algorithm``."""
    for caption in captions:
        if caption.kind == "figure":
            inside = _grow(caption, lines, body, up=True)
        else:
            inside = _ruled(caption, lines, rules, body) or _grow_table(caption, lines, body)
        for line in inside:
            if line.role in ("body", "footnote"):
                line.role = "algorithm" if caption.kind == "algorithm" else "figure"
        caption.region = _region(caption, inside, lines)
    if any(caption.kind == "algorithm" for caption in captions):
        for line in lines:
            if line.role == "body" and _STEP.match(line.text):
                line.role = "algorithm"


def _near(caption: Caption, lines: Sequence[Line], up: bool) -> list[Line]:
    """Lines of the caption's column (of the whole page for a wide one), nearest first."""
    reach = [
        line
        for line in lines
        if caption.column in (0, line.column) or line.column == 0
        if (line.y1 <= caption.y0 + 2 if up else line.y0 >= caption.y1 - 2)
    ]
    return sorted(reach, key=lambda line: -line.y1 if up else line.y0)


def _grow(caption: Caption, lines: Sequence[Line], body: BodyStyle, up: bool) -> list[Line]:
    """Lines from the caption outwards until the text begins."""
    inside: list[Line] = []
    near = _near(caption, lines, up)
    for index, line in enumerate(near):
        if line.role in ("caption", "heading", "title") or (caption.column and not line.column):
            break
        if line.role == "margin":
            continue
        if _stops(line, near[index + 1 : index + 4], body):
            break
        inside.append(line)
    return inside


def _stops(line: Line, next_out: Sequence[Line], body: BodyStyle) -> bool:
    """True at a heading, at a wide line of running text, and at a short last line under one."""
    if is_numbered_heading(line, body) or _names_part(line, body):
        return True
    if not line.words or abs(line.size - body.size) > 0.7:
        return False
    wide = 0.7 * body.column_width(line)
    if is_prose(line, body.size) and line.width > wide:
        return True
    return any(
        other.column == line.column
        and abs(other.x0 - line.x0) < 1.5
        and abs(line.y0 - other.y0) < 1.5 * body.size
        and is_prose(other, body.size)
        and other.width > wide
        for other in next_out
    )


def _names_part(line: Line, body: BodyStyle) -> bool:
    return KNOWN_TITLE.fullmatch(line.text) is not None and stands_out(line, body)


def _grow_table(caption: Caption, lines: Sequence[Line], body: BodyStyle) -> list[Line]:
    """A table without rules stands on the side of its caption where no text is."""
    below = _grow(caption, lines, body, up=False)
    if below or caption.kind == "algorithm":
        return below
    return _grow(caption, lines, body, up=True)


def _ruled(
    caption: Caption, lines: Sequence[Line], rules: Sequence[Rule], body: BodyStyle
) -> list[Line]:
    """Lines between the first and last of the horizontal rules that stand at the caption."""
    span = _rule_span(caption, lines, rules, body)
    if span is None:
        return []
    top, bottom, x0, x1 = span
    return [
        line
        for line in lines
        if line.role != "caption"
        and top - 2 <= (line.y0 + line.y1) / 2 <= bottom + 2
        and line.x1 > x0 - 5
        and line.x0 < x1 + 5
    ]


def _rule_span(
    caption: Caption, lines: Sequence[Line], rules: Sequence[Rule], body: BodyStyle
) -> tuple[float, float, float, float] | None:
    x0 = min(line.x0 for line in caption.lines)
    x1 = max(line.x1 for line in caption.lines)
    mine = sorted((r for r in rules if r[0] < x1 and r[2] > x0), key=lambda rule: rule[1])
    below = [rule for rule in mine if rule[1] > caption.y1 - 3]
    above = [rule for rule in mine if rule[1] < caption.y0 + 3]
    if below and below[0][1] - caption.y1 < 30 and len(below) > 1:
        run = _run(below, lines, body)
    elif above and caption.y0 - above[-1][1] < 30 and len(above) > 1:
        run = _run(above[::-1], lines, body)
    else:
        run = below[:1] if caption.kind == "algorithm" and above else []
        if not run:
            return None
        return caption.y1, run[0][1], run[0][0], run[0][2]
    if len(run) < 2:
        return None
    heights = [rule[1] for rule in run]
    return min(heights), max(heights), min(r[0] for r in run), max(r[2] for r in run)


def _run(rules: Sequence[Rule], lines: Sequence[Line], body: BodyStyle) -> list[Rule]:
    """Rules from the caption outwards, up to the next caption, heading or running text."""
    run = [rules[0]]
    for rule in rules[1:]:
        low, high = sorted((run[-1][1], rule[1]))
        between = [
            line for line in lines if low < (line.y0 + line.y1) / 2 < high
            and line.x0 < rule[2] and line.x1 > rule[0]
        ]  # fmt: skip
        text = [x for x in between if is_prose(x, body.size) and _fills(x, body)]
        if any(_heads(line, body) for line in between) or len(text) > 2 or high - low > 500:
            break
        run.append(rule)
    return run


def _heads(line: Line, body: BodyStyle) -> bool:
    if line.role in ("caption", "heading"):
        return True
    steps = _STEP.match(line.text) is not None  # "6: end for" is bold, too
    return line.bold and not steps and line.words > 0 and is_numbered_heading(line, body)


def _fills(line: Line, body: BodyStyle) -> bool:
    return line.width > 0.9 * body.column_width(line)


def _region(caption: Caption, inside: Sequence[Line], lines: Sequence[Line]) -> Box:
    """The rectangle of what is labelled; of a figure up to the text above it."""
    mine = [line for line in lines if caption.column in (0, line.column)]
    x0 = min(line.x0 for line in (*mine, *caption.lines))
    x1 = max(line.x1 for line in (*mine, *caption.lines))
    if caption.kind != "figure" and inside:
        xs = [line.x0 for line in inside], [line.x1 for line in inside]
        ys = [line.y0 for line in inside], [line.y1 for line in inside]
        return Box(caption.page, min(xs[0]), min(ys[0]), max(xs[1]), max(ys[1]))
    above = [
        line.y1 for line in mine
        if line.y1 <= caption.y0 and line.role not in ("figure", "algorithm", "margin")
    ]  # fmt: skip
    top = max(above, default=min((line.y0 for line in mine), default=caption.y0))
    return Box(caption.page, x0, min(top, caption.y0), x1, caption.y0)
