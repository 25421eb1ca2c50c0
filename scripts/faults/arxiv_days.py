"""Two days with papers from a fake arXiv, so that looks, downloads and the ledger are killed, too.

The fake arXiv lives in the harness, which nobody kills; the clock of the runs is set by the shim.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.calendar import load_calendar
from digest.clock import SystemClock
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.seeding import Mix, generate
from digest.evaluate.arxiv.server import FakeArxiv
from scripts.faults import stub
from scripts.faults.bench import Bench
from scripts.faults.papers import SAMPLES, texts
from scripts.faults.stubbed import GAP
from scripts.faults.tree import Ended, Tree

FIRST = datetime(2026, 10, 20, 8, 50, tzinfo=ZoneInfo("Asia/Shanghai"))
DAYS = 2
_MIX = Mix(per_batch={"cs.SD": 3, "eess.AS": 2}, held=0, touched=0)


@dataclass
class SetClock:
    """The fake arXiv's: it stands where it was set, also back, as the next home lives it again."""

    at: datetime

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return self.at.astimezone(UTC)

    def elapsed_s(self) -> float:
        """Seconds of real time."""
        return SystemClock().elapsed_s()

    def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


def settings_of(url: str) -> dict[str, str]:
    """Variables that put the fake arXiv in the place of the real one."""
    return {
        "DIGEST_FEED_URL": url,
        "DIGEST_API_URL": f"{url}/api/query",
        "DIGEST_OAI_URL": f"{url}/oai",
        "DIGEST_PDF_URL": f"{url}/pdf",
        "DIGEST_CONTACT": "faults@example.org",
        GAP: "0.05",
    }


@dataclass
class ArxivBench(Bench):
    """Runs the days that are left, each at its time."""

    clock: SetClock = field(default_factory=lambda: SetClock(FIRST))
    day: int = 0
    """The day whose runs are started; a run to the end does those after it as well."""

    def command(self, home: Path) -> list[str]:
        """The run of a morning; it finds out by itself which day it is."""
        program = [sys.executable, "-m", "scripts.faults.stubbed", "--quiet", "--home", str(home)]
        return [*program, "run", "--model", stub.NAME, "--translator", stub.NAME]

    def start(self, home: Path, environment: Mapping[str, str] | None = None) -> Tree:
        """Begin the run of the day."""
        morning = FIRST + timedelta(days=self.day)
        self.clock.at = morning
        ahead_s = round((morning - SystemClock().now()).total_seconds())
        timed = self.shim(home).environment(clock_s=ahead_s) | dict(environment or {})
        return super().start(home, {**timed, "FAULTS_CLOCK_S": str(ahead_s)})

    def run(self, home: Path, environment: Mapping[str, str] | None = None) -> Ended:
        """The day's run to its end, and those of the days after it."""
        for day in range(self.day, DAYS):
            ended = self.run_one(home, day, environment)
            if ended.code != 0:
                break
        return ended

    def run_one(self, home: Path, day: int, environment: Mapping[str, str] | None = None) -> Ended:
        """One day's run to its end."""
        now, self.day = self.day, day
        try:
            with self.start(home, environment) as tree:
                return tree.ended()
        finally:
            self.day = now


@contextlib.contextmanager
def arxiv_bench(scratch: Path) -> Iterator[ArxivBench]:
    """The two days, their arXiv at work."""
    scratch.mkdir(parents=True)
    stub.write_model(scratch / "models", texts())
    clock, calendar = SetClock(FIRST), load_calendar()
    last = FIRST + timedelta(days=DAYS)
    first = calendar.newest(FIRST - timedelta(days=14))
    world = generate(calendar, first.name, calendar.newest(last).name, seed=7, mix=_MIX)
    with FakeArxiv(Answers(world, clock, pdfs=SAMPLES)) as server:
        environment = {
            **settings_of(server.url),
            "DIGEST_MODELS": str(scratch / "models"),
            "DIGEST_PACE_FILE": str(scratch / "pace"),
            "DIGEST_CATEGORIES": "cs.SD,eess.AS",
        }
        yield ArxivBench(scratch, SAMPLES, environment=environment, clock=clock)
