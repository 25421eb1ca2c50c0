"""Posts that are there as files and that the store knows nothing of, entered into it again.

After a restore, posts/DATE.json holds everything that a newer post says: its papers, translations
and readings go back under the keys that they were made under, so that a run finds them done. Only
the text of the PDFs is not in there; the next run reads them again. What cannot be entered is
said: a post without its JSON file, and one from a date to come, which a wrong clock made.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import msgspec

from digest.config import Config
from digest.publish import post_name
from digest.records import (
    ArxivId,
    Breakdown,
    Coverage,
    Mark,
    Outcome,
    Paper,
    PaperId,
    Placement,
    Role,
    TextUsed,
    from_json,
)
from digest.render.daily import SCHEMA, DayJson, PaperJson
from digest.store import Store
from digest.store.keys import document_key, reading_key, translation_key
from digest.store.ledger import Ledger
from digest.store.posts import PostHeading, PostItem

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reentry:
    """``posts``: the dates that were entered again. ``unknown``: post files that were not."""

    posts: tuple[str, ...] = ()
    unknown: tuple[Path, ...] = ()

    def lines(self) -> list[str]:
        """What to say of it."""
        said = []
        if self.posts:
            dates = ", ".join(self.posts)
            said.append(f"entered again from their JSON files: the posts of {dates}")
        for path in self.unknown:
            said.append(f"{path} is kept, but its papers may be carried again by a later post")
        return said


def enter_again(config: Config, store: Store) -> Reentry:
    """Enter the posts of posts/ that the store lacks; safe to do again."""
    known = {date for date, _, _ in store.post_dates()}
    today = store.database.now().date()
    newest = (today + timedelta(days=1)).isoformat()
    mended_since = (today - timedelta(days=config.retry_days)).isoformat()
    entered, unknown = [], []
    for date in sorted(_dates(config.posts) - known):
        day = _read(config.posts / f"{date}.json", date) if date <= newest else None
        if day is None:
            unknown.append(config.posts / post_name(date))
            continue
        _enter(day, store, is_mended=date >= mended_since)
        entered.append(date)
    return Reentry(tuple(entered), tuple(unknown))


def _dates(posts: Path) -> set[str]:
    """Of the posts that are there as files."""
    named = {path.name.removesuffix(post_name("")) for path in posts.glob(f"*{post_name('')}")}
    named |= {path.stem for path in posts.glob("*.json")}
    return {name for name in named if _is_date(name)}


def _is_date(text: str) -> bool:
    try:
        return Date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _read(path: Path, date: str) -> DayJson | None:
    """A day's file; None where it is missing, damaged or of another version."""
    try:
        day = from_json(path.read_bytes(), DayJson)
        for known in day.papers:
            _paper(known)  # an id or a time may be none
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, ValueError) as exc:
        log.warning("%s cannot be read: %s", path, exc)
        return None
    return day if day.schema == SCHEMA and day.date == date else None


def _enter(day: DayJson, store: Store, is_mended: bool) -> None:
    """A day's papers, what was made of them, its post and what the ledger shall know of it."""
    papers = [(_paper(known), known.pdf.sha256 if known.pdf else "") for known in day.papers]
    with store.database.held_open():
        store.put_papers(papers, ", ".join(day.sources))
        for known in day.papers:
            _enter_results(known, store)
        heading = PostHeading(day.title, day.categories, day.sources, day.coverage)
        items = [_item(known, is_mended) for known in day.papers]
        store.put_post(day.date, heading, items, list(_placements(day, store)))


def _paper(known: PaperJson) -> Paper:
    return Paper(
        PaperId.parse(known.id),
        known.title,
        known.authors,
        known.abstract,
        known.categories,
        _time(known.submitted),
        _time(known.updated),
        licence=known.licence or None,
        comments=known.comments or None,
        journal_ref=known.journal_ref or None,
        doi=known.doi or None,
    )


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _item(known: PaperJson, is_mended: bool) -> PostItem:
    """A paper's place. Its document is not there: in a post that runs still mend, that counts as a
    failure, so that the next run reads the PDF again.
    """
    lost = ("extract",) if is_mended and known.pdf and "extract" not in known.errors else ()
    return PostItem(
        _paper(known),
        known.pdf.sha256 if known.pdf else "",
        _document_key(known),
        _translation_key(known),
        _breakdown_key(known),
        (*known.errors, *lost),
        cast(Mark, known.mark),
    )


# ---------------------------------------------------------------- results, as pipeline keys them


def _document_key(known: PaperJson) -> str | None:
    return document_key(known.pdf.sha256, known.pdf.made_by) if known.pdf else None


def _translation_key(known: PaperJson) -> str | None:
    made = known.translation
    if made is None:
        return None
    return translation_key(known.abstract, known.title if made.title else "", made.made_by)


def _breakdown_key(known: PaperJson) -> str | None:
    if known.reading is None:
        return None
    text = _document_key(known) or ""
    return reading_key(text, known.title, known.abstract, known.reading.made_by)


def _enter_results(known: PaperJson, store: Store) -> None:
    paper = PaperId.parse(known.id)
    translated, read = _translation_key(known), _breakdown_key(known)
    if translated is not None:
        store.put_result(translated, Outcome(paper, "translate", "done"), known.translation)
    if read is not None and known.reading is not None:
        reading = known.reading
        breakdown = Breakdown(
            reading.problem,
            reading.method,
            reading.results,
            cast(TextUsed, reading.text_used),
            reading.dropped,
            reading.made_by,
        )
        store.put_result(read, Outcome(paper, "explain", "done"), breakdown)


# ---------------------------------------------------------------- the ledger


def _placements(day: DayJson, store: Store) -> list[Placement]:
    """What the post made of the papers that arXiv announced: carried, left out, updated."""
    if day.coverage is None:
        return []
    named = [(PaperId.parse(known.id), known) for known in day.papers]
    placements = [
        _placed(day.date, paper, cast(Mark, known.mark), known.title)
        for paper, known in named
        if isinstance(paper, ArxivId)
    ]
    for left in day.coverage.left_out:
        placements.append(_placed(day.date, left.paper, "left-out", left.title, left.reason))
    batches = _batches(placements, day.coverage, store)
    placements = [replace(each, batch=batches[each.base]) for each in placements]
    for new in day.coverage.updates:
        placements.append(_placed(day.date, new.paper, "update", new.title, new.date))
    return placements


def _placed(date: str, paper: PaperId, role: Role, title: str, reason: str = "") -> Placement:
    version = paper.version if isinstance(paper, ArxivId) else None
    return Placement(paper.base, version or 0, role, date, title, reason)


def _batches(placements: Sequence[Placement], coverage: Coverage, store: Store) -> dict[str, str]:
    """The batch of each paper: as its feed said, where that was kept; else the post's newest."""
    newest = max(coverage.batches, default="")
    bases = [placement.base for placement in placements]
    batches = dict.fromkeys(bases, newest)
    for base, sightings in Ledger(store.database).of_papers(bases).items():
        named = [s.paper.announced.batch for s in sightings if s.paper.announced is not None]
        told = [batch for batch in named if batch in coverage.batches]
        batches[base] = min(told, default=newest)
    return batches
