"""One day, top to bottom.

Papers arrive from a source; their text is extracted, their abstracts are translated, a reading
of each is written, and all of it becomes one post. Stage by stage, so that one model computes at
a time. Every finished piece of work is kept at once under a key made of its content and of what
made it: a run that is killed anywhere and started again goes on from there and ends with the
same post.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from digest import files
from digest.config import Config
from digest.errors import DigestError, ExtractError, FetchError, PaperWithdrawn, SourceError
from digest.illustrate import Cut, cut_figures, illustrated
from digest.publish import Published, post_name, publish
from digest.records import (
    Breakdown,
    Coverage,
    Document,
    LocalId,
    MadeBy,
    Mark,
    Outcome,
    OutcomeStatus,
    Paper,
    PaperId,
    Translation,
    to_json,
)
from digest.render.post import Entry, Heading, Style, coverage, paper_file, post
from digest.render.trial import trial
from digest.sources import Arrival, Delivery, Source
from digest.store import Store, result_key
from digest.store.posts import PostHeading, PostItem

Record = TypeVar("Record", Document, Translation, Breakdown)

PUBLISHING_WAIT_S = 120.0
"""For another process's post, feed and week: seconds, also of a slow machine."""


class Extracts(Protocol):
    """Reads PDFs side by side: a result for each, in the order in which they finish."""

    made_by: MadeBy

    def extract_each(self, pdfs: Sequence[Path]) -> Iterator[tuple[Path, Document | Exception]]: ...


class Translates(Protocol):
    """Translates an abstract. ``at_once``: from so many threads together."""

    made_by: MadeBy
    at_once: int

    def translate(self, text: str, title: str = "") -> Translation: ...


class Explains(Protocol):
    """Writes the reading of a paper. ``at_once``: from so many threads together."""

    made_by: MadeBy
    at_once: int

    def explain(self, paper: Paper, document: Document | None) -> Breakdown: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What does the work of each stage. ``cut``: a figure out of a PDF."""

    extractor: Extracts
    translator: Translates
    explainer: Explains
    cut: Cut | None = None


Progress = Callable[[str, str, int, int], None]
"""Called as ``progress(stage, paper, done, total)`` before each paper and once at the end."""


def no_progress(_stage: str, _paper: str, _done: int, _total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Day:
    """What to make a post of.

    Args:
        date: YYYY-MM-DD, the post's date.
        source: Where the papers come from.
        redo: Use the present models also where the post shows what others made.
    """

    date: str
    source: Source
    redo: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. ``coverage`` counts the whole post, ``outcomes`` this run alone.

    ``post`` is None where there was nothing to write. ``unread``: what the source could not even
    identify as a paper, and why. ``announced``: how complete the post is; None for a folder's.
    """

    date: str
    post: Path | None
    post_status: str
    papers: int
    coverage: dict[str, int]
    outcomes: tuple[Outcome, ...]
    unread: tuple[str, ...] = ()
    announced: Coverage | None = None

    @property
    def failed(self) -> list[Outcome]:
        """What went wrong in this run, paper by paper."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]


_KEY_OF = {
    "extract": "document_key",
    "translate": "translation_key",
    "explain": "breakdown_key",
}


@dataclass(slots=True)
class _Work:
    """A paper on its way through the day."""

    paper: Paper
    pdf: Path | None
    pdf_sha256: str
    name: str
    published: PostItem | None
    mark: Mark
    document: Document | None = None
    keys: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def received(self) -> tuple[Paper, str]:
        return self.paper, self.pdf_sha256

    def keep(self, stage: str) -> None:
        """Go on showing what the post shows: a failed redo takes nothing away."""
        key = getattr(self.published, _KEY_OF[stage])
        if key is not None:
            self.keys[stage] = key

    def item(self) -> PostItem:
        return PostItem(
            self.paper,
            self.pdf_sha256,
            self.keys.get("extract"),
            self.keys.get("translate"),
            self.keys.get("explain"),
            tuple(self.errors),
            self.mark,
        )


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[Record]):
    """What came of a job: a record, or what went wrong."""

    record: Record | None
    failure: Exception | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Job(Generic[Record]):
    """A stage of one paper: the key of its result, and how to make it."""

    work: _Work
    key: str
    make: Callable[[], Record]


def run_day(
    day: Day, config: Config, store: Store, tools: Tools, progress: Progress = no_progress
) -> Report:
    """Make, or complete, one day's post. The caller is alone at work in the home (``running``).

    Raises:
        ConfigError: A template of the lab's is wrong; found before the work, not after it.
        SourceError: The source cannot be read or is empty.
        StoreError: The home cannot be written.
    """
    trial(style_of(config), "weekly" in config.outputs)
    run = _Run(day, config, store, tools, progress)
    delivery = day.source.deliver(day.date)
    works = run.receive(delivery.arrivals)
    run.extract(works)
    run.translate(works)
    run.explain(works)
    run.illustrate(works)
    with publishing(config), store.database.held_open():
        return _publish(day, config, store, run, delivery, works)


def _publish(
    day: Day, config: Config, store: Store, run: _Run, delivery: Delivery, works: Sequence[_Work]
) -> Report:
    """The post, in the store and in its file."""
    store.settle([outcome for outcome in run.outcomes if outcome.status == "reused"])
    items = _joined(store.post_items(day.date), [work.item() for work in works])
    unread, done = tuple(map(str, delivery.unread)), tuple(run.outcomes)
    if not items and not delivery.placements:
        nothing = coverage([])
        return Report(day.date, None, "nothing", 0, nothing, done, unread, delivery.seen)
    heading = _heading(day, config, store, delivery.coverage)
    store.put_post(day.date, heading, items, delivery.placements)
    published = _written(day.date, config, store)
    return Report(
        day.date,
        published.path,
        published.status,
        len(items),
        coverage(_entries(items, store)),
        done,
        unread,
        delivery.seen,
    )


def _heading(day: Day, config: Config, store: Store, announced: Coverage | None) -> PostHeading:
    """A new post's heading, or the published one with this source and its categories too."""
    published = store.post_heading(day.date)
    if published is None:
        return PostHeading(config.title, config.categories, (day.source.name,), announced)
    sources = dict.fromkeys((*published.sources, day.source.name))
    categories = dict.fromkeys((*published.categories, *config.categories))
    return replace(
        published,
        sources=tuple(sources),
        categories=tuple(categories),
        coverage=announced or published.coverage,
    )


