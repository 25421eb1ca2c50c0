"""Weeks of a lab's mornings over the fake arXiv, by a simulated clock, judged against the truth.

Everything is real but for time, arXiv and the models: HTTP over loopback, the paced client, the
sources, the ledger, the pipeline and the Markdown files. ``run`` lives through the weeks once.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as TimeOfDay
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.announced import Arxiv, ArxivSource, older_days
from digest.calendar import Calendar, load_calendar
from digest.config import Config
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.clock import SimulatedClock
from digest.evaluate.arxiv.faults import Endpoint, FaultKind, Faults, plan
from digest.evaluate.arxiv.seeding import generate
from digest.evaluate.arxiv.server import FakeArxiv
from digest.evaluate.arxiv.verdict import Entry, Post, Subject, Verdict, judge, written_in
from digest.evaluate.arxiv.world import World
from digest.evaluate.stubs import stub_tools
from digest.pipeline import Day, no_progress, run_day
from digest.records import ArxivId, Paper
from digest.selection.choice import Choice
from digest.sources.arxiv import ArxivFeeds
from digest.sources.endpoints import Endpoints
from digest.sources.http import Client, HttpOptions
from digest.sources.pdfs import fetch_pdf
from digest.store import Store
from digest.store.ledger import Ledger
from digest.store.posts import PostItem

SHORTEST_GAP_S = 3.0
"""https://info.arxiv.org/help/api/tou.html"""
_WARM_UP = timedelta(days=42)
"""So long before the first morning the world begins, so that old papers are there to be seen."""
_OAI_PAGE = 10
"""Records of an answer: few, so that even a short list is resumed."""
_SAID: dict[FaultKind, str] = {
    "429": r"answered 429",
    "429 with Retry-After": r"answered 429",
    "rate exceeded": r"Rate exceeded",
    "empty page": r"sent 0 of \d+ papers",
    "error entry": r"says: internal error|reports an error",
    "stale feed": r"still the batch|known papers|without papers",
    "lagging api": r"does not know \d+",
    "503": r"answered 503",
    "503 mid-paging": r"answered 503",
    "feed outage": r"answered 503",
    "cut": r"cut off or garbled",
    "slow": r"not whole after",
    "html for pdf": r"not a PDF",
    "truncated pdf": r"is cut off after",
    "withdrawn pdf": r"does not exist \(404\)",
}
"""What ``digest status`` says of each kind of fault."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """What is lived through.

    Args:
        first: The first morning.
        last: The last morning.
        missed: Mornings on which the lab's machine is off.
        categories: The lab's.
        zone: The lab's.
        at: Time of day of the run, in ``zone``.
        again_at: Time of the second run, on every third day.
        seed: Of the world and of its faults.
    """

    first: date = date(2026, 10, 5)
    last: date = date(2026, 11, 29)
    missed: frozenset[date] = frozenset(
        {date(2026, 10, 21), date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)}
    )
    categories: tuple[str, ...] = ("cs.SD", "eess.AS", "cs.CL")
    zone: str = "Asia/Shanghai"
    at: TimeOfDay = TimeOfDay(8, 50)
    again_at: TimeOfDay = TimeOfDay(13, 30)
    seed: int = 1

    def days(self) -> list[date]:
        """The days on which the lab's machine is on."""
        span = range((self.last - self.first).days + 1)
        days = [self.first + timedelta(days=number) for number in span]
        return [day for day in days if day not in self.missed]

    def mornings(self) -> Iterator[tuple[date, datetime]]:
        """The date of each run's post and its instant, in order."""
        zone = ZoneInfo(self.zone)
        for day in self.days():
            yield day, datetime.combine(day, self.at, zone)
            if (day - self.first).days % 3 == 2:
                yield day, datetime.combine(day, self.again_at, zone)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Args:
        verdict: The posts against the truth.
        requests: By endpoint.
        smallest_gap_s: Simulated, between two requests.
        served: Faults met, by endpoint and kind.
        unmet: Kinds that were planned and that no request met.
        named: Kinds about which ``status`` had a line on a morning on which they were met.
        pdfs: PDFs in the home at the end.
        unread: Papers of posts that have no PDF at the end, with the stages that failed.
        seconds: Of real time.
    """

    verdict: Verdict
    requests: Counter[Endpoint]
    smallest_gap_s: float
    served: Counter[tuple[Endpoint, FaultKind]]
    unmet: frozenset[FaultKind]
    named: frozenset[FaultKind]
    pdfs: int
    unread: tuple[str, ...]
    seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        """What must not be, a line each."""
        lines = [
            f"{name}: {line}" for name, lines in self.verdict.failures.items() for line in lines
        ]
        if self.smallest_gap_s < SHORTEST_GAP_S:
            lines.append(f"two requests within {self.smallest_gap_s:.3f} s")
        unnamed = {kind for _, kind in self.served} - self.named
        lines += [f"status never named: {kind}" for kind in sorted(unnamed)]
        return (*lines, *(f"no request met: {kind}" for kind in sorted(self.unmet)))


def run(weeks: Weeks, home: Path, *, with_faults: bool) -> Result:
    """Live through the weeks in an empty home and judge its posts."""
    started_s = time.monotonic()
    calendar = load_calendar()
    zone = ZoneInfo(weeks.zone)
    clock = SimulatedClock(datetime.combine(weeks.first, TimeOfDay(0), zone))
    faults = Faults(plan(weeks.seed, weeks.days()) if with_faults else ())
    answers = Answers(world_for(weeks, calendar), clock, faults, _OAI_PAGE)
    with FakeArxiv(answers) as server:
        lab = _Lab(config_for(weeks, home, server.url), calendar, clock)
        named: set[FaultKind] = set()
        for day, at in weeks.mornings():
            clock.move_to(at)
            before = len(answers.hits)
            said = lab.morning(day)
            named |= _named(said, {hit.fault for hit in answers.hits[before:] if hit.fault})
    posts = posts_of(lab.config, lab.store)
    return Result(
        verdict=judge(answers.world, subject_of(weeks, calendar), posts),
        requests=Counter(hit.endpoint for hit in answers.hits),
        smallest_gap_s=answers.smallest_gap_s(),
        served=faults.served,
        unmet=faults.unmet,
        named=frozenset(named),
        pdfs=sum(1 for _ in lab.config.papers.glob("*.pdf")),
        unread=tuple(_unread(lab.store)),
        seconds=time.monotonic() - started_s,
    )


def config_for(weeks: Weeks, home: Path, url: str) -> Config:
    """The lab's settings, with the fake arXiv in the place of the real one."""
    return Config(
        home=home,
        models_dir=home / "models",
        categories=weeks.categories,
        zone=weeks.zone,
        cross_lists=True,
        contact="simulation@example.org",
        feed_url=url,
        api_url=f"{url}/api/query",
        oai_url=f"{url}/oai",
        pdf_url=f"{url}/pdf",
    )


