"""What came of a row of faults, told while they happen and at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts faults of one kind.

    Args:
        name: Of the kind.
        planned: How many are wanted.
    """

    name: str
    planned: int
    done: int = 0
    good: int = 0
    problems: list[str] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)
    ended_s: float = 0.0

    def say(self, what: str) -> None:
        """A line of progress."""
        print(f"[{self.name}] {what}", flush=True)

    def add(self, problems: Sequence[str], what: str) -> None:
        """One fault, and what was wrong after it."""
        self.done += 1
        self.ended_s = time.monotonic()
        self.good += not problems
        self.problems += [f"{what}: {problem}" for problem in problems]
        self.say(f"{self.done}/{self.planned} {what}: {'; '.join(problems) or 'as it must be'}")

    @property
    def passed(self) -> bool:
        """Whether all that was wanted was done and went well."""
        return not self.problems and self.done >= self.planned

    def line(self) -> str:
        """The sum."""
        seconds = self.ended_s - self.started_s if self.done else 0
        return f"{self.name}: {self.good} of {self.done} as they must be, {seconds:.0f} s"
