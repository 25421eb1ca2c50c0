"""One day, top to bottom.

Papers arrive from a source; their text is extracted, their abstracts are translated, a reading of
each is written (``making``), and all of it becomes one post. Every finished piece of work is kept
at once under a key made of its content and of what made it: a run that is killed anywhere and
started again goes on from there and ends with the same post.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from digest import files
from digest.allowance import Allowance
from digest.config import Config
from digest.errors import DigestError
from digest.forgotten import not_forgotten
from digest.illustrate import Cut, cut_figures, illustrated
from digest.making import Making, Places, Post, Work, completed
from digest.publish import Published, post_name, publish
from digest.records import Breakdown, Coverage, Document, Outcome, Translation
from digest.render.post import Entry, Heading, Style, coverage, post
from digest.render.trial import trial
from digest.sources import Delivery, Source
from digest.stages import Progress, Tools, no_progress
from digest.store import Store
from digest.store.posts import PostHeading, PostItem

__all__ = [
    "Allowance",
    "Day",
    "Progress",
    "Report",
    "Tools",
    "completed",
    "content",
    "finish_posts",
    "no_progress",
    "post_text",
    "publishing",
    "render_day",
    "run_day",
    "style_of",
]

PUBLISHING_WAIT_S = 120.0
"""For another process's post, feed and week: seconds, also of a slow machine."""


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

    @property
    def skipped(self) -> list[Outcome]:
        """What there was no time for in this run."""
        return [outcome for outcome in self.outcomes if outcome.status == "skipped"]


def run_day(
    day: Day,
    config: Config,
    store: Store,
    tools: Tools,
    progress: Progress = no_progress,
    allowance: Allowance | None = None,
) -> Report:
    """Make, or complete, one day's post. The caller is alone at work in the home (``running``).

    ``allowance``: what may be taken for it; None for as much as it takes.

    Raises:
        ConfigError: A template of the lab's is wrong; found before the work, not after it.
        SourceError: The source cannot be read or is empty.
        StoreError: The home cannot be written.
    """
    trial(style_of(config), "weekly" in config.outputs)
    delivery = day.source.deliver(day.date)
    if isinstance(delivery.arrivals, Sequence):  # arXiv's are not even in the ledger
        remembered = not_forgotten(delivery.arrivals, store)
        delivery = replace(delivery, arrivals=remembered)
    allowed = allowance or Allowance(time.monotonic)
    allowed.spent = tools.meter
    made = Post(day.date, day.source.name, day.redo)
    making = Making(made, config, store, tools, progress, allowed)
    with store.database.lingering():
        works = making.make(delivery)
    with publishing(config), store.database.held_open():
        return _publish(day, config, store, making.outcomes, delivery, works)


def _publish(
    day: Day,
    config: Config,
    store: Store,
    outcomes: Sequence[Outcome],
    delivery: Delivery,
    works: Sequence[Work],
) -> Report:
    """The post, in the store and in its file."""
    store.settle([outcome for outcome in outcomes if outcome.status == "reused"])
    items = _joined(store.post_items(day.date), [work.item() for work in works])
    unread, done = tuple(map(str, delivery.unread)), tuple(outcomes)
    if not items and not delivery.placements:
        nothing = coverage([])
        return Report(day.date, None, "nothing", 0, nothing, done, unread, delivery.seen)
    heading = _heading(day, config, store, delivery.coverage)
    store.put_post(day.date, heading, items, delivery.placements)
    shown, entries = content(day.date, config, store)
    published = publish(store, config.posts, day.date, _text(shown, entries, config))
    return Report(
        day.date,
        published.path,
        published.status,
        len(items),
        coverage(entries),
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
    if cut is not None and config.figures != "off":
        cut_figures(content(date, config, store)[1], config, cut)
    with publishing(config), store.database.lingering():
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
    return _text(*content(date, config, store), config)


def _text(heading: Heading, entries: Sequence[Entry], config: Config) -> str:
    return post(heading, illustrated(entries, config), style_of(config))


def style_of(config: Config) -> Style:
    """How posts are written."""
    return Style(config.post_format, config.templates)


def content(
    date: str, config: Config, store: Store, texts: bool = False
) -> tuple[Heading, list[Entry]]:
    """What a date's post says, whatever form it is given: a post, pages, a feed, a mail.

    Args:
        date: Which post.
        config: For the home.
        store: Holds what it says.
        texts: With what the papers say; without it their documents tell the rest of themselves:
            the texts of a thousand papers fill a gigabyte.

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
    whole = texts or config.figures != "off"  # which figure shows the method, the text tells
    with store.database.lingering():
        entries = list(_entries(store.post_items(date), store, whole))
        for position, at in store.renewals(date).items():
            entries[position] = replace(entries[position], renewed_at=at)
    return shown, entries


def _entries(items: Sequence[PostItem], store: Store, texts: bool) -> Iterator[Entry]:
    for start in range(0, len(items), _TOGETHER):
        some = items[start : start + _TOGETHER]
        documents = store.results([i.document_key for i in some if i.document_key], Document)
        translations = store.results(
            [i.translation_key for i in some if i.translation_key], Translation
        )
        breakdowns = store.results([i.breakdown_key for i in some if i.breakdown_key], Breakdown)
        for item in some:
            document = documents.get(item.document_key or "")
            yield Entry(
                item.paper,
                document if texts or document is None else _without_text(document),
                translations.get(item.translation_key or ""),
                breakdowns.get(item.breakdown_key or ""),
                item.errors,
                item.mark,
            )


_TOGETHER = 16
"""Papers that are taken out of the store in one go."""


def _without_text(document: Document) -> Document:
    return replace(document, sentences=(), tables=(), asides=(), figures=())


def _joined(old: Sequence[PostItem], new: Sequence[PostItem]) -> list[PostItem]:
    """The post's papers in their old order, renewed, then those that join it. None is lost."""
    coming = Places(new)
    kept = [coming.find(item.paper.id, item.pdf_sha256) or item for item in old]
    taken = {id(item) for item in kept}
    return [*kept, *(item for item in new if id(item) not in taken)]
