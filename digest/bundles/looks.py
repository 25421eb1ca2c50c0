"""``looks.jsonl``: what a bundle says was seen of arXiv, one sighting or one visit a line.

A ledger keeps what it was given, and every later run reads it. So whatever the calendar, the
queries or a post rely on is seen to hold here, on the way in and on the way out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from pathlib import Path

import msgspec

from digest.bundles.manifest import UNTRUSTED
from digest.errors import BundleError
from digest.records import ArxivId, Look, Paper, Sighting, Visit, from_json, to_json

LOOKS = "looks.jsonl"
MAX_LINE_BYTES = 1 << 20
"""Of a sighting: the longest abstracts have some 2,000 characters, author lists of 3,000 names
some 60,000."""

_FIRST = datetime(1980, 1, 1, tzinfo=UTC)
"""arXiv began in August 1991; this leaves room for papers that it dates before that."""
_CLOCKS = timedelta(days=2)
"""How far a time may lie after the export: clocks differ."""
_LISTINGS = timedelta(days=10)
"""How far a listing date may: over holidays it is days after the announcement."""
_MAX_VERSION = 9_999
_MAX_COUNT = 1_000_000
_CATEGORY = re.compile(r"[A-Za-z-]+(?:\.[A-Za-z-]+)?")
_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\(?:u00[01]|[bf])")
"""A control character in JSON, tab and line ends apart: XML 1.0 cannot carry them, so arXiv never
sends one; a terminal would obey some."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line: one of the two."""

    sighting: Sighting | None = None
    visit: Visit | None = None


def lines(look: Look, created_at: datetime) -> Iterator[bytes]:
    """A look as it is carried by a bundle of ``created_at``; what no import takes is left out."""
    for sighting in look.sightings:
        yield from _line(_Entry(sighting=sighting), created_at)
    for visit in look.visits:
        yield from _line(_Entry(visit=visit), created_at)


def _line(entry: _Entry, created_at: datetime) -> Iterator[bytes]:
    try:
        _check(entry, created_at)
    except ValueError as exc:
        log.warning("left out of the bundle: %s", exc)
        return
    kind = {"visit": entry.visit} if entry.visit else {"sighting": entry.sighting}
    yield to_json(kind) + b"\n"


def read_look(file: Path, where: str, created_at: datetime) -> Look:
    """The sightings and visits of a ``looks.jsonl``.

    Args:
        file: It.
        where: Names the bundle in errors.
        created_at: When the bundle says it was made.

    Raises:
        BundleError: A line is not one that an export writes; nothing of it is believed then.
    """
    sightings: list[Sighting] = []
    visits: list[Visit] = []
    with file.open("rb") as read:
        for number, line in enumerate(iter(lambda: read.readline(MAX_LINE_BYTES + 1), b""), 1):
            try:
                entry = _entry(line, created_at)
            except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
                raise BundleError(f"{where}: line {number} of {LOOKS}: {exc}", UNTRUSTED) from exc
            sightings += [entry.sighting] if entry.sighting else []
            visits += [entry.visit] if entry.visit else []
    return Look(tuple(sightings), tuple(visits))


def _entry(line: bytes, created_at: datetime) -> _Entry:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    entry = from_json(line, _Entry)
    if (entry.sighting is None) == (entry.visit is None):
        raise ValueError("not one sighting or one visit")
    _check(entry, created_at)
    return entry


# ---------------------------------------------------------------- what must hold of a line


def _check(entry: _Entry, created_at: datetime) -> None:
    """See that nothing later trips over a line.

    Raises:
        ValueError: Something would; says what.
    """
    if _CONTROL.search(to_json(entry)):
        raise ValueError("a text holds control characters")
    if entry.sighting:
        _check_times(entry.sighting, created_at)
        _check_date(entry.sighting.changed_on, created_at)
        _check_paper(entry.sighting.paper, created_at)
    if entry.visit:
        _check_times(entry.visit, created_at)
        _check_date(entry.visit.batch, created_at)
        _check_visit(entry.visit)


def _check_paper(paper: Paper, created_at: datetime) -> None:
    # The digits of an id could be of any script: \d matches them all.
    if not isinstance(paper.id, ArxivId) or not paper.id.isascii():
        raise ValueError("a sighting of no arXiv paper")
    if (paper.id.version or 1) > _MAX_VERSION:
        raise ValueError(f"{paper.id.base} has no such version")
    if not paper.categories:
        raise ValueError(f"{paper.id} has no category")
    _check_categories(paper.categories)
    _check_times(paper, created_at)
    if paper.announced is not None:
        if not paper.announced.batch:
            raise ValueError(f"{paper.id} is announced without a date")
        _check_date(paper.announced.batch, created_at)


def _check_visit(visit: Visit) -> None:
    _check_categories((visit.category,))
    counts = (visit.shown, visit.new, visit.cross, visit.replaced)
    if not all(0 <= count <= _MAX_COUNT for count in counts):
        raise ValueError(f"a visit that showed {counts} papers")


def _check_categories(categories: tuple[str, ...]) -> None:
    for category in categories:
        if not _CATEGORY.fullmatch(category):
            raise ValueError(f"{category!a} is no category")


def _check_times(record: Sighting | Visit | Paper, created_at: datetime) -> None:
    """All times of a record, whichever it has."""
    for field in fields(record):
        at = getattr(record, field.name)
        if not isinstance(at, datetime):
            continue
        if at.tzinfo is None:
            raise ValueError(f"{field.name} is a time without a zone")
        if at < _FIRST or at - _CLOCKS > created_at:
            raise ValueError(f"{field.name} {at.date()} in a bundle of {created_at.date()}")


def _check_date(text: str, created_at: datetime) -> None:
    """A listing date or the day of a change; an empty one says nothing."""
    if not text:
        return
    day = Date.fromisoformat(text)
    if day.isoformat() != text:  # 20260123 and 2026-W04-5 are dates to Python
        raise ValueError(f"{text!a} is not written as 2026-01-23")
    at = datetime.combine(day, time(0), UTC)
    if at < _FIRST or at - _LISTINGS > created_at:
        raise ValueError(f"the date {text} in a bundle of {created_at.date()}")
