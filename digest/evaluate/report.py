"""What an evaluation found: goals with their figures, and lines for a reader."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and what it should be. ``least`` or ``most`` is None where there is no such bound.

    ``value`` is None where nothing could be measured.
    """

    name: str
    value: float | None
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """None where there is nothing to meet or nothing was measured."""
        if self.value is None or (self.least is None and self.most is None):
            return None
        low = self.least is None or self.value >= self.least
        return low and (self.most is None or self.value <= self.most)

    def line(self) -> str:
        """``recall: 0.912 (wanted >= 0.9)``."""
        if self.value is None:
            return f"{self.name}: not measured"
        bounds = [f">= {self.least:g}"] if self.least is not None else []
        bounds += [f"<= {self.most:g}"] if self.most is not None else []
        wanted = f" (wanted {' and '.join(bounds)}: {'met' if self.met else 'MISSED'})"
        return f"{self.name}: {_figure(self.value)}{self.unit}{wanted if bounds else ''}"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the evaluation. ``notes``: lines below the figures; ``data``: all of it."""

    title: str
    goals: tuple[Goal, ...]
    notes: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Title, goals, notes."""
        body = [goal.line() for goal in self.goals] + list(self.notes)
        return [self.title, *(f"  {line}" for line in body)]


@dataclass(frozen=True, slots=True)
class Report:
    """All parts in order, and what the machine was."""

    machine: str
    parts: tuple[Part, ...]

    def lines(self) -> list[str]:
        """For the terminal; one blank line between parts."""
        lines = [self.machine]
        for part in self.parts:
            lines += ["", *part.lines()]
        return lines

    def record(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"machine": self.machine, "parts": [_part_record(part) for part in self.parts]}

    @property
    def missed(self) -> tuple[Goal, ...]:
        """The goals that were measured and not met."""
        return tuple(goal for part in self.parts for goal in part.goals if goal.met is False)


def _part_record(part: Part) -> dict[str, Any]:
    goals = [{**asdict(goal), "met": goal.met} for goal in part.goals]
    return {"title": part.title, "goals": goals, "notes": list(part.notes), **part.data}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side, the first to the left and the others to the right."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def _figure(value: float) -> str:
    if 0.999 <= value < 1:
        return f"{value:.4f}"  # which is not quite 1
    return f"{value:.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.3g}"


def share(part: int, whole: int) -> float | None:
    """``part / whole``; None of nothing."""
    return part / whole if whole else None


def machine() -> str:
    """What a report was measured on."""
    cores = os.cpu_count() or 1
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}"
