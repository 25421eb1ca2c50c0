"""A look at arXiv: everything its sources show now of some categories, and how each is doing.

The feed says what was announced and how; the query API when each paper was submitted, and what
the feed missed within an overlap of days; OAI-PMH what was announced while nobody looked.
No source is trusted to be whole, and none that fails stops the others, but for a refusal (403).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from digest.calendar import Calendar
from digest.clock import Clock
from digest.errors import FetchError, FetchRefused
from digest.records import (
    ArxivId,
    FeedState,
    Look,
    Paper,
    SightedBy,
    Sighting,
    Visit,
)
from digest.sources.api import PAGE_PAPERS, QueryApi
from digest.sources.categories import belongs, counts
from digest.sources.endpoints import Endpoints
from digest.sources.feeds import FeedDay, check_feed, parse_feed, strongest
from digest.sources.http import Client
from digest.sources.oai import Oai
from digest.sources.states import FeedJudge, Known, Verdict, fingerprint

__all__ = ["ArxivFeeds", "Known", "LookOptions"]

# Feeds without papers are believed where fewer were submitted in the whole overlap, a week or
# more: below two a day, one batch in seven is empty.
_FEW_PAPERS = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How far to look.

    Args:
        overlap_days: How long before the oldest batch that is not yet taken in a paper may have
            been submitted to be found by the query API: moderation holds some for days.
        baseline_days: The same for a category that was never looked at.
        poll: For looking again every few minutes: ask the feed alone as long as nothing is
            announced that is not taken in yet, and then take no answer from the cache.
    """

    overlap_days: int = 7
    baseline_days: int = 30
    poll: bool = False


class ArxivFeeds:
    """arXiv's feeds, at some addresses. ``page_papers``: of one answer of the query API."""

    def __init__(
        self,
        client: Client,
        endpoints: Endpoints,
        calendar: Calendar,
        clock: Clock,
        page_papers: int = PAGE_PAPERS,
    ) -> None:
        self._client = client
        self._endpoints = endpoints
        self._calendar = calendar
        self._clock = clock
        self._api = QueryApi(client, endpoints.api, page_papers)

    def look(self, known: Mapping[str, Known], options: LookOptions) -> Look:
        """Look once. The keys of ``known`` are the categories.

        Feed, then query API, then OAI-PMH where a batch is missing that neither this feed nor an
        earlier look showed, then the query API by id for papers whose time is still unknown.
        """
        if not known:
            raise ValueError("no category to look at")
        oai = Oai(self._client, self._endpoints.oai)
        servers = _Servers(self._client, self._endpoints, self._api, oai)
        return _Round(servers, self._calendar, self._clock).go(known, options)

    def by_id(self, ids: Sequence[ArxivId]) -> list[Sighting]:
        """What the query API knows of papers; unknown ids are left out.

        Raises:
            FetchError: A request failed.
        """
        pages = self._api.by_id(ids)
        return [Sighting(paper, "api", self._clock.now()) for page in pages for paper in page]


@dataclass(frozen=True, slots=True)
class _Servers:
    """Whom one look asks."""

    client: Client
    endpoints: Endpoints
    api: QueryApi
    oai: Oai


@dataclass(frozen=True, slots=True)
class _Feed:
    """The feed's answer, without papers where there was none, which ``problem`` explains."""

    day: FeedDay
    at: datetime
    problem: str
    notes: tuple[str, ...]

    def of(self, category: str) -> list[Paper]:
        return [item for item in self.day.items if belongs(item, category)]


