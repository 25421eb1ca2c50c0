"""How long each stage took on the clock, from what the pipeline says of its progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from digest.night.report import Stage
from digest.records import Outcome


class StageTimes:
    """Adds up the time between the first word of a stage and its last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._before: dict[str, float] = {}

    def heard(self, stage: str, done: int, total: int) -> bool:
        """Take in a word of progress; whether it begins or ends a stage."""
        begins, ends = stage not in self._since, done >= total
        if not begins and not ends:
            return False
        now = self._clock()
        since = self._since.setdefault(stage, now)
        self._before.setdefault(stage, 0.0)
        if ends:
            del self._since[stage]
            self._before[stage] += now - since
        return True

    def seconds(self) -> dict[str, float]:
        """By stage, in the order in which they began; one that is under way counts until now."""
        now = self._clock()
        running = {stage: now - since for stage, since in self._since.items()}
        return {
            stage: round(before + running.get(stage, 0.0), 3)
            for stage, before in self._before.items()
        }


def table(seconds: dict[str, float], outcomes: Sequence[Outcome]) -> dict[str, Stage]:
    """The lines of a report's stages. Faults of metadata count with the fetching."""
    names = dict.fromkeys([*seconds, *(outcome.stage for outcome in outcomes)])
    return {name: _stage(name, seconds, outcomes) for name in names}


def _stage(name: str, seconds: dict[str, float], outcomes: Sequence[Outcome]) -> Stage:
    own = [outcome for outcome in outcomes if outcome.stage == name]
    made, reused, failed = (
        sum(outcome.status == status for outcome in own) for status in ("done", "reused", "failed")
    )
    work_s = round(sum(outcome.seconds for outcome in own), 3)
    return Stage(made, reused, failed, seconds.get(name, 0.0), work_s)
