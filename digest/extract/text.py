"""Lines put together as running text, and running text cut into sentences that know their lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from digest.extract.equations import PLACEHOLDER, ends_sentence
from digest.extract.headings import BodyStyle
from digest.extract.lines import Line
from digest.records import Box
from digest.words.sentences import sentence_spans

_LAST_WORD = re.compile(r"([^\W_]+(?:[-'’][^\W_]+)*)-$")
_FIRST_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Where the paper itself does not decide: parts that always keep their hyphen, parts that keep it
# before a word of the paper ("pre-trained", not "pre-dicted"), and what never stands before one.
_ALWAYS = "anti cross half low non pseudo quasi self semi state well"
_BEFORE_WORDS = """all audio co data domain end ex fine full hand high intra k large long many
    meta mid mini multi n near one open pitch post pre real sequence short
    signal single soft speaker task text three time top two ultra un whole
    wide word zero"""
_NEVER = (
    "more over under with through some there where here ever other every what when then thus how"
)
_KEPT, _KEPT_BEFORE_WORDS, _JOINED = (
    frozenset(words.split()) for words in (_ALWAYS, _BEFORE_WORDS, _NEVER)
)
_BULLET = re.compile(r"(?:[•●▪◦‣–∙·■□-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s")
_TERMINAL = re.compile(r"[.!?:;][)\]\"'”’]*$")


class Vocabulary:
    """The words of a paper that stand whole on a line: they decide how broken words are mended."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._count: Counter[str] = Counter()
        for line in lines:
            words = _WORD.findall(line.text.lower())
            if line.text.endswith("-") and words:
                words.pop()
            self._count.update(words)

    def join(self, left: str, right: str) -> str:
        """``left`` (which ends in a hyphen) and ``right`` as one text."""
        head, tail = _LAST_WORD.search(left), _FIRST_WORD.match(right)
        if head is None or tail is None or not right[0].isalpha():
            return left + right
        if right[0].isupper() and not (head[1].isupper() and tail[0].isupper()):
            return left + right
        whole = (head[1] + tail[0]).lower()
        if self._keeps_hyphen(whole, head[1].lower(), tail[0].lower()):
            return left + right
        return left[:-1] + right

    def _keeps_hyphen(self, whole: str, head: str, tail: str) -> bool:
        joined, kept = self._count[whole], self._count[f"{head}-{tail}"]
        if joined or kept:
            return kept > joined
        if "-" in head or head in _KEPT or any(c.isdigit() for c in head):
            return True
        if len(tail) < 3:  # TeX and Word leave three letters at least: "exclusive-or", "plug-in"
            return True
        # "user-defined": two words of this paper; "how-ever" is one word that was broken.
        long = len(head) > 3 and self._count[head] > 0
        follows = self._count[tail] > 0 and len(tail) > 3
        return follows and (head in _KEPT_BEFORE_WORDS or (long and head not in _JOINED))


@dataclass(slots=True)
class Passage:
    """Running text of one section, and which line each stretch of it is from."""

    text: str = ""
    starts: list[int] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)

    def add(self, line: Line, text: str, words: Vocabulary) -> None:
        """Append ``text`` of ``line``, mending a word that the last line broke."""
        if self.text.endswith("-") and text[:1].isalnum():
            joined = words.join(self.text[-60:], text)
            self.text = self.text[:-60] + joined[: len(joined) - len(text)]
        elif self.text and not (self.text[-1] in "–—/" and self.text[-2:-1].strip()):
            self.text += " "
        self.starts.append(len(self.text))
        self.lines.append(line)
        self.text += text

    def end_paragraph(self) -> None:
        """No sentence runs over this point."""
        if self.text:
            self.breaks.append(len(self.text))

    def sentences(self) -> Iterator[tuple[str, tuple[Box, ...]]]:
        """Each sentence with one box for each column or page that it runs over."""
        start = 0
        for end in (*self.breaks, len(self.text)):
            for left, right in sentence_spans(self.text[start:end]):
                yield (
                    self.text[start + left : start + right],
                    self._boxes(start + left, start + right),
                )
            start = end

    def _boxes(self, start: int, end: int) -> tuple[Box, ...]:
        first = max(0, bisect_right(self.starts, start) - 1)
        boxes: list[Box] = []
        column = -1
        for at in range(first, len(self.lines)):
            if self.starts[at] >= end:
                break
            line = self.lines[at]
            if boxes and boxes[-1].page == line.page and column == line.column:
                boxes[-1] = _around(boxes[-1], line)
            else:
                boxes.append(Box(line.page, *(round(v, 1) for v in _corners(line))))
            column = line.column
        return tuple(boxes)


def _corners(line: Line) -> tuple[float, float, float, float]:
    return line.x0, line.y0, line.x1, line.y1


def _around(box: Box, line: Line) -> Box:
    x0, y0, x1, y1 = (round(v, 1) for v in _corners(line))
    return Box(box.page, min(box.x0, x0), min(box.y0, y0), max(box.x1, x1), max(box.y1, y1))


def passage_of(lines: Sequence[Line], words: Vocabulary, body: BodyStyle) -> Passage:
    """The running text of ``lines`` (one section, reading order; body and equation roles)."""
    passage = Passage()
    last: Line | None = None
    equation: list[Line] = []
    for line in lines:
        if line.role == "equation":
            if not equation:
                passage.add(line, PLACEHOLDER, words)
            equation.append(line)
        else:
            if ends_sentence(equation):
                passage.text += "."
            equation = []
            if last is not None and _new_paragraph(last, line, passage.text, body):
                passage.end_paragraph()
            passage.add(line, line.text, words)
        last = line
    return passage


def _new_paragraph(last: Line, line: Line, text: str, body: BodyStyle) -> bool:
    """An indent, a gap, a bullet; but a sentence that has not ended goes on in lower case."""
    outdented = abs(line.x0 - last.x0) > 3
    if _BULLET.match(line.text) and (outdented or not line.text[0].isalnum()):
        return True
    if line.text[:1].islower() or text.endswith(("-", ",")):
        return False
    if (last.page, last.column) != (line.page, line.column):
        return _TERMINAL.search(text) is not None
    if last.role == "equation":
        return False
    gap = line.y0 - last.y0 > 1.6 * body.leading
    outdent = last.x0 - line.x0 > 3 and last.x1 < line.x1 - 3 * line.size
    indent = line.x0 - last.x0 > 0.8 * line.size and abs(line.y0 - last.y0) > 0.5 * line.size
    short = last.width < 0.85 * body.column_width(last)
    return gap or outdent or ((indent or short) and _TERMINAL.search(text) is not None)
