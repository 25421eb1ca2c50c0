"""arXiv as a source of papers: looked at, remembered in the ledger, chosen from, downloaded.

The same source serves a connected machine and one behind an air gap: without ``feeds`` nothing is
asked, and the post is made from what a bundle brought into the ledger and into papers/.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from digest.calendar import Calendar
from digest.clock import Clock
from digest.config import Config
from digest.coverage import (
    Found,
    Policy,
    Sorting,
    coverage_of,
    covered_until,
    sort_out,
    window_of,
)
from digest.errors import FetchError, FetchRefused
from digest.pipeline import Day
from digest.records import (
    ArxivId,
    Coverage,
    LeftOut,
    Look,
    Mark,
    Paper,
    Placement,
    Sighting,
    Visit,
)
from digest.render.post import paper_file
from digest.selection import Choice
from digest.sources import Arrival, Delivery
from digest.sources.arxiv import Known, LookOptions
from digest.sources.merge import merge
from digest.store import PostItem, Store
from digest.store.ledger import CARRIED, Ledger, base_of

Choose = Callable[[Sequence[Paper], int], Choice]
"""Called with the papers that may join a post, and how many it has already."""
Progress = Callable[[str, str, int, int], None]

POLL = timedelta(minutes=10)
"""Between two looks while waiting for a batch."""

log = logging.getLogger(__name__)


class Feeds(Protocol):
    """Looks at arXiv; ``sources.arxiv.ArxivFeeds`` does."""

    def look(self, known: Mapping[str, Known], options: LookOptions) -> Look: ...

    def by_id(self, ids: Sequence[ArxivId]) -> list[Sighting]: ...


class Downloads(Protocol):
    """Gets a paper's PDF into a file.

    Raises:
        FetchError: It cannot be had now; ``PaperWithdrawn``: there is none.
    """

    def __call__(self, paper: ArxivId, to: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Arxiv:
    """How arXiv is reached. ``feeds`` and ``download`` are None where nothing may be asked."""

    calendar: Calendar
    clock: Clock
    feeds: Feeds | None = None
    download: Downloads | None = None


class ArxivSource:
    """The announced papers of the lab's categories.

    Args:
        config: Categories, cross-lists, window and the like.
        store: The home's store, with its ledger.
        arxiv: How arXiv is reached, if at all.
        choose: Applies the lab's rules, interest and limit.
        progress: Called as ``progress("fetch", title, done, total)``.
    """

    name = "arXiv"

    def __init__(
        self,
        config: Config,
        store: Store,
        arxiv: Arxiv,
        choose: Choose,
        progress: Progress,
    ) -> None:
        self._config = config
        self._store = store
        self._ledger = Ledger(store.database)
        self._arxiv = arxiv
        self._choose = choose
        self._progress = progress
        self._visits: tuple[Visit, ...] = ()

    # ------------------------------------------------------------ seeing

    def look(self, *, poll: bool = False) -> tuple[Visit, ...]:
        """Ask arXiv, where it may be asked, and remember the answers.

        Returns:
            The visits of this look, or the newest ones known where nothing was asked.
        """
        feeds = self._arxiv.feeds
        if feeds is None:
            return tuple(self._known_visits())
        config = self._config
        with self._store.database.held_open():
            known = {category: self._known(category) for category in config.categories}
        look = feeds.look(known, LookOptions(overlap_days=config.overlap_days, poll=poll))
        self._ledger.record(look)
        return look.visits

    def wait(self, date: str, hours: float) -> None:
        """Ask again and again until a batch is there that no earlier post accounts for.

        Ends at once where the calendar expects none in time, and in any case after ``hours``.
        """
        clock, calendar = self._arxiv.clock, self._arxiv.calendar
        deadline = clock.now() + timedelta(hours=hours)
        while True:
            self._visits = self.look(poll=True)
            last = self._ledger.last_batch(date)
            sorting, _ = self.pending(date)
            if any(found.batch > last for found in sorting.found):
                return
            now = clock.now()
            expected = calendar.newest(now)
            if expected.name <= last:
                expected = calendar.following(expected)
            if now + POLL > deadline or expected.announced_at > deadline:
                self._visits = ()  # a poll asks less than the look that a post is made from
                return
            log.info("batch %s is not there yet: asking again in 10 minutes", expected.name)
            clock.sleep(max(POLL, min(expected.announced_at, deadline) - now).total_seconds())

    def _known_visits(self) -> list[Visit]:
        newest = self._ledger.newest_visits()
        return [visit for visit in newest if visit.category in self._config.categories]

    def _known(self, category: str) -> Known:
        visits = self._ledger.visits(category)
        began = self._ledger.began_at(category)
        feeds = (v.fingerprint for v in visits if v.by == "feed" and v.fingerprint)
        return Known(covered_until(visits, began, self._arxiv.calendar), next(feeds, ""))

    def fetch(self, date: str) -> Fetched:
        """Look, choose and download for the post of ``date``, and leave the rest to a run."""
        visits = self.look()
        sorting, chosen = self.pending(date)
        arrivals = self.arrivals(chosen.papers)
        coverage = self._coverage(date, self._placements(date, sorting, chosen), visits)
        failed = tuple(str(a.problem) for a in arrivals if a.problem is not None)
        here = sum(arrival.pdf is not None for arrival in arrivals)
        return Fetched(date, len(arrivals), here, coverage, failed)

    # ------------------------------------------------------------ choosing

    def deliver(self, date: str) -> Delivery:
        """The papers that became visible since the last post, chosen and downloaded."""
        visits = self._visits or self.look()
        with self._store.database.held_open():
            sorting, chosen = self.pending(date)
            placements = self._placements(date, sorting, chosen)
            coverage = self._coverage(date, placements, visits)
            again = [(item.paper, item.mark) for item in mending_items(self._store, date)]
        arrivals = self.arrivals([*again, *chosen.papers])
        if not arrivals and not placements_shown(placements):
            return Delivery((), coverage)
        return Delivery(tuple(arrivals), coverage, tuple(placements))

    def pending(self, date: str) -> tuple[Sorting, Chosen]:
        """What waits for the post of ``date``, sorted out and chosen from."""
        policy = self._policy(date)
        sorting = sort_out(self._ledger.sightings(date), policy, merge)
        by_id = {found.paper.id: found for found in sorting.found if found.role != "left-out"}
        taken = len(self._store.post_items(date))
        choice = self._choose([found.paper for found in by_id.values()], taken)
        found = tuple(by_id[paper.id] for paper in choice.chosen)
        return sorting, Chosen(found, choice.left_out)

    def _policy(self, date: str) -> Policy:
        config, ledger = self._config, self._ledger
        calendar = self._arxiv.calendar
        visits = {category: ledger.visits(category) for category in config.categories}
        began = {category: ledger.began_at(category) for category in config.categories}
        return Policy(
            config.categories,
            config.cross_lists,
            calendar,
            began,
            {name: frozenset(v.batch for v in of if v.by == "feed") for name, of in visits.items()},
            {name: covered_until(of, began[name], calendar) for name, of in visits.items()},
            ledger.last_batch(date),
            window_of(date, "", config.anchor, config.zone) if config.window == "strict" else None,
        )

    def _placements(self, date: str, sorting: Sorting, chosen: Chosen) -> list[Placement]:
        reasons = {left.paper: left.reason for left in chosen.left_out}
        carried = {found.paper.id for found in chosen.found}
        placements = [_placement(found, date) for found in sorting.settled]
        for found in sorting.found:
            if found.paper.id in carried:
                placements.append(_placement(found, date))
            else:
                reason = reasons.get(found.paper.id, "交叉列表（cross_lists = false）")
                left = replace(found, role="left-out")
                placements.append(replace(_placement(left, date), reason=reason))
        return placements + self._updates(date)

    def _updates(self, date: str) -> list[Placement]:
        updates = []
        for carried, sighting in self._ledger.newer_versions():
            version = sighting.paper.id.version if isinstance(sighting.paper.id, ArxivId) else None
            title = sighting.paper.title or carried.title
            updates.append(
                Placement(carried.base, version or 0, "update", date, title, carried.date)
            )
        return updates

    def _coverage(
        self, date: str, placements: Sequence[Placement], visits: Sequence[Visit]
    ) -> Coverage:
        """Of everything that the date's post accounts for, now and in earlier runs."""
        config, ledger = self._config, self._ledger
        earlier = [p for p in ledger.placements(date) if p.role != "left-out"]
        heading = self._store.post_heading(date)
        window = window_of(date, ledger.last_date(date), config.anchor, config.zone)
        return coverage_of(
            [*earlier, *placements], window, visits, heading.coverage if heading else None
        )

    # ------------------------------------------------------------ downloading

    def arrivals(self, papers: Sequence[tuple[Paper, Mark]]) -> list[Arrival]:
        """The papers with their PDFs; one that cannot be had is a problem of its paper alone."""
        arrivals: list[Arrival] = []
        refused: FetchRefused | None = None
        for done, (paper, mark) in enumerate(papers):
            self._progress("fetch", paper.title or str(paper.id), done, len(papers))
            try:
                arrivals.append(self._arrival(paper, mark, refused))
            except FetchRefused as exc:  # nothing more may be asked today
                refused = exc
                arrivals.append(Arrival(paper, None, "", exc, mark))
            except FetchError as exc:
                arrivals.append(Arrival(paper, None, "", exc, mark))
        if papers:
            self._progress("fetch", "", len(papers), len(papers))
        return arrivals

    def _arrival(self, paper: Paper, mark: Mark, refused: FetchRefused | None) -> Arrival:
        """One paper's PDF, from papers/ if it is there.

        Raises:
            FetchError: It cannot be had.
        """
        path = self._config.papers / paper_file(paper.id)
        if not path.exists():
            if refused is not None:
                raise refused
            if self._arxiv.download is None:
                raise FetchError(f"no PDF of {paper.id} here", "carry one in with a bundle")
            assert isinstance(paper.id, ArxivId)  # only arXiv announces
            self._arxiv.download(paper.id, path)
        with path.open("rb") as file:
            return Arrival(paper, path, hashlib.file_digest(file, "sha256").hexdigest(), mark=mark)


