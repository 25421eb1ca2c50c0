"""Result tables as papers print them: rules above and below, spanning headers, groups, wrapped
labels, bold bests, plus-minus; and the truth of each number in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from digest.evaluate.papers.setting import Frame, Pages, Style, break_lines, pour, width_of
from digest.evaluate.papers.truth import Cell

_STEP_PT = 11.0
_SMALL = Style(size=8.5)
_BOLD = Style(face="bold", size=8.5)
_ITALIC = Style(face="italic", size=8.5)
_SYSTEMS = (
    "Fluid baseline", "Filter-Net", "Refined lattice", "Affinity only", "Coefficient mix",
    "Offline reflector", "Ours", "Ours, no baffle",
)  # fmt: skip
_LONG = "Ours with the stratified reflector and an unmodified accumulator"


@dataclass(frozen=True, slots=True)
class Plan:
    """A table to make. ``spans``: header over so many columns; ``groups``: titles between rows."""

    columns: tuple[str, ...]
    spans: tuple[tuple[str, int], ...] = ()
    groups: tuple[str, ...] = ()
    rows: int = 5
    plus_minus: bool = False
    wrapped: bool = False


PLANS = (
    Plan(("WER", "CER", "PESQ")),
    Plan(("WER", "CER", "WER", "CER"), spans=(("Clean", 2), ("Noisy", 2)), rows=4),
    Plan(
        ("SDR", "STOI", "MOS", "RTF", "Params"), groups=("Offline systems", "Online systems"),
        plus_minus=True,
    ),
    Plan(
        ("BLEU", "COMET", "chrF", "BLEU", "COMET", "chrF"),
        spans=(("Flores test", 3), ("Offshore test", 3)), groups=("Small", "Large"), wrapped=True,
    ),
)  # fmt: skip
"""From plain to everything at once; the last two need the whole width of a page."""


class Grid:
    """A table with its caption, ready to be set, and its truth."""

    def __init__(self, number: int, plan: Plan, seed: int) -> None:
        self.label = f"Table {number}"
        self.plan = plan
        self._random = Random(seed)
        self._label_pt = 0.0
        self.cells: list[Cell] = []

    def set(self, pages: Pages, frame: Frame) -> float:
        """Set caption and table into the top of ``frame``; returns the y of the last rule."""
        caption = f"{self.label}: The accumulator of all systems on the two basins."
        pour(break_lines(caption, Style(size=9), frame.width), iter([frame]), pages)
        x0, x1, y = frame.x, frame.x + frame.width, frame.y + 8
        pages.rule(frame.page, x0, x1, y, 0.9)
        self._label_pt = min(150.0, 0.38 * frame.width)
        y = self._header(pages, frame, y + _STEP_PT)
        pages.rule(frame.page, x0, x1, y + 3)
        for group in self.plan.groups or ("",):
            y = self._group(pages, frame, y, group)
        pages.rule(frame.page, x0, x1, y + 4, 0.9)
        return y + 4

    def _centres(self, frame: Frame) -> list[float]:
        """The x in the middle of each column of numbers."""
        count = len(self.plan.columns)
        step = (frame.width - self._label_pt) / count
        return [frame.x + self._label_pt + (k + 0.5) * step for k in range(count)]

    def _header(self, pages: Pages, frame: Frame, y: float) -> float:
        centres, start = self._centres(frame), 0
        half = (centres[1] - centres[0]) / 2
        for title, count in self.plan.spans:
            left, right = centres[start] - half + 4, centres[start + count - 1] + half - 4
            self._centre(pages, frame.page, (left + right) / 2, y, title, _SMALL)
            pages.rule(frame.page, left, right, y + 3, 0.3)
            start += count
        y += _STEP_PT + 1 if self.plan.spans else 0
        pages.text(frame.page, (frame.x + 2, y), "System", _SMALL)
        for centre, name in zip(centres, self.plan.columns, strict=True):
            self._centre(pages, frame.page, centre, y, name, _SMALL)
        return y

    def _group(self, pages: Pages, frame: Frame, y: float, title: str) -> float:
        if title:
            y += _STEP_PT + 2
            pages.text(frame.page, (frame.x + 2, y), title, _ITALIC)
        names = self._random.sample(_SYSTEMS, self.plan.rows)
        if self.plan.wrapped:
            names[-1] = _LONG
        for name in names:
            y = self._row(pages, frame, y + _STEP_PT + 1, name)
        return y

    def _row(self, pages: Pages, frame: Frame, y: float, name: str) -> float:
        lines = break_lines(name, _SMALL, self._label_pt - 8)
        best = self._random.randrange(len(self.plan.columns))
        for k, centre in enumerate(self._centres(frame)):
            text = self._number()
            style = _BOLD if k == best else _SMALL
            self._centre(pages, frame.page, centre, y, text, style)
            if text != "-":
                self.cells.append(Cell(text, name, self._headers(k)))
        for k, line in enumerate(lines):
            at = frame.x + 2 + 8 * (k > 0), y + k * (_STEP_PT - 1)
            pages.text(frame.page, at, " ".join(line.words), _SMALL)
        return y + (len(lines) - 1) * (_STEP_PT - 1)

    def _number(self) -> str:
        draw = self._random.random()
        if draw < 0.06:
            return "-"
        number = f"{self._random.uniform(0.2, 99):.{self._random.choice((1, 2))}f}"
        if self.plan.plus_minus:
            return f"{number} ± {self._random.uniform(0.1, 3):.1f}"
        return number + ("%" if draw > 0.9 else "")

    def _headers(self, column: int) -> tuple[str, ...]:
        start = 0
        for title, count in self.plan.spans:
            if start <= column < start + count:
                return (title, self.plan.columns[column])
            start += count
        return (self.plan.columns[column],)

    @staticmethod
    def _centre(pages: Pages, page: int, x: float, y: float, text: str, style: Style) -> None:
        pages.text(page, (x - width_of(text, style) / 2, y), text, style)