class _Round:
    """One look in the making."""

    def __init__(self, servers: _Servers, calendar: Calendar, clock: Clock) -> None:
        self._client = servers.client
        self._endpoints = servers.endpoints
        self._api = servers.api
        self._oai = servers.oai
        self._clock = clock
        self._judge = FeedJudge(calendar, clock.now())
        self._sightings: list[Sighting] = []
        self._visits: list[Visit] = []
        self._submitted: dict[str, datetime] = {}  # by base id; full times, not OAI-PMH's days
        self._is_refused = False

    def go(self, known: Mapping[str, Known], options: LookOptions) -> Look:
        """All steps, in the order that ``ArxivFeeds.look`` names."""
        feed = self._ask_feed(tuple(known))
        is_due = any(seen.batch < self._judge.newest.name for seen in known.values())
        asks_all = is_due or not options.poll
        is_api_whole = asks_all and self._ask_submitted(known, options)
        verdicts = self._verdicts(feed, known, is_api_whole)
        if asks_all:
            self._catch_up(known, verdicts)
            self._fill_in(feed.day.items, tuple(known))
        visits = [_feed_visit(feed, category, verdicts[category]) for category in known]
        sightings = _feed_sightings(feed, verdicts)
        return Look((*sightings, *self._sightings), (*visits, *self._visits))

    # ------------------------------------------------------------ the feed

    def _ask_feed(self, categories: Sequence[str]) -> _Feed:
        before = len(self._client.faults)
        day, problem = FeedDay("", ()), ""
        try:
            day = self._feed_of(categories)
        except FetchError as exc:
            problem = self._failed(exc)
        items = tuple(strongest(day.items))
        notes = ["the feed's limit was reached: papers may be missing"] if day.is_capped else []
        notes += self._faults(before)
        return _Feed(replace(day, items=items), self._clock.now(), problem, tuple(notes))

    def _feed_of(self, categories: Sequence[str]) -> FeedDay:
        """The feed of several categories; where it is full, that of each half of them."""
        url = self._endpoints.feed_of(categories)
        day = parse_feed(self._client.get(url, {}, check_feed, poll=True).body)
        if not day.is_capped or len(categories) == 1:
            return day
        middle = len(categories) // 2
        halves = [self._feed_of(categories[:middle]), self._feed_of(categories[middle:])]
        items = tuple(item for half in halves for item in half.items)
        return FeedDay(day.batch, items, any(half.is_capped for half in halves))

    def _verdicts(
        self, feed: _Feed, known: Mapping[str, Known], is_api_whole: bool
    ) -> dict[str, Verdict]:
        if feed.problem:
            return {category: Verdict("failed", "", feed.problem) for category in known}
        shown = self._judge.shows(feed.day, self._submitted)
        period = self._judge.expected
        is_empty_batch = (
            is_api_whole
            and len(self._submitted) < _FEW_PAPERS
            and not any(period.opens_at <= at < period.closes_at for at in self._submitted.values())
        )
        return {
            category: self._judge.judge(feed.of(category), seen, shown, is_empty_batch)
            for category, seen in known.items()
        }

    # ------------------------------------------------------------ the other sources

    def _ask_submitted(self, known: Mapping[str, Known], options: LookOptions) -> bool:
        """Everything submitted lately, by the query API; whether all of it was to be had."""
        alike: dict[datetime, list[str]] = {}
        for category, seen in known.items():
            days = options.overlap_days if seen.batch else options.baseline_days
            start = self._judge.oldest_due(seen).opens_at - timedelta(days=days)
            alike.setdefault(start, []).append(category)
        # The API shows nothing beyond the newest announcement, and a query that changes only
        # with it is one that today's answers in the cache are right for.
        end = self._judge.newest.announced_at
        is_whole = True
        for start, categories in alike.items():
            pages = self._api.submitted(categories, start, end, options.poll)
            is_whole = self._visit("api", categories, pages) and is_whole
        return is_whole

    def _catch_up(self, known: Mapping[str, Known], verdicts: Mapping[str, Verdict]) -> None:
        """Batches that neither an earlier look nor this feed showed, by OAI-PMH."""
        for category, seen in known.items():
            if missing := self._judge.missing(seen, verdicts[category]):
                pages = self._oai.changed(category, date.fromisoformat(seen.batch))
                self._visit("oai", [category], pages, missing[-1].name)

    def _fill_in(self, items: Sequence[Paper], categories: Sequence[str]) -> None:
        """What the others do not tell of their papers: times of submission, and of OAI-PMH's new
        versions which version it is.
        """
        changed = [
            seen.paper
            for seen in self._sightings
            if seen.by == "oai" and seen.paper.updated_at is not None
        ]
        wanted = dict.fromkeys([
            *(item.id.base for item in items if item.id.base not in self._submitted),
            *(paper.id.base for paper in changed),
        ])  # fmt: skip
        if not wanted:
            return
        papers, problem, _ = self._take("api", self._api.by_id([ArxivId(b) for b in wanted]))
        known = {paper.id.base for paper in papers}
        unknown = sum(item.id.base not in {*known, *self._submitted} for item in items)
        if problem or unknown:
            detail = problem or f"does not know {unknown} of the feed's papers"
            state: FeedState = "failed" if problem else "stalled"
            at = self._clock.now()
            self._visits += [Visit("api", each, at, state, detail=detail) for each in categories]

    def _visit(
        self,
        by: SightedBy,
        categories: Sequence[str],
        pages: Iterator[tuple[Paper, ...]],
        batch: str = "",
    ) -> bool:
        """Take all pages of a source and note how it went; whether it went well."""
        papers, problem, notes = self._take(by, pages)
        at = self._clock.now()
        state: FeedState = "failed" if problem else "fresh"
        detail = _line(problem, notes)
        for category in categories:
            shown = sum(belongs(paper, category) for paper in papers)
            self._visits.append(Visit(by, category, at, state, batch, shown, detail=detail))
        return not problem

    def _take(
        self, by: SightedBy, pages: Iterator[tuple[Paper, ...]]
    ) -> tuple[tuple[Paper, ...], str, list[str]]:
        """The papers of all pages up to a failure, what failed, and faults that were overcome."""
        before, problem = len(self._client.faults), ""
        papers: dict[str, Paper] = {}
        try:
            if self._is_refused:
                raise FetchRefused("not asked: arXiv refused us")
            for page in pages:
                papers |= {paper.id.base: paper for paper in page}
        except FetchError as exc:
            problem = self._failed(exc)
        now = self._clock.now()
        changed = self._oai.changed_on if by == "oai" else {}
        self._sightings += [
            Sighting(paper, by, now, changed.get(paper.id, "")) for paper in papers.values()
        ]
        if by == "api":
            times = {base: paper.submitted_at for base, paper in papers.items()}
            self._submitted |= {base: at for base, at in times.items() if at is not None}
        return tuple(papers.values()), problem, self._faults(before)

    def _failed(self, exc: FetchError) -> str:
        self._is_refused = self._is_refused or isinstance(exc, FetchRefused)
        log.info("%s", exc.message)
        return _short(exc.message)

    def _faults(self, before: int) -> list[str]:
        """Faults since ``before`` after which was asked again, each once."""
        faults = map(_short, self._client.faults[before:])
        return [f"asked again after: {fault}" for fault in dict.fromkeys(faults)]