def finish_posts(
    config: Config, store: Store, since: str, cut: Cut | None = None
) -> list[Published]:
    """Write the files of posts that a run was stopped before it could: from ``since`` (a date) on.

    ``cut`` is as for ``render_day``: the run may have been stopped before it cut figures, too.
    A post whose file somebody took away is left alone, unless it was the last that was written.
    """
    unfinished = [
        date
        for date in store.unfinished_posts(since)
        if not (config.posts / post_name(date)).exists()
    ]
    return [render_day(date, config, store, cut) for date in unfinished]


def render_day(date: str, config: Config, store: Store, cut: Cut | None = None) -> Published:
    """Write a date's post from what the store holds; the same bytes each time.

    Args:
        date: Which post.
        config: For the home, and the form of the post.
        store: Holds what it says.
        cut: Makes the pictures of figures that are not there yet; None leaves them out.

    Raises:
        ConfigError: A template of the lab's is wrong.
        DigestError: There is no post for ``date``.
        StoreError: A file cannot be written.
    """
    if cut is not None:
        cut_figures(content(date, config, store)[1], config, cut)
    with publishing(config):
        return _written(date, config, store)


def _written(date: str, config: Config, store: Store) -> Published:
    return publish(store, config.posts, date, post_text(date, config, store))


def publishing(config: Config) -> AbstractContextManager[None]:
    """The lock under which a post, or what stands beside it, is read from the store and written.

    So the file that is written last says what the store held last. It is taken before the
    database is held open, and never the other way round.

    Raises:
        BusyError: Another process has been writing for long.
    """
    return files.held(config.home / ".publishing", PUBLISHING_WAIT_S)


def post_text(date: str, config: Config, store: Store) -> str:
    """A date's post as the store has it, with the figures that were cut.

    Raises:
        ConfigError: A template of the lab's is wrong.
        DigestError: There is no post for ``date``.
    """
    heading, entries = content(date, config, store)
    return post(heading, illustrated(entries, config), style_of(config))


