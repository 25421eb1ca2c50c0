"""arXiv's announcement feed, RSS 2.0 or Atom: one day's batch with announce types and licences.

Made by https://github.com/arXiv/arxiv-feed, whose code explains what is odd about it:

- The date is the day on which the feed was built, not that of what it shows.
- Every type is told from the categories that were asked for together: "new" where one of them is
  the primary one. A paper that was announced twice that day comes once.
- At most 2,000 papers, and no replacement from version 6 on.
- Days without an announcement have a feed without papers.
- An error is a feed too, titled "Feed error for query".

Known here, beyond the query API: announce type and licence. Not known: when a paper was submitted,
and its comments. Affiliations, which some authors have in brackets, are left out.
"""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

import feedparser

from digest.errors import FetchError
from digest.records import Announcement, AnnounceType, ArxivId, Paper
from digest.sources.accents import letters
from digest.sources.http import Answer
from digest.sources.text import joined, known

LIMIT = 2000
_EASTERN = ZoneInfo("America/New_York")
_PRECEDENCE: tuple[AnnounceType, ...] = get_args(AnnounceType)
_INTRODUCTION = re.compile(r"arXiv:\S+ Announce Type: [a-z-]+\s*(?:Abstract:\s*)?")


@dataclass(frozen=True, slots=True)
class FeedDay:
    """What one answer shows. ``items`` has every item, in the feed's order.

    ``batch``: the feed's date as a listing date (YYYY-MM-DD, US Eastern), which is what each
    item's announcement says; it is the day of building, and not to be believed unchecked.
    ``is_capped``: the feed's limit was reached, so that papers may be missing.
    """

    batch: str
    items: tuple[Paper, ...]
    is_capped: bool = False


def parse_feed(body: bytes) -> FeedDay:
    """Read a feed of either kind.

    Raises:
        FetchError: No feed, a damaged one, or one that reports an error.
    """
    feed = parse_xml(body, "the announcement feed")
    head = feed.feed
    title = head.get("title", "")
    if title.startswith("Feed error"):
        reason = joined(head.get("subtitle", "")) or title
        hint = "check the categories in digest.toml"
        raise FetchError(f"arXiv's feed reports an error: {reason}", hint, retryable=False)
    if " updates on arXiv.org" not in title:
        raise FetchError(f"not an announcement feed: its title is {title[:80]!r}")
    built = head.get("published_parsed") or head.get("updated_parsed")
    batch = utc(built).astimezone(_EASTERN).date().isoformat() if built else ""
    items = tuple(_paper(entry, batch) for entry in feed.entries)
    return FeedDay(batch, items, len(items) >= LIMIT)


def check_feed(answer: Answer) -> None:
    """Refuse what is no whole feed.

    Raises:
        FetchError: As ``parse_feed`` does.
    """
    parse_feed(answer.body)


def parse_xml(body: bytes, what: str) -> Any:
    """A feed as feedparser reads it, once it is known to be whole.

    Raises:
        FetchError: The body is no feed (``Rate exceeded.``, HTML), or its end is missing.
    """
    start = body[:200].decode("utf-8", "replace").strip()
    if "rate exceeded" in start.lower():
        raise FetchError(f"{what} was refused: {start[:60]}", "the pace is too fast; wait")
    if re.match(r"(<!doctype html|<html)", start, re.IGNORECASE):
        raise FetchError(f"{what} came as an HTML page")
    # As text, not as HTML: feedparser's cleaning would take "p<0.05" for a tag.
    # From a stream: a body that looks like an address or a file's name would be opened.
    stream = io.BytesIO(body)
    feed = feedparser.parse(stream, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version"):
        raise FetchError(f"{what} is no feed: it starts with {start[:60]!r}")
    # feedparser mends what is cut off and says so (bozo); it also says so of trifles.
    ends = (b"</rss>", b"</feed>")
    expected = len(re.findall(rb"<(?:item|entry)[\s>]", body))
    if not body.rstrip().endswith(ends) or len(feed.entries) != expected:
        raise FetchError(f"{what} is cut off after {len(feed.entries)} papers")
    return feed


def utc(parsed: time.struct_time) -> datetime:
    """Feedparser's ``*_parsed`` tuple, which is in UTC whatever the machine's zone."""
    return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)


def strongest(papers: Iterable[Paper]) -> list[Paper]:
    """One item for each paper: of several, that with the announcement that comes first in
    new, cross, replace, replace-cross. Papers keep the order of their first item."""
    best: dict[str, Paper] = {}
    for paper in papers:
        base = cast(ArxivId, paper.id).base
        if base not in best or _precedence(paper) < _precedence(best[base]):
            best[base] = paper
    return list(best.values())


def _precedence(paper: Paper) -> int:
    return precedence(paper.announced.type) if paper.announced else len(_PRECEDENCE)


def precedence(kind: AnnounceType) -> int:
    """0 for new, then cross, replace, replace-cross."""
    return _PRECEDENCE.index(kind)


def _paper(entry: Any, batch: str) -> Paper:
    kind = entry.get("arxiv_announce_type", "")
    summary = entry.get("summary", "")
    return Paper(
        id=_identifier(entry, summary),
        title=joined(entry.get("title", "")),
        authors=_authors(entry.get("author", "")),
        abstract=joined(_INTRODUCTION.sub("", summary, count=1)),
        categories=tuple(tag.term for tag in entry.get("tags", [])),
        announced=Announcement(batch, kind) if kind in _PRECEDENCE and batch else None,
        licence=known(entry.get("rights")),
        journal_ref=known(entry.get("arxiv_journal_reference")),
        doi=known(entry.get("arxiv_doi")),
    )


def _identifier(entry: Any, summary: str) -> ArxivId:
    """The id with its version: from the guid, the abstract's first words, or the link.

    Raises:
        FetchError: The item names no paper.
    """
    for text in (entry.get("id", ""), summary.partition(" Announce")[0], entry.get("link", "")):
        try:
            return ArxivId.parse(text.removeprefix("oai:arXiv.org:"))
        except ValueError:
            continue
    raise FetchError(f"the announcement feed has an item without an id: {entry.get('id')!r}")


def _authors(text: str) -> tuple[str, ...]:
    """Names from ``A. Author (Lab, Town), B. Author``: commas in brackets divide nothing."""
    while (bare := re.sub(r"\s*\([^()]*\)", "", text)) != text:
        text = bare
    names = (letters(joined(name)) for name in bare.split(","))
    return tuple(name for name in names if name)
