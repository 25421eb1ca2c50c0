"""The newest days as an Atom feed (RFC 4287): one entry a paper, as arXiv's own feeds have it.

A feed reader keeps papers apart that way: each can be marked, kept and found by its title. The
same days give the same bytes; no time is taken from a clock. An entry whose paper is read later
than its post was made keeps its id and says when, so that a reader replaces it and does not show
it twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from digest.render.blocks import abs_url, pdf_url, plain, title
from digest.render.entry import Entry
from digest.render.head import Heading
from digest.render.html import paper_html

_IDS = uuid.UUID("5b0f2c0e-7a52-5d0b-9a0c-6a1d3a1f6b57")
"""Chosen at random, once: ids are urn:uuid of version 5 below it."""

Day = tuple[Heading, Sequence[Entry]]


def feed(days: Sequence[Day], papers: str = "../papers") -> bytes:
    """The feed's XML.

    Args:
        days: Newest first, at least one.
        papers: The home's papers/ as seen from the feed's file.

    Raises:
        ValueError: There is no day.
    """
    if not days:
        raise ValueError("a feed without a day has no time of its own")
    newest = days[0][0]
    root = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    root.set("xml:lang", "zh")
    _add(root, "id", _urn("feed", newest.title))
    _add(root, "title", plain(newest.title) or "arXiv")
    _add(root, "updated", _text(_newest_change(days)))
    _add(_add(root, "author"), "name", plain(newest.title) or "arXiv")
    _add(root, "generator", "digest")
    for heading, entries in days:
        for position, entry in enumerate(entries):
            _entry(root, entry, heading, position, papers)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def made_at(heading: Heading) -> datetime:
    """The moment that a post stands for: the end of its window, else the start of its date."""
    if heading.coverage is not None:
        return heading.coverage.window.end_at.astimezone(UTC)
    return datetime.fromisoformat(heading.date).replace(tzinfo=UTC)


def _newest_change(days: Sequence[Day]) -> datetime:
    later = [entry.renewed_at for _, entries in days for entry in entries]
    return max([made_at(days[0][0]), *(at for at in later if at is not None)])


def _entry(
    root: ElementTree.Element, entry: Entry, heading: Heading, position: int, papers: str
) -> None:
    paper = entry.paper
    # Feed readers sort by time: a second between two papers keeps them in the order of the post.
    at = made_at(heading) - timedelta(seconds=position)
    page, pdf = abs_url(paper.id), pdf_url(paper.id, papers)
    element = _add(root, "entry")
    _add(element, "id", _urn(paper.id.base, heading.date))
    _add(element, "title", title(paper))
    _add(element, "updated", _text(max(at, entry.renewed_at or at)))
    _add(element, "published", _text(at))
    for author in filter(None, map(plain, paper.authors)):
        _add(_add(element, "author"), "name", author)
    for category in filter(None, map(plain, paper.categories)):
        _add(element, "category", term=category)
    if page:
        _add(element, "link", rel="alternate", type="text/html", href=page)
    _add(element, "link", rel="related" if page else "alternate", type="application/pdf", href=pdf)
    _add(element, "content", paper_html(entry, heading, papers), type="html")


def _add(
    parent: ElementTree.Element, name: str, content: str | None = None, **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = content
    return child


def _urn(*parts: str) -> str:
    return uuid.uuid5(_IDS, "\n".join(parts)).urn


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