def style_of(config: Config) -> Style:
    """How posts are written."""
    return Style(config.post_format, config.templates)


def content(date: str, config: Config, store: Store) -> tuple[Heading, list[Entry]]:
    """What a date's post says, whatever form it is given: a post, pages, a feed, a mail.

    Raises:
        DigestError: There is no post for ``date``.
    """
    heading = store.post_heading(date)
    if heading is None:
        known = [when for when, _, _ in store.post_dates()[:3]]
        hint = (
            f"newest posts: {', '.join(known)}" if known else "make one: digest run --from FOLDER"
        )
        raise DigestError(f"no post for {date} in {config.home}", hint)
    shown = Heading(heading.title, date, heading.sources, heading.categories, heading.coverage)
    entries = _entries(store.post_items(date), store)
    for position, at in store.renewals(date).items():
        entries[position] = replace(entries[position], renewed_at=at)
    return shown, entries


def _entries(items: Sequence[PostItem], store: Store) -> list[Entry]:
    documents = store.results([i.document_key for i in items if i.document_key], Document)
    translations = store.results(
        [i.translation_key for i in items if i.translation_key], Translation
    )
    breakdowns = store.results([i.breakdown_key for i in items if i.breakdown_key], Breakdown)
    return [
        Entry(
            item.paper,
            documents.get(item.document_key or ""),
            translations.get(item.translation_key or ""),
            breakdowns.get(item.breakdown_key or ""),
            item.errors,
            item.mark,
        )
        for item in items
    ]


def _joined(old: Sequence[PostItem], new: Sequence[PostItem]) -> list[PostItem]:
    """The post's papers in their old order, renewed, then those that join it. None is lost."""
    joining = list(new)
    kept = []
    for item in old:
        renewed = _same(joining, item.paper.id, item.pdf_sha256)
        kept.append(item if renewed is None else renewed)
        if renewed is not None:
            joining.remove(renewed)
    return [*kept, *joining]


def _same(items: Sequence[PostItem], paper: PaperId, pdf_sha256: str) -> PostItem | None:
    """The item of a paper: of the same base id or, while its id is not known, the same PDF."""
    for item in items:
        if item.paper.id.base == paper.base:
            return item
    for item in items:
        unnamed = isinstance(item.paper.id, LocalId) or isinstance(paper, LocalId)
        if unnamed and item.pdf_sha256 == pdf_sha256:
            return item
    return None


class _Ahead:
    """Documents that are read side by side and taken in the order of the post."""

    def __init__(self, extractor: Extracts) -> None:
        self._extractor = extractor
        self._coming: Iterator[tuple[Path, Document | Exception]] = iter(())
        self._here: dict[Path, Document | Exception] = {}

    def start(self, works: Sequence[_Work]) -> None:
        """Begin to read these papers' PDFs."""
        pdfs = dict.fromkeys(work.pdf for work in works if work.pdf is not None)
        self._coming = self._extractor.extract_each(list(pdfs))

    def take(self, pdf: Path) -> Document:
        """The document of a PDF that was started; raises what its reading raised."""
        while pdf not in self._here:
            path, found = next(
                self._coming, (pdf, ExtractError(f"{pdf} was not read", "run again"))
            )
            self._here[path] = found
        document = self._here[pdf]
        if isinstance(document, Exception):
            raise document
        return document