def posts_of(config: Config, store: Store) -> list[Post]:
    """All posts of a home, oldest first, from its store and from its files."""
    posts = []
    for day, _, _ in sorted(store.post_dates()):
        heading = store.post_heading(day)
        coverage = heading.coverage if heading else None
        entries = [_entry(item) for item in store.post_items(day)]
        markdown = (config.posts / f"{day}-arxiv-daily.md").read_text(encoding="utf-8")
        updates = coverage.updates if coverage else ()
        posts.append(Post(day, tuple(entries), updates, written_in(markdown)))
    return posts


def _entry(item: PostItem) -> Entry:
    submitted_at = item.paper.submitted_at
    timed = submitted_at is not None and submitted_at.time() != TimeOfDay(0)  # OAI-PMH has days
    return Entry(ArxivId.parse(item.paper.id), item.mark, timed)


def world_for(weeks: Weeks, calendar: Calendar) -> World:
    """The papers of the weeks and of six weeks before."""
    begin = calendar.newest(
        datetime.combine(weeks.first - _WARM_UP, TimeOfDay(12), ZoneInfo("UTC"))
    )
    end = calendar.newest(datetime.combine(weeks.last, TimeOfDay(12), ZoneInfo("UTC")))
    return generate(calendar, begin.name, end.name, weeks.seed)


def subject_of(weeks: Weeks, calendar: Calendar) -> Subject:
    """From the newest batch on the first morning to the last that every source had shown."""
    instants = [at for _, at in weeks.mornings()]
    last = calendar.newest(instants[-1])
    while last.in_feed_at > instants[-1]:
        last = calendar.newest(last.announced_at - timedelta(seconds=1))
    return Subject(weeks.categories, calendar.newest(instants[0]).name, last.name)


def _unread(store: Store) -> Iterator[str]:
    for day, _, _ in sorted(store.post_dates()):
        for item in store.post_items(day):
            if item.errors:
                yield f"{day}: {item.paper.id} ({', '.join(item.errors)})"


def _named(said: Sequence[str], met: Iterable[FaultKind]) -> set[FaultKind]:
    return {kind for kind in met if any(re.search(_SAID[kind], line) for line in said)}


class _Lab:
    """A lab's machine: its home, its client, and what it does in the morning."""

    def __init__(self, config: Config, calendar: Calendar, clock: SimulatedClock) -> None:
        self.config = config
        self.store = Store(self.config.database, clock.now)
        self._calendar = calendar
        self._clock = clock

    def morning(self, day: date) -> list[str]:
        """One run as ``digest run`` does it: the day's post, then what older posts lack.

        Returns:
            What ``digest status`` says of this run's visits and of papers that failed in it.
        """
        started_at = self._clock.now()
        home = self.config.home
        options = HttpOptions(
            self.config.contact, pace_file=home / "pace", cache_dir=home / "cache"
        )
        with Client(options, self._clock, jitter=lambda: 0.5) as client:
            arxiv = self._arxiv(client)
            source = ArxivSource(self.config, self.store, arxiv, _everything, no_progress)
            today = Day(day.isoformat(), source)
            reports = [run_day(today, self.config, self.store, stub_tools())]
            days = older_days(self.store, source, today.date, self.config.retry_days)
            reports += [run_day(each, self.config, self.store, stub_tools()) for each in days]
        visits = Ledger(self.store.database).newest_visits()
        said = [visit.detail for visit in visits if visit.at >= started_at]
        return said + [outcome.error for report in reports for outcome in report.outcomes]

    def _arxiv(self, client: Client) -> Arxiv:
        config = self.config
        endpoints = Endpoints(config.feed_url, config.api_url, config.oai_url, config.pdf_url)
        feeds = ArxivFeeds(client, endpoints, self._calendar, self._clock, page_papers=100)

        def download(paper: ArxivId, to: Path) -> None:
            fetch_pdf(client, endpoints.pdf_of(paper), to)

        return Arxiv(self._calendar, self._clock, feeds, download)


def _everything(papers: Sequence[Paper], _taken: int) -> Choice:
    return Choice(tuple(papers), ())
