"""How long PDFs are kept: by the age of their newest post, and by what their licence allows.

A licence that lets the paper be passed on as it is counts as free, ND and NC included: a kept PDF
is the whole file, unchanged. arXiv's own licence, an unknown one and none are restricted. What a
post still lacks something of, or what waits for one, is kept. Everything that was read of a PDF is
in the store, so that nothing but the pages to look at is lost with it.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from pathlib import Path
from typing import Literal

from digest import files
from digest.bundles.contents import base_of_pdf
from digest.config import Config
from digest.errors import StoreError
from digest.records import ArxivId, PaperId
from digest.render.entry import paper_file
from digest.render.licences import licence_of
from digest.site.links import PdfLinks
from digest.store import Store
from digest.store.retention import Carried, Seen, carried, had_pdfs, seen

_NO_TRY = {"pdf-withdrawn"}
"""Stages that are not tried again."""
_DAY_S = 86_400
_SITE_WAIT_S = 30.0

Fate = Literal["goes", "kept", "waits", "unknown"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """A PDF that goes. ``date``: of its newest post. ``restricted``: it may not be passed on."""

    file: str
    bytes: int
    date: str
    restricted: bool


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was done, or would be.

    Args:
        removed: PDFs that are gone.
        kept: PDFs that stay because they are young or kept for good.
        waiting: PDFs that a post waits for, or another try.
        unknown: Files in papers/ that no post and no look at arXiv knows; they stay.
        partial: Unfinished files of ours that nobody goes on with; they are gone too.
    """

    removed: tuple[Gone, ...]
    kept: int
    waiting: int
    unknown: tuple[str, ...]
    partial: tuple[str, ...]

    @property
    def freed_bytes(self) -> int:
        """Of the PDFs."""
        return sum(gone.bytes for gone in self.removed)


def prune(config: Config, store: Store, today: str, dry_run: bool = False) -> Pruned:
    """Remove the PDFs that are not kept any longer.

    Args:
        config: ``pdf_days``, ``pdf_days_restricted`` and ``retry_days``.
        store: Knows whose they are.
        today: YYYY-MM-DD.
        dry_run: Only say what would go.

    The caller is alone at work in the home (``running``).

    Raises:
        BusyError: The site is being built, for long.
        StoreError: A file cannot be removed.
    """
    judge = _Judge(config, store, today)
    fates = [(path, *judge.of(path)) for path in sorted(config.papers.glob("*.pdf"))]
    going = [gone for _, fate, gone in fates if fate == "goes" and gone is not None]
    partial = tuple(_abandoned(config))
    if not dry_run:
        _remove(going, partial, config)
    said = [fate for _, fate, _ in fates]
    unknown = tuple(path.name for path, fate, _ in fates if fate == "unknown")
    names = tuple(path.name for path in partial)
    return Pruned(tuple(going), said.count("kept"), said.count("waits"), unknown, names)


def not_here(config: Config, store: Store, since: datetime | None) -> int:
    """How many PDFs of papers first seen since then were here and are not any more."""
    start = since or datetime(1991, 8, 14, tzinfo=UTC)
    papers = had_pdfs(store.database, start.astimezone(UTC).replace(tzinfo=None))
    return sum(not (config.papers / paper_file(PaperId.parse(each))).exists() for each in papers)


class _Judge:
    """Says of each file in papers/ what becomes of it."""

    def __init__(self, config: Config, store: Store, today: str) -> None:
        self._config = config
        self._today = Date.fromisoformat(today)
        with store.database.held_open():
            posts, self._seen = carried(store.database), seen(store.database)
        self._carried = {paper_file(PaperId.parse(each.paper_id)): each for each in posts}

    def of(self, pdf: Path) -> tuple[Fate, Gone | None]:
        post = self._carried.get(pdf.name)
        if post is not None:
            if self._is_tried_again(post):
                return "waits", None
            return self._by_age(pdf, post.date, post.licence)
        sighted = self._seen.get(base_of_pdf(pdf))
        if sighted is None:
            return "unknown", None
        date = sighted.placed or self._given_up(sighted)
        return self._by_age(pdf, date, sighted.licence) if date else ("waits", None)

    def _is_tried_again(self, post: Carried) -> bool:
        oldest = self._today - timedelta(days=self._config.retry_days)
        return bool(set(post.errors) - _NO_TRY) and post.date >= oldest.isoformat()

    def _given_up(self, sighted: Seen) -> str:
        """In a home that only fetches, the day after which it does not count any more."""
        if self._carried:
            return ""
        last = sighted.first_seen_utc + timedelta(days=max(self._config.retry_days, 1))
        return last.date().isoformat() if last.date() < self._today else ""

    def _by_age(self, pdf: Path, date: str, licence: str) -> tuple[Fate, Gone | None]:
        restricted = licence_of(licence) is None
        days = self._config.pdf_days_restricted if restricted else self._config.pdf_days
        age = (self._today - Date.fromisoformat(date)).days
        if days == 0 or age <= days:
            return "kept", None
        return "goes", Gone(pdf.name, pdf.stat().st_size, date, restricted)


def _remove(going: list[Gone], partial: tuple[Path, ...], config: Config) -> None:
    """Links to a PDF first: a process that is killed leaves none that lead nowhere."""
    if not going and not partial:
        return
    try:
        with _alone_at(config.site):
            links = PdfLinks(config.site)
            for gone in going:
                links.unlink(gone.file, _elsewhere(gone.file))
                (config.papers / gone.file).unlink(missing_ok=True)
        for path in partial:
            path.unlink(missing_ok=True)
        files.flush(config.papers)
    except OSError as exc:
        raise StoreError(
            f"{config.papers} cannot be written: {exc.strerror or exc}", "check its permissions"
        ) from exc


def _alone_at(site: Path) -> AbstractContextManager[None]:
    """While nobody builds the site: a page would link to a PDF that goes."""
    return files.held(site / ".lock", _SITE_WAIT_S) if site.exists() else nullcontext()


def _elsewhere(file: str) -> str:
    """Where a paper's PDF is besides here; empty where it is nowhere else."""
    if file.startswith("local-"):
        return ""
    return f"https://arxiv.org/pdf/{ArxivId.parse(file.removesuffix('.pdf').replace('_', '/'))}"


def _abandoned(config: Config) -> Iterator[Path]:
    """Unfinished files that no download goes on with: the whole one is there, or they are old."""
    oldest = time.time() - max(config.retry_days, 1) * _DAY_S
    for path in sorted(config.papers.glob(".*.pdf.partial*")):
        whole = path.with_name(path.name[1:].partition(".partial")[0])
        if (whole.exists() or path.stat().st_mtime < oldest) and not _is_held(path):
            yield path


def _is_held(path: Path) -> bool:
    """Whether another process is filling it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