def _short(message: str) -> str:
    """A message for ``status``: an address without its parameters, which can be pages of ids."""
    return re.sub(r"\?\S{30,}", "", message)


def _line(what: str, notes: Sequence[str]) -> str:
    """One line for ``status``; a fault that was asked again in vain is named once."""
    return "; ".join(
        filter(None, (what, *(note for note in notes if not what or what not in note)))
    )


def _feed_visit(feed: _Feed, category: str, verdict: Verdict) -> Visit:
    papers = feed.of(category)
    kinds = counts(papers, category)
    return Visit(
        by="feed",
        category=category,
        at=feed.at,
        state=verdict.state,
        batch=verdict.batch,
        shown=len(papers),
        new=kinds["new"],
        cross=kinds["cross"],
        replaced=kinds["replaced"],
        detail=_line(verdict.detail, feed.notes),
        fingerprint=fingerprint(papers),
    )


def _feed_sightings(feed: _Feed, verdicts: Mapping[str, Verdict]) -> Iterator[Sighting]:
    """The feed's papers, announced in the batch that it was found to show, not in that which its
    date names; without an announcement where it shows again what was seen before."""
    for item in feed.day.items:
        own = [verdict.batch for category, verdict in verdicts.items() if belongs(item, category)]
        batch = max(own or [verdict.batch for verdict in verdicts.values()])
        announced = replace(item.announced, batch=batch) if item.announced and batch else None
        yield Sighting(replace(item, announced=announced), "feed", feed.at)
