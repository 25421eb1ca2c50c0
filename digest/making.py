"""One day's papers on their way through the stages.

While PDFs are still being downloaded, what has come is read and abstracts are translated; readings
are written in the order of the post, which is that of interest, each as soon as its paper's text is
here. Everything that is finished is kept at once under a key made of its content and of what made
it, and not held in memory: the texts of a thousand papers fill a gigabyte.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from digest import files
from digest.allowance import Allowance
from digest.config import Config
from digest.errors import DigestError, FetchError, OutOfTime, PaperWithdrawn, SourceError
from digest.illustrate import cut_figures
from digest.intake import Intake, Read
from digest.records import (
    Breakdown,
    Document,
    LocalId,
    Mark,
    Outcome,
    OutcomeStatus,
    Paper,
    PaperId,
    Translation,
    to_json,
)
from digest.render.entry import SKIPPED
from digest.render.post import Entry, paper_file
from digest.sources import Arrival, Delivery
from digest.stages import Progress, Tools
from digest.store import Store
from digest.store.keys import document_key, reading_key, translation_key
from digest.store.posts import PostItem

Record = TypeVar("Record", Document, Translation, Breakdown)

STAGES = ("fetch", "pdf", "pdf-withdrawn", "extract", "translate", "explain")
_KEY_OF = {
    "extract": "document_key",
    "translate": "translation_key",
    "explain": "breakdown_key",
}


_TOGETHER = 8
"""Documents that are in memory at a time for the readings to come; a megabyte each."""


class Places:
    """The papers of a post, to be found again."""

    def __init__(self, items: Iterable[PostItem]) -> None:
        self._of_base: dict[str, PostItem] = {}
        self._of_pdf: dict[str, list[PostItem]] = {}
        for item in items:
            self._of_base.setdefault(item.paper.id.base, item)
            self._of_pdf.setdefault(item.pdf_sha256, []).append(item)

    def find(self, paper: PaperId, pdf_sha256: str) -> PostItem | None:
        """The item of a paper: of the same base id or, while its id is not known, the same PDF."""
        if paper.base in self._of_base:
            return self._of_base[paper.base]
        for item in self._of_pdf.get(pdf_sha256, ()):
            if isinstance(item.paper.id, LocalId) or isinstance(paper, LocalId):
                return item
        return None


@dataclass(slots=True)
class Work:
    """A paper on its way through the day. ``is_read``: whether its text came, or never will."""

    paper: Paper
    mark: Mark
    name: str = ""
    pdf: Path | None = None
    pdf_sha256: str = ""
    published: PostItem | None = None
    is_read: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def received(self) -> tuple[Paper, str]:
        return self.paper, self.pdf_sha256

    def keep(self, stage: str) -> None:
        """Go on showing what the post shows: a failed redo takes nothing away."""
        key = getattr(self.published, _KEY_OF[stage])
        if key is not None:
            self.keys[stage] = key

    def went_wrong(self, error: str) -> None:
        if error not in self.errors:
            self.errors.append(error)

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
    """A stage of one paper: the key of its result, and how to make it.

    ``prepared`` gets what it takes out of the store, and gives what then makes the record, in
    whatever thread.
    """

    work: Work
    key: str
    prepared: Callable[[], Callable[[], Record]]


@dataclass(frozen=True, slots=True)
class Post:
    """Which post is made. ``redo``: by the present models also where it shows what others made."""

    date: str
    source: str
    redo: bool = False


class Making:
    """The stages of one day and their outcomes.

    Args:
        post: Which, and whether its papers are made anew.
        config: For the home.
        store: Keeps everything.
        tools: Do the work.
        progress: Told of each paper.
        allowance: What may be taken for it.
    """

    def __init__(
        self,
        post: Post,
        config: Config,
        store: Store,
        tools: Tools,
        progress: Progress,
        allowance: Allowance,
    ) -> None:
        self._post = post
        self._config = config
        self._store = store
        self._tools = tools
        self._progress = progress
        self._allowance = allowance
        self._outcomes: list[tuple[Work, Outcome]] = []
        self._mended: list[Outcome] = []
        self._published = Places(store.post_items(post.date))
        self._expected: dict[PaperId, Work] = {}
        self._being_read: dict[Path, Work] = {}
        self._fresh: list[Work] = []
        self._known: dict[str, bool] = {}
        self._ahead: dict[str, Document] = {}
        self._read_so_far = 0
        self.works: list[Work] = []
        self._intake: Intake

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each stage, stage by stage in the order of the post."""
        place = {id(work): number for number, work in enumerate(self.works)}
        ordered = sorted(
            self._outcomes, key=lambda each: (STAGES.index(each[1].stage), place[id(each[0])])
        )
        return [outcome for _, outcome in ordered]

    def make(self, delivery: Delivery) -> list[Work]:
        """Take in what is delivered, and make of it what is not made yet.

        Raises:
            SourceError: What the source raises while it delivers.
            StoreError: Something cannot be written.
        """
        self._expect(delivery.expected)
        if isinstance(delivery.arrivals, Sequence):
            self._look_up([self._document_key(each.pdf_sha256) for each in delivery.arrivals])
        self._intake = Intake(
            delivery.arrivals, self._tools.extractor.extract_each, delivery.downloads
        )
        try:
            if not delivery.expected:
                self._until(lambda: not self._intake.are_expected)
                self._end_reading()
            self._foresee()
            self._translate()
            self._explain()  # by then every paper is read
        finally:
            self._intake.stop()
        self._illustrate()
        return self.works

    # ------------------------------------------------------------ taking in

    def _expect(self, papers: Sequence[tuple[Paper, Mark]]) -> None:
        for paper, mark in papers:
            work = Work(paper, mark, str(paper.id), published=self._published.find(paper.id, ""))
            self._expected[paper.id] = work
            self.works.append(work)

    def _until(self, is_enough: Callable[[], bool]) -> None:
        """Take what comes until it is enough, or nothing more is to come."""
        self._drain()
        while not is_enough():
            came = self._intake.take(wait=True)
            if came is None:
                break
            self._take(came)
            self._drain()

    def _drain(self) -> None:
        """Take what has come; the papers' newest state is kept in one go."""
        while (came := self._intake.take(wait=False)) is not None:
            self._take(came)
        if self._fresh or self._mended:
            with self._store.database.held_open():
                self._store.put_papers([work.received() for work in self._fresh], self._post.source)
                self._store.settle(self._mended)
            self._fresh, self._mended = [], []

    def _take(self, came: Arrival | Read) -> None:
        if isinstance(came, Arrival):
            self._arrived(came)
        else:
            self._was_read(came)

    def _arrived(self, arrival: Arrival) -> None:
        """A paper is here: its PDF is kept in the home, and read where it was not."""
        work = self._work_of(arrival)
        if arrival.problem is not None:
            self._fail(work, _stage_of(arrival.problem), arrival.problem, 0.0)
        else:  # bad metadata was recorded under the id that the PDF alone gives
            for known in (arrival.paper.id, LocalId(f"local:{arrival.pdf_sha256}")):
                self._mended += [Outcome(known, stage, "reused") for stage in ("fetch", "pdf")]
        work.pdf = self._kept(arrival)
        if work.pdf is None:
            self._recall(work)
            self._is_read(work, None)
            return
        if not self._is_reused(work, "extract", self._document_key(work.pdf_sha256)):
            self._being_read[work.pdf] = work
            self._intake.read(work.pdf)
            return
        lacks = not (work.paper.title and work.paper.abstract)
        self._is_read(work, self._document(work) if lacks else None)

    def _recall(self, work: Work) -> None:
        """Of a PDF that was read and is not kept any more: what the post shows of it."""
        shown = work.published.document_key if work.published is not None else None
        if work.pdf_sha256 and shown and shown in self._store.known([shown]):
            work.keys["extract"] = shown
            self._outcomes.append((work, Outcome(work.paper.id, "extract", "reused")))

    def _work_of(self, arrival: Arrival) -> Work:
        paper, sha256 = arrival.paper, arrival.pdf_sha256
        work = self._expected.get(paper.id)
        if work is None:
            name = arrival.pdf.stem if arrival.pdf is not None else str(paper.id)
            work = Work(paper, arrival.mark, name, published=self._published.find(paper.id, sha256))
            self.works.append(work)
        work.paper, work.mark, work.pdf_sha256 = paper, arrival.mark, sha256
        if work.published is not None and work.published.pdf_sha256 != sha256:
            work.published = None  # another PDF of the same paper: everything is made anew
        return work

    def _kept(self, arrival: Arrival) -> Path | None:
        """The paper's PDF in the home; copied there where it came from elsewhere."""
        if arrival.pdf is None:
            return None
        kept = self._config.papers / paper_file(arrival.paper.id)
        if kept != arrival.pdf and (not kept.exists() or files.sha256(kept) != arrival.pdf_sha256):
            files.copy(arrival.pdf, kept)
        return kept

    def _document_key(self, pdf_sha256: str) -> str:
        return document_key(pdf_sha256, self._tools.extractor.made_by)

    def _document(self, work: Work) -> Document | None:
        key = work.keys.get("extract")
        return self._store.result(key, Document) if key else None

    def _text(self, number: int) -> Document | None:
        """A paper's document; those of the next ones are taken out of the store with it.

        DuckDB unpacks 2,048 texts to find one of them, which takes 50 ms, whether one of them is
        wanted or several.
        """
        key = self.works[number].keys.get("extract")
        if key and key not in self._ahead:
            following = self.works[number : number + _TOGETHER]
            keys = [work.keys["extract"] for work in following if work.keys.get("extract")]
            self._ahead = self._store.results(keys, Document)
        return self._ahead.get(key) if key else None

    def _was_read(self, read: Read) -> None:
        work = self._being_read.pop(read.pdf)
        attempt: _Attempt[Document] = (
            _Attempt(None, read.found, read.seconds)
            if isinstance(read.found, Exception)
            else _Attempt(read.found, None, read.seconds)
        )
        key = self._document_key(work.pdf_sha256)
        self._is_read(work, self._settle("extract", work, key, attempt))

    def _is_read(self, work: Work, document: Document | None) -> None:
        """What a folder did not know of a paper is taken from its first page."""
        work.is_read = True
        if document is not None:
            work.paper = completed(work.paper, document)
        if not work.paper.title:  # a scan without metadata: better its file's name than none
            work.paper = replace(work.paper, title=work.name)
        self._fresh.append(work)
        self._progress("extract", work.paper.title, self._read_so_far, len(self.works))
        self._read_so_far += 1
        self._end_reading()

    def _end_reading(self) -> None:
        """Say when the last paper is read, not when the night is over."""
        are_known = bool(self._expected) or not self._intake.are_expected
        if are_known and self._read_so_far == len(self.works):
            self._progress("extract", "", self._read_so_far, self._read_so_far)

    # ------------------------------------------------------------ the models' stages

    def _foresee(self) -> None:
        """What lies ahead of the models, all of it from the first paper on: what is left of a night
        is not what is left of its first stage.
        """
        tools, papers = self._tools, len(self.works)
        for stage, tool in (("translate", tools.translator), ("explain", tools.explainer)):
            before = self._store.usual_s(stage, tool.made_by)
            self._allowance.expect(stage, papers, tool.at_once, before)

    def _translate(self) -> None:
        """Translate the abstracts; those that stand in the PDF alone when that is read."""
        known = [work for work in self.works if work.paper.abstract]
        others = [work for work in self.works if not work.paper.abstract]
        self._translate_all(known)  # meanwhile some of the others may be read
        if others:
            self._until(lambda: all(work.is_read for work in others))
            found = [work for work in others if work.paper.abstract]
            for _ in range(len(others) - len(found)):
                self._allowance.passed("translate")
            self._translate_all(found)

    def _translate_all(self, works: Sequence[Work]) -> None:
        if works:
            jobs = [self._translation(work) for work in works]
            self._look_up([job.key for job in jobs])
            self._do("translate", jobs, len(jobs), self._tools.translator.at_once)

    def _translation(self, work: Work) -> _Job[Translation]:
        translator, paper = self._tools.translator, work.paper
        title = paper.title if self._config.translate_titles else ""
        key = translation_key(paper.abstract, title, translator.made_by)
        make = partial(translator.translate, paper.abstract, *filter(None, [title]))
        return _Job(work, key, lambda: make)

    def _explain(self) -> None:
        """Write the readings, in the order of the post."""
        at_once = self._tools.explainer.at_once
        self._look_up([self._reading_key(work) for work in self.works if work.is_read])
        jobs = map(self._reading, range(len(self.works)))
        self._do("explain", jobs, len(self.works), at_once)

    def _reading(self, number: int) -> _Job[Breakdown]:
        """The job of a paper's reading, when its text is here."""
        work = self.works[number]
        self._until(lambda: work.is_read)
        explainer, paper = self._tools.explainer, work.paper

        def prepared() -> Callable[[], Breakdown]:
            return partial(explainer.explain, paper, self._text(number))

        return _Job(work, self._reading_key(work), prepared)

    def _reading_key(self, work: Work) -> str:
        paper, made_by = work.paper, self._tools.explainer.made_by
        return reading_key(work.keys.get("extract", ""), paper.title, paper.abstract, made_by)

    def _illustrate(self) -> None:
        """Cut out the figures that the post may show."""
        cut = self._tools.cut
        if cut is not None and self._config.figures != "off":
            for number, work in enumerate(self.works):
                entry = Entry(work.paper, self._text(number), None, None)
                cut_figures([entry], self._config, cut)

    def _do(self, stage: str, jobs: Iterable[_Job[Record]], papers: int, at_once: int) -> None:
        """A stage of every paper: what the post shows, else what the store has, else made now.

        Several are made together; they are kept in the order of the post, and what is not kept yet
        is lost when the run is killed: so they do not run far ahead.
        """
        under_way: deque[tuple[_Job[Record], Future[_Attempt[Record]]]] = deque()
        done = 0
        with _Threads(at_once) as threads:
            for job in jobs:
                self._progress(stage, job.work.paper.title, done, papers)
                done += 1
                if self._is_reused(job.work, stage, job.key):
                    self._allowance.passed(stage)
                    continue
                make = job.prepared()
                under_way.append((job, threads.submit(self._attempt, stage, make)))
                while len(under_way) > threads.ahead:
                    self._finish(stage, *under_way.popleft())
            while under_way:
                self._finish(stage, *under_way.popleft())
        self._progress(stage, "", papers, papers)

    def _finish(self, stage: str, job: _Job[Record], future: Future[_Attempt[Record]]) -> None:
        self._settle(stage, job.work, job.key, future.result())
        self._drain()

    def _attempt(self, stage: str, make: Callable[[], Record]) -> _Attempt[Record]:
        """Do a paper's work; a failure is data.

        This is the only place that may catch ``Exception``.
        """
        started = time.monotonic()
        try:
            with self._allowance.paper(stage):
                record = make()
                to_json(record)  # what cannot be written down is this paper's failure as well
        except Exception as exc:  # noqa: BLE001 one paper's failure is data, not the run's end
            return _Attempt(None, exc, time.monotonic() - started)
        return _Attempt(record, None, time.monotonic() - started)

    # ------------------------------------------------------------ what became of it

    def _is_reused(self, work: Work, stage: str, key: str) -> bool:
        """Whether a paper's stage is done: what the post shows, else what the store has."""
        shown = self._shown(work, stage)
        self._look_up([each for each in (shown, key) if each])
        for each in (shown, key):
            if each and self._known[each]:
                work.keys[stage] = each
                self._outcomes.append((work, Outcome(work.paper.id, stage, "reused")))
                return True
        return False

    def _look_up(self, keys: Sequence[str]) -> None:
        """Ask the store which of these it has, once."""
        unasked = [key for key in keys if key not in self._known]
        if unasked:
            found = self._store.known(unasked)
            self._known |= {key: key in found for key in unasked}

    def _shown(self, work: Work, stage: str) -> str | None:
        """The key of what the post shows, where it was made from what the paper is now.

        A published post is history: another model does not change it. But a reading of the abstract
        is outdated once the PDF can be read, and a translation once the abstract was corrected.
        """
        old = work.published
        if old is None or self._post.redo:
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

    def _settle(self, stage: str, work: Work, key: str, attempt: _Attempt[Record]) -> Record | None:
        """Keep what was made; a failure is recorded and costs this paper this stage."""
        if attempt.failure is not None or attempt.record is None:
            failure = attempt.failure or DigestError(f"{stage} made nothing")
            self._fail(work, stage, failure, attempt.seconds)
            if work.published is not None and (self._post.redo or isinstance(failure, OutOfTime)):
                work.keep(stage)
            return None
        outcome = Outcome(work.paper.id, stage, "done", seconds=attempt.seconds)
        self._store.put_result(key, outcome, attempt.record)
        self._known[key] = True
        self._outcomes.append((work, outcome))
        work.keys[stage] = key
        return attempt.record

    def _fail(self, work: Work, stage: str, exc: Exception, seconds: float) -> None:
        error = exc.message if isinstance(exc, DigestError) else f"{type(exc).__name__}: {exc}"
        hint = (exc.hint or "") if isinstance(exc, DigestError) else ""
        outcome = Outcome(work.paper.id, stage, _status_of(exc), error, hint, seconds)
        trace = "" if isinstance(exc, OutOfTime) else "".join(traceback.format_exception(exc))
        self._store.put_failure(outcome, trace)
        self._outcomes.append((work, outcome))
        work.went_wrong(SKIPPED if isinstance(exc, OutOfTime) else stage)


class _Threads:
    """As many threads as work goes on in together; one is the caller's own."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, "paper") if at_once > 1 else None
        self.ahead = 2 * at_once if at_once > 1 else 0

    def __enter__(self) -> _Threads:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(
        self, call: Callable[..., _Attempt[Record]], *arguments: object
    ) -> Future[_Attempt[Record]]:
        if self._pool is not None:
            return self._pool.submit(call, *arguments)
        done: Future[_Attempt[Record]] = Future()
        done.set_result(call(*arguments))
        return done


def _status_of(exc: Exception) -> OutcomeStatus:
    if isinstance(exc, OutOfTime):
        return "skipped"
    return "absent" if isinstance(exc, PaperWithdrawn) else "failed"


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