@dataclass(frozen=True, slots=True)
class Chosen:
    """``found`` in the order of the post, and what the rules and the limit left out."""

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def papers(self) -> list[tuple[Paper, Mark]]:
        """Each paper with its mark."""
        return [(found.paper, _mark(found)) for found in self.found]


def _mark(found: Found) -> Mark:
    if found.role == "late":
        return "late"
    return "cross" if found.role == "cross" else "new"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What ``fetch`` did. ``papers`` wait for the post, of which ``pdfs`` are here."""

    date: str
    papers: int
    pdfs: int
    coverage: Coverage
    failed: tuple[str, ...]


def older_days(store: Store, source: ArxivSource, date: str, retry_days: int) -> Iterator[Day]:
    """The posts of the ``retry_days`` before ``date`` that something is missing of, as days."""
    oldest = (Date.fromisoformat(date) - timedelta(days=retry_days)).isoformat()
    for when, _, _ in store.post_dates():
        items = mending_items(store, when) if oldest <= when < date else []
        if items:
            yield Day(when, MendingSource(source, items))


class MendingSource:
    """The papers of an older post that something was missing of: their PDFs are tried again."""

    def __init__(self, arxiv: ArxivSource, items: Sequence[PostItem]) -> None:
        self._arxiv = arxiv
        self._items = items
        self.name = arxiv.name

    def deliver(self, date: str) -> Delivery:
        """What was missing, tried again."""
        return Delivery(tuple(self._arxiv.arrivals([(i.paper, i.mark) for i in self._items])))


def mending_items(store: Store, date: str) -> list[PostItem]:
    """The announced papers of a date's post that a stage failed for, and may yet succeed."""
    heading = store.post_heading(date)
    if heading is None or heading.coverage is None:
        return []
    return [item for item in store.post_items(date) if set(item.errors) - {"pdf-withdrawn"}]


def placements_shown(placements: Sequence[Placement]) -> bool:
    """Whether there is anything to tell: a paper carried or left out, or an update."""
    return any(p.role in (*CARRIED, "left-out", "update") for p in placements)


def _placement(found: Found, date: str) -> Placement:
    paper = found.paper
    version = paper.id.version if isinstance(paper.id, ArxivId) else None
    role = found.role
    return Placement(base_of(paper.id), version or 0, role, date, paper.title, "", found.batch)
