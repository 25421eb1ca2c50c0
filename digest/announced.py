"""arXiv as a source of papers: looked at, remembered in the ledger, chosen from, downloaded.

The same source serves a connected machine and one behind an air gap: without ``feeds`` nothing is
asked, and the post is made from what a bundle brought into the ledger and into papers/.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from digest import files
from digest.calendar import Batch, Calendar
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
from digest.errors import FetchError, FetchRefused, PaperWithdrawn
from digest.pipeline import Day
from digest.records import (
    ArxivId,
    Coverage,
    LeftOut,
    Look,
    Mark,
    Outcome,
    Paper,
    PaperId,
    Placement,
    Sighting,
    Visit,
    Window,
)
from digest.render.post import paper_file
from digest.selection import Choice
from digest.sources import Arrival, Delivery
from digest.sources.arxiv import Known, LookOptions
from digest.sources.merge import merge
from digest.store import Store
from digest.store.ledger import CARRIED, Ledger
from digest.store.posts import PostItem
from digest.store.retention import read_pdf

Choose = Callable[[Sequence[Paper], int], Choice]
"""Called with the papers that may join a post, and how many it has already."""
Progress = Callable[[str, str, int, int], None]

WITHDRAWN = "pdf-withdrawn"
"""The stage of a paper whose PDF is not to be had, now or later."""
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
    """How arXiv is reached. ``feeds`` and ``download`` are None where nothing may be asked.

    Args:
        calendar: When it announces.
        clock: For dates and waiting.
        feeds: What is asked.
        download: Gets PDFs.
        ahead: Whether PDFs may be downloaded by another thread, while the first are read.
        close: Ends the asking for this run; called when the last PDF is here.
    """

    calendar: Calendar
    clock: Clock
    feeds: Feeds | None = None
    download: Downloads | None = None
    ahead: bool = False
    close: Callable[[], None] = lambda: None


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
        self._withdrawn: frozenset[str] = frozenset()
        self._also: Sequence[tuple[Paper, Mark]] = ()
        self._read: dict[PaperId, str] = {}
        self._failed: dict[PaperId, FetchError] = {}
        self._refused: FetchRefused | None = None

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
        self._ask_versions(feeds)
        return look.visits

    def _ask_versions(self, feeds: Feeds) -> None:
        """Which version OAI-PMH's new versions are, where the look could not ask."""
        unversioned = self._ledger.unversioned(limit=200)
        if not unversioned:
            return
        try:
            self._ledger.record(Look(tuple(feeds.by_id(unversioned)), ()))
        except FetchError as exc:  # the next look asks again
            log.warning("updates of %d papers are not known yet: %s", len(unversioned), exc)

    def wait(self, date: str, hours: float) -> None:
        """Ask again and again until a batch is there that no post accounts for yet.

        The feed shows a batch whole. Where only the query API has it, papers may still be joining:
        then it is asked until no more do. Ends at once where the calendar expects nothing in time,
        and in any case after ``hours``.
        """
        clock = self._arxiv.clock
        deadline = clock.now() + timedelta(hours=hours)
        before = -1
        while True:
            self._visits = self.look(poll=True)
            last, found = self._awaited(date)
            if any(visit.by == "feed" and visit.batch > last for visit in self._visits):
                return
            expected = self._expected(last)
            if (found and found == before) or max(
                clock.now() + POLL, expected.announced_at
            ) > deadline:
                self._visits = ()  # a poll asks less than the look that a post is made from
                return
            before = found
            log.info("batch %s is not there yet, or not whole: asking again", expected.name)
            until = max(clock.now() + POLL, expected.announced_at)
            clock.sleep((until - clock.now()).total_seconds())

    def _awaited(self, date: str) -> tuple[str, int]:
        """The newest batch that posts account for, today's with them, and how many papers wait
        that came after it.
        """
        with self._store.database.held_open():
            policy = self._policy(date)
            here = [p.batch for p in self._ledger.placements(date) if p.role != "update"]
            last = max([*policy.last_batch.values(), *here], default="")
            sorting, _ = self.pending(date)
        return last, sum(found.batch > last for found in sorting.found)

    def _expected(self, last: str) -> Batch:
        """The batch to wait for: the newest announced one, else the next."""
        newest = self._arxiv.calendar.newest(self._arxiv.clock.now())
        return newest if newest.name > last else self._arxiv.calendar.following(newest)

    def _known_visits(self) -> list[Visit]:
        newest = self._ledger.newest_visits()
        return [visit for visit in newest if visit.category in self._config.categories]

    def _known(self, category: str) -> Known:
        return Known(self._covered(category), self._ledger.fingerprint(category))

    def _covered(self, category: str) -> str:
        seen = self._ledger.batches_seen(category)
        caught_up = max(seen.get("oai", ()), default="")
        began = self._ledger.began_at(category)
        return covered_until(seen.get("feed", frozenset()), caught_up, began, self._arxiv.calendar)

    # ------------------------------------------------------------ choosing

    def deliver(self, date: str) -> Delivery:
        """The papers that became visible since the last post, chosen and downloaded.

        A post of before the newest one gets what it lacks, and nothing new.
        """
        visits = self._visits or self.look()
        with self._store.database.held_open():
            again = [(item.paper, item.mark) for item in mending_items(self._store, date)]
            chosen, placements = Chosen((), ()), []
            if date >= self._ledger.newest_date():
                sorting, chosen = self.pending(date)
                placements = [*self._placements(date, sorting, chosen), *self._updates(date)]
            elif again == []:
                log.warning("posts of later dates exist: nothing new joins that of %s", date)
            seen = self._coverage(date, placements, visits)
        expected = (*again, *chosen.papers)
        is_told = _are_told(placements)
        return Delivery(
            self._all_arrivals(expected),
            seen if is_told else None,
            tuple(placements) if is_told else (),
            seen,
            expected=expected,
            downloads=self._arxiv.ahead,
        )

    def also(self, papers: Sequence[tuple[Paper, Mark]]) -> None:
        """Papers of other posts whose PDFs are downloaded after those of the next delivery."""
        self._also = papers

    def _all_arrivals(self, papers: Sequence[tuple[Paper, Mark]]) -> Iterator[Arrival]:
        """The papers as their PDFs come; then the other PDFs of this run, and nothing is asked any
        more.
        """
        arrivals = self.arrivals(papers)  # what it takes out of the store, it takes now
        others = self.arrivals(self._also)

        def each() -> Iterator[Arrival]:
            yield from arrivals
            deque(others, maxlen=0)
            self._arxiv.close()

        return each()

    def fetch(self, date: str) -> Fetched:
        """Look, choose and download for posts to come, here or behind an air gap.

        A home that only fetches has no posts that tell what is done: papers count for
        ``retry_days`` from when they were first seen, and the limit is for each batch.
        """
        visits = self.look()
        since = self._arxiv.clock.now() - timedelta(days=max(self._config.retry_days, 1))
        sorting, chosen = self.pending(date, since)
        arrivals = list(self.arrivals(chosen.papers))
        self._remember(arrivals)
        coverage = self._coverage(date, self._placements(date, sorting, chosen), visits)
        failed = tuple(
            str(a.problem)
            for a in arrivals
            if a.problem is not None and not isinstance(a.problem, PaperWithdrawn)
        )
        here = sum(arrival.pdf is not None for arrival in arrivals)
        return Fetched(date, len(arrivals), here, coverage, failed)

    def _remember(self, arrivals: Sequence[Arrival]) -> None:
        """What was downloaded, for ``status``, and what never can be."""
        with self._store.database.held_open():
            here = [(a.paper, a.pdf_sha256) for a in arrivals if a.pdf is not None]
            self._store.put_papers(here, self.name)
            for arrival in arrivals:
                if isinstance(arrival.problem, PaperWithdrawn):
                    paper, why = arrival.paper.id, str(arrival.problem)
                    self._store.put_failure(Outcome(paper, WITHDRAWN, "absent", why), "")

    def pending(self, date: str, since: datetime | None = None) -> tuple[Sorting, Chosen]:
        """What waits for the post of ``date``, sorted out and chosen from.

        ``since``: only papers seen first since then, and chosen batch by batch.
        """
        policy = self._policy(date)
        began = [at for at in policy.began.values() if at is not None]
        first = policy.calendar.newest(min(began)).name if began else ""
        sorting = sort_out(self._ledger.sightings(date, first, since), policy, merge)
        allowed = [found for found in sorting.found if found.role != "left-out"]
        if since is None:
            return sorting, self._chosen(allowed, len(self._store.post_items(date)))
        batches = sorted({found.batch for found in allowed})
        parts = [self._chosen([f for f in allowed if f.batch == name], 0) for name in batches]
        return sorting, Chosen(
            tuple(found for part in parts for found in part.found),
            tuple(left for part in parts for left in part.left_out),
        )

    def _chosen(self, allowed: Sequence[Found], taken: int) -> Chosen:
        by_id = {found.paper.id: found for found in allowed}
        choice = self._choose([found.paper for found in allowed], taken)
        return Chosen(tuple(by_id[paper.id] for paper in choice.chosen), choice.left_out)

    def _policy(self, date: str) -> Policy:
        config, ledger = self._config, self._ledger
        names = config.categories
        return Policy(
            names,
            config.cross_lists,
            self._arxiv.calendar,
            {name: ledger.began_at(name) for name in names},
            {name: ledger.batches_seen(name).get("feed", frozenset()) for name in names},
            {name: self._covered(name) for name in names},
            {name: ledger.last_batch(date, name) for name in names},
            self._strict_window(date),
        )

    def _strict_window(self, date: str) -> Window | None:
        config = self._config
        if config.window != "strict":
            return None
        return window_of(date, "", config.anchor, config.zone)

    def _placements(self, date: str, sorting: Sorting, chosen: Chosen) -> list[Placement]:
        reasons = {left.paper: left.reason for left in chosen.left_out}
        carried = {found.paper.id for found in chosen.found}
        placements = [_placement(found, date) for found in sorting.settled]
        for found in sorting.found:
            if found.paper.id not in carried:
                reason = found.reason or reasons[found.paper.id]
                found = replace(found, role="left-out", reason=reason)
            placements.append(_placement(found, date))
        return placements

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
        window = self._strict_window(date) or window_of(
            date, ledger.last_date(date), config.anchor, config.zone
        )
        last = max((ledger.last_batch(date, name) for name in config.categories), default="")
        found = coverage_of([*earlier, *placements], window, visits, last)
        unseen = self._unseen(visits)
        return (
            replace(found, state="waiting", problems=(*found.problems, unseen)) if unseen else found
        )

    def _unseen(self, visits: Sequence[Visit]) -> str:
        """What to say where arXiv has announced more since it was last looked at, and may not be
        asked now.
        """
        if self._arxiv.feeds is not None:
            return ""
        last = max((visit.at for visit in visits), default=None)
        newest = self._arxiv.calendar.newest(self._arxiv.clock.now())
        if last is None:
            return "arXiv was never looked at: digest fetch, or carry a bundle in"
        if newest.announced_at <= last:
            return ""
        return f"batches up to {newest.name} were announced since the last look on {last:%Y-%m-%d}"

    # ------------------------------------------------------------ downloading

    def arrivals(self, papers: Sequence[tuple[Paper, Mark]]) -> Iterator[Arrival]:
        """The papers as their PDFs come; one that cannot be had is a problem of its paper alone.

        What is iterated may be run through by another thread: the store is asked here.
        """
        folder = self._config.papers
        lacking = [paper for paper, _ in papers if not (folder / paper_file(paper.id)).exists()]
        with self._store.database.held_open():
            self._withdrawn = self._store.absent(WITHDRAWN)
            read = {paper.id: read_pdf(self._store.database, str(paper.id)) for paper in lacking}
        self._read |= {paper: sha256 for paper, sha256 in read.items() if sha256}
        return self._coming(papers)

    def _coming(self, papers: Sequence[tuple[Paper, Mark]]) -> Iterator[Arrival]:
        for done, (paper, mark) in enumerate(papers):
            self._progress("fetch", paper.title or str(paper.id), done, len(papers))
            try:
                yield self._arrival(paper, mark)
            except FetchError as exc:
                if isinstance(exc, FetchRefused):  # nothing more may be asked today
                    self._refused = exc
                self._failed[paper.id] = exc
                yield Arrival(paper, None, "", exc, mark)
        if papers:
            self._progress("fetch", "", len(papers), len(papers))

    def _arrival(self, paper: Paper, mark: Mark) -> Arrival:
        """One paper's PDF, from papers/ if it is there; none where it was read and not kept.

        In a run it is asked for once.

        Raises:
            FetchError: It cannot be had.
        """
        path = self._config.papers / paper_file(paper.id)
        if not path.exists():
            if paper.id in self._read:
                return Arrival(paper, None, self._read[paper.id], mark=mark)
            if paper.id in self._withdrawn:
                raise PaperWithdrawn(f"{paper.id} was withdrawn", None, False)
            if paper.id in self._failed:
                raise self._failed[paper.id]
            if self._refused is not None:
                raise self._refused
            if self._arxiv.download is None:
                raise FetchError(f"no PDF of {paper.id} here", "carry one in with a bundle")
            assert isinstance(paper.id, ArxivId)  # only arXiv announces
            self._arxiv.download(paper.id, path)
        return Arrival(paper, path, files.sha256(path), mark=mark)


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


