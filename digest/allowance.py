"""What a night may take: until when, and how much of the models' time or tokens.

Papers are read in the order of interest. One is begun only if, going by what such papers took so
far, it will end in time; from there on the others keep their abstract, and the post says so.
"""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from digest.budget import Budget
from digest.errors import OutOfTime

_SAMPLES = 40
"""Papers, the newest, by which the next one's time is told."""


def seconds_until(text: str, now: datetime) -> float:
    """From ``now``, aware, to the next time that its zone's clocks show ``HH:MM``."""
    hour, minute = map(int, text.split(":"))
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if then <= now:
        then += timedelta(days=1)
    return then.timestamp() - now.timestamp()  # through a change of clocks, too


class Spent(Protocol):
    """What models took so far: ``metering.Meter``."""

    @property
    def seconds(self) -> float: ...

    @property
    def tokens(self) -> int: ...


class _Nothing:
    seconds, tokens = 0.0, 0


@dataclass
class _Stage:
    """``left``: papers to be made; ``begun``: those at work. ``took``: seconds of those that were
    made, the newest last.
    """

    at_once: int = 1
    left: int = 0
    made: int = 0
    begun: int = 0
    took: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def quantile(self, share: float) -> float:
        """Seconds that this share of papers did not exceed; 0 where none is known."""
        if len(self.took) < 2:
            return next(iter(self.took), 0.0)
        cut = statistics.quantiles(self.took, n=100, method="inclusive")
        return cut[round(100 * share) - 1]


class Allowance:
    """Watches over a run's time. For any number of threads.

    Args:
        elapsed_s: A clock that does not jump.
        most_s: From now on; None for as long as it takes.
        budget: Of the models.
        reserve_s: Of ``most_s``, for what follows the last paper.
    """

    def __init__(
        self,
        elapsed_s: Callable[[], float],
        most_s: float | None = None,
        budget: Budget | None = None,
        reserve_s: float = 0.0,
    ) -> None:
        self._elapsed_s = elapsed_s
        self._ends_s = None if most_s is None else elapsed_s() + most_s - reserve_s
        self._budget = budget or Budget()
        self._stages: dict[str, _Stage] = {}
        self._lock = threading.Lock()
        self.spent: Spent = _Nothing()

    # ------------------------------------------------------------ what is to be done

    def expect(
        self, stage: str, papers: int, at_once: int = 1, before: Sequence[float] = ()
    ) -> None:
        """So many more papers are to go through a stage.

        ``before``: what earlier papers took in it, in seconds, the newest first.
        """
        with self._lock:
            known = self._stages.setdefault(stage, _Stage())
            known.at_once, known.left = at_once, known.left + papers
            if not known.took:
                known.took.extend(reversed(before[:_SAMPLES]))

    def passed(self, stage: str) -> None:
        """One of them needs nothing: it is done already."""
        with self._lock:
            self._stages[stage].left = max(0, self._stages[stage].left - 1)

    @contextmanager
    def paper(self, stage: str) -> Iterator[None]:
        """A paper goes through a stage in this block.

        Raises:
            OutOfTime: It would end too late, or cost more than is left; the block is not run.
        """
        known = self._stages.setdefault(stage, _Stage())
        with self._lock:
            known.left = max(0, known.left - 1)
            why = self._refusal(known)
            known.begun += not why
        if why:
            raise OutOfTime(why, "give the run more time, or read fewer papers: limit, include")
        started = self._elapsed_s()
        try:
            yield
            with self._lock:
                known.took.append(self._elapsed_s() - started)
                known.made += 1
        finally:
            with self._lock:
                known.begun -= 1

    def _refusal(self, stage: _Stage) -> str:
        usual_s = stage.quantile(0.75)  # three of four papers take no longer
        if self._ends_s is not None and self._elapsed_s() + usual_s > self._ends_s:
            return "the time of this run is over"
        most_s, most_tokens = self._budget.seconds, self._budget.tokens
        if most_s is not None and self.spent.seconds + usual_s / stage.at_once > most_s:
            return "the models' time of this run is spent"
        under_way = sum(each.begun for each in self._stages.values())
        to_come = (under_way + 1) * self._usual_tokens()
        if most_tokens is not None and self.spent.tokens + to_come > most_tokens:
            return "the tokens of this run are spent"
        return ""

    def _usual_tokens(self) -> float:
        """Of a paper, whatever the stage: too few for a reading, too many for an abstract."""
        made = sum(stage.made for stage in self._stages.values())
        return self.spent.tokens / made if made else 0.0

    # ------------------------------------------------------------ how long it will take

    def left_s(self) -> tuple[float, float] | None:
        """From and to how many seconds the rest will take, as the middle half of papers did.

        None where nothing is known of a stage that is still to come. Not longer than is allowed.
        """
        with self._lock:
            ahead = [stage for stage in self._stages.values() if stage.left]
            if not all(stage.took for stage in ahead):
                return None
            least, most = (
                sum(s.left * s.quantile(share) / min(s.at_once, s.left) for s in ahead)
                for share in (0.25, 0.75)
            )
        if self._ends_s is not None:
            bound = max(0.0, self._ends_s - self._elapsed_s())
            least, most = min(least, bound), min(most, bound)
        return least, most