class _Run:
    """The stages of one day and their outcomes."""

    def __init__(
        self, day: Day, config: Config, store: Store, tools: Tools, progress: Progress
    ) -> None:
        self._day = day
        self._config = config
        self._store = store
        self._tools = tools
        self._progress = progress
        self.outcomes: list[Outcome] = []
        self._mended: list[Outcome] = []

    def receive(self, arrivals: Sequence[Arrival]) -> list[_Work]:
        """Take the papers in: remembered in the store, their PDFs kept in the home."""
        published = self._store.post_items(self._day.date)
        works = []
        for arrival in arrivals:
            before = _same(published, arrival.paper.id, arrival.pdf_sha256)
            if before is not None and before.pdf_sha256 != arrival.pdf_sha256:
                before = None  # another PDF of the same paper: everything is made anew
            works.append(self._receive(arrival, before))
        with self._store.database.held_open():
            self._store.put_papers([work.received() for work in works], self._day.source.name)
            self._store.settle(self._mended)
        return works

    def _receive(self, arrival: Arrival, published: PostItem | None) -> _Work:
        kept = self._keep(arrival)
        name = arrival.pdf.stem if arrival.pdf is not None else str(arrival.paper.id)
        work = _Work(arrival.paper, kept, arrival.pdf_sha256, name, published, arrival.mark)
        if arrival.problem is not None:
            self._fail(work, _stage_of(arrival.problem), arrival.problem, 0.0)
        else:  # bad metadata was recorded under the id that the PDF alone gives
            for known in (arrival.paper.id, LocalId(f"local:{arrival.pdf_sha256}")):
                self._mended += [Outcome(known, stage, "reused") for stage in ("fetch", "pdf")]
        return work

    def _keep(self, arrival: Arrival) -> Path | None:
        """The paper's PDF in the home; copied there where it came from elsewhere."""
        if arrival.pdf is None:
            return None
        kept = self._config.papers / paper_file(arrival.paper.id)
        if kept != arrival.pdf and (not kept.exists() or files.sha256(kept) != arrival.pdf_sha256):
            files.copy(arrival.pdf, kept)
        return kept

    def extract(self, works: Sequence[_Work]) -> None:
        """Read the PDFs; what a folder did not know of a paper is taken from its first page."""
        extractor = self._tools.extractor
        ahead = _Ahead(extractor)
        jobs = [
            _Job(
                work,
                result_key("extract", [work.pdf_sha256], extractor.made_by),
                partial(ahead.take, work.pdf),
            )
            for work in works
            if work.pdf is not None
        ]
        for work, document in self._do("extract", Document, jobs, ahead.start):
            if document is not None:
                work.document = document
                work.paper = completed(work.paper, document)
        for work in works:
            if not work.paper.title:  # a scan without metadata: better its file's name than none
                work.paper = replace(work.paper, title=work.name)
        self._store.put_papers([work.received() for work in works], self._day.source.name)

    def translate(self, works: Sequence[_Work]) -> None:
        """Translate the abstracts."""
        translator = self._tools.translator
        jobs = [
            _Job(
                work,
                result_key("translate", [work.paper.abstract, *title], translator.made_by),
                partial(translator.translate, work.paper.abstract, *title),
            )
            for work in works
            if work.paper.abstract
            for title in [[work.paper.title] if self._config.translate_titles else []]
        ]
        for _ in self._do("translate", Translation, jobs, at_once=translator.at_once):
            pass

    def explain(self, works: Sequence[_Work]) -> None:
        """Write the readings."""
        explainer = self._tools.explainer
        jobs = []
        for work in works:
            made_from = [work.keys.get("extract", ""), work.paper.title, work.paper.abstract]
            key = result_key("explain", made_from, explainer.made_by)
            jobs.append(_Job(work, key, partial(explainer.explain, work.paper, work.document)))
        for _ in self._do("explain", Breakdown, jobs, at_once=explainer.at_once):
            pass

    def illustrate(self, works: Sequence[_Work]) -> None:
        """Cut out the figures that the post may show."""
        if self._tools.cut is not None:
            entries = [Entry(work.paper, work.document, None, None) for work in works]
            cut_figures(entries, self._config, self._tools.cut)

    def _do(
        self,
        stage: str,
        kind: type[Record],
        jobs: Sequence[_Job[Record]],
        start: Callable[[Sequence[_Work]], None] = lambda _works: None,
        at_once: int = 1,
    ) -> Iterator[tuple[_Work, Record | None]]:
        """A stage of every paper: what the post shows, else what the store has, else made now.

        Args:
            stage: Its name.
            kind: What it makes.
            jobs: In the order of the post, in which they are kept, too.
            start: Told which papers have work to be made, before the first of them is.
            at_once: Papers whose work is made together.
        """
        shown: list[str] = [self._shown(job.work, stage) or job.key for job in jobs]
        known = self._store.results([*shown, *(job.key for job in jobs)], kind)
        pairs = list(zip(jobs, shown, strict=True))
        to_make = [job for job, key in pairs if not {key, job.key} & known.keys()]
        start([job.work for job in to_make])
        attempts = _attempts(to_make, at_once)
        for done, (job, published) in enumerate(pairs):
            work = job.work
            self._progress(stage, work.paper.title or str(work.paper.id), done, len(jobs))
            key = published if published in known else job.key
            if key in known:
                work.keys[stage] = key
                self.outcomes.append(Outcome(work.paper.id, stage, "reused"))
                yield work, known[key]
            else:
                yield work, self._settle(stage, job, next(attempts))
        self._progress(stage, "", len(jobs), len(jobs))

    def _shown(self, work: _Work, stage: str) -> str | None:
        """The key of what the post shows, where it was made from what the paper is now.

        A published post is history: another model does not change it. But a reading of the abstract
        is outdated once the PDF can be read, and a translation once the abstract was corrected.
        """
        old = work.published
        if old is None or self._day.redo:
            return None
        same_words = (old.paper.title, old.paper.abstract) == (
            work.paper.title,
            work.paper.abstract,
        )
        if stage == "extract":
            return old.document_key
        if stage == "translate":
            return old.translation_key if same_words else None
        same_text = old.document_key == work.keys.get("extract")
        return old.breakdown_key if same_words and same_text else None

    def _settle(self, stage: str, job: _Job[Record], attempt: _Attempt[Record]) -> Record | None:
        """Keep what was made; a failure is recorded and costs this paper this stage."""
        work = job.work
        if attempt.failure is not None or attempt.record is None:
            failure = attempt.failure or DigestError(f"{stage} made nothing")
            self._fail(work, stage, failure, attempt.seconds)
            if self._day.redo and work.published is not None:
                work.keep(stage)
            return None
        outcome = Outcome(work.paper.id, stage, "done", seconds=attempt.seconds)
        self._store.put_result(job.key, outcome, attempt.record)
        self.outcomes.append(outcome)
        work.keys[stage] = job.key
        return attempt.record

    def _fail(self, work: _Work, stage: str, exc: Exception, seconds: float) -> None:
        error = exc.message if isinstance(exc, DigestError) else f"{type(exc).__name__}: {exc}"
        hint = (exc.hint or "") if isinstance(exc, DigestError) else ""
        status: OutcomeStatus = "absent" if isinstance(exc, PaperWithdrawn) else "failed"
        outcome = Outcome(work.paper.id, stage, status, error, hint, seconds)
        self._store.put_failure(outcome, "".join(traceback.format_exception(exc)))
        self.outcomes.append(outcome)
        work.errors.append(stage)