def older_papers(store: Store, date: str, retry_days: int) -> list[tuple[Paper, Mark]]:
    """The papers of the ``retry_days`` before ``date`` that something is missing of."""
    older = _older_items(store, date, retry_days)
    return [(item.paper, item.mark) for _, items in older for item in items]


def older_days(store: Store, source: ArxivSource, date: str, retry_days: int) -> Iterator[Day]:
    """The posts of the ``retry_days`` before ``date`` that something is missing of, as days."""
    for when, items in _older_items(store, date, retry_days):
        yield Day(when, MendingSource(source, items))


def _older_items(store: Store, date: str, retry_days: int) -> Iterator[tuple[str, list[PostItem]]]:
    oldest = (Date.fromisoformat(date) - timedelta(days=retry_days)).isoformat()
    for when, _, _ in store.post_dates():
        items = mending_items(store, when) if oldest <= when < date else []
        if items:
            yield when, items


class MendingSource:
    """The papers of an older post that something was missing of: their PDFs are tried again."""

    def __init__(self, arxiv: ArxivSource, items: Sequence[PostItem]) -> None:
        self._arxiv = arxiv
        self._items = items
        self.name = arxiv.name

    def deliver(self, date: str) -> Delivery:
        """What was missing, tried again."""
        papers = tuple((item.paper, item.mark) for item in self._items)
        return Delivery(self._arxiv.arrivals(papers), expected=papers)


def mending_items(store: Store, date: str) -> list[PostItem]:
    """The announced papers of a date's post that a stage failed for, and may yet succeed."""
    heading = store.post_heading(date)
    if heading is None or heading.coverage is None:
        return []
    return [item for item in announced_items(store, date) if set(item.errors) - {WITHDRAWN}]


def announced_items(store: Store, date: str) -> list[PostItem]:
    """The papers of a date's post that arXiv announced; a folder's may have joined them."""
    return [item for item in store.post_items(date) if isinstance(item.paper.id, ArxivId)]


def _are_told(placements: Sequence[Placement]) -> bool:
    """Whether there is anything to tell: a paper carried or left out, or an update."""
    return any(p.role in (*CARRIED, "left-out", "update") for p in placements)


def _placement(found: Found, date: str) -> Placement:
    paper = found.paper
    version = paper.id.version if isinstance(paper.id, ArxivId) else None
    role = found.role
    title, reason = paper.title, found.reason
    return Placement(paper.id.base, version or 0, role, date, title, reason, found.batch)