def _attempt(job: _Job[Record]) -> _Attempt[Record]:
    """Do a paper's work; a failure is data.

    This is the only place that may catch ``Exception``.
    """
    started = time.monotonic()
    try:
        record = job.make()
        to_json(record)  # what cannot be written down is this paper's failure as well
    except Exception as exc:  # noqa: BLE001 one paper's failure is data, not the run's end
        return _Attempt(None, exc, time.monotonic() - started)
    return _Attempt(record, None, time.monotonic() - started)


def _attempts(jobs: Sequence[_Job[Record]], at_once: int) -> Iterator[_Attempt[Record]]:
    """All jobs in their order; with ``at_once`` above 1 by as many threads.

    They run ahead of who takes the results, but not far: what is not taken yet is lost when the
    run is killed.
    """
    if at_once == 1:
        yield from map(_attempt, jobs)
        return
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="paper")
    try:
        under_way: deque[Future[_Attempt[Record]]] = deque()
        for job in jobs:
            under_way.append(pool.submit(_attempt, job))
            if len(under_way) > 2 * at_once:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _stage_of(problem: SourceError) -> str:
    """The stage under which an arrival's problem is recorded."""
    if isinstance(problem, PaperWithdrawn):
        return "pdf-withdrawn"  # as announced.WITHDRAWN, which is above this
    return "pdf" if isinstance(problem, FetchError) else "fetch"


def completed(paper: Paper, document: Document) -> Paper:
    """``paper`` with the title and abstract of its first page where its source gave none."""
    return replace(
        paper, title=paper.title or document.title, abstract=paper.abstract or document.abstract
    )
