"""One day and its papers as what the templates show, and what the day leaves for the lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from digest.records import ArxivId, Breakdown, Paper, leaves
from digest.render.blocks import script
from digest.render.entry import Entry, coverage, paper_file
from digest.render.head import Heading, mark, span
from digest.render.licences import licence_of
from digest.render.notes import notes
from digest.site.claim import Places, Quote, Shown, parts
from digest.site.text import html

PdfUrl = Callable[[Paper], str]
"""Where a paper's PDF is, from a page of its day; "" where there is none to link to."""

MOST_TEASERS = 2
"""Findings of a paper that the day's page shows."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paper in a list. ``url`` is from the site's root; ``claims``: how many it has."""

    id: str
    url: str
    title: str
    translated_title: str
    categories: tuple[str, ...]
    claims: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a day leaves behind: ``fingerprint`` of what it was made from, a line for each paper.

    ``lacking``: papers (stems) whose pictures could not be drawn, and why: "pdf" (it is not here),
    "other pdf" (than the one that was read) or "drawing".
    """

    date: str
    fingerprint: str
    papers: tuple[Line, ...]
    lacking: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaperPage:
    """A paper as its page shows it. ``parts``: problem, method, results; none without a reading."""

    entry: Entry
    stem: str
    parts: list[list[Shown]]

    @property
    def quotes(self) -> list[Quote]:
        """Everything that the reading cites."""
        claims = [
            leaf for part in self.parts for claim in part for leaf in claim.children or [claim]
        ]
        return [quote for claim in claims for quote in claim.quotes]


def paper_page(entry: Entry) -> PaperPage:
    """The page of a paper."""
    reading = entry.breakdown
    unread = reading is None or reading.text_used == "none"
    if reading is None or unread:
        return PaperPage(entry, stem(entry.paper), [])
    shown = parts(reading, Places(entry.document), script([entry]))
    return PaperPage(entry, stem(entry.paper), shown)


def stem(paper: Paper) -> str:
    """The name of a paper's page and of its folder of pictures."""
    return paper_file(paper.id).removesuffix(".pdf")


def line(date: str, page: PaperPage) -> Line:
    """A paper as lists show it."""
    entry = page.entry
    return Line(
        str(entry.paper.id),
        f"{date}/{page.stem}.html",
        title(entry),
        entry.translation.title if entry.translation is not None else "",
        entry.paper.categories,
        0 if entry.breakdown is None else len(leaves(entry.breakdown)),
    )


def title(entry: Entry) -> str:
    """The paper's, or the name of its file."""
    return entry.paper.title or paper_file(entry.paper.id)


def day_view(
    heading: Heading, entries: Sequence[Entry], pages: Sequence[PaperPage], pdf_url: PdfUrl
) -> dict[str, Any]:
    """What the page of a day shows."""
    covered = heading.coverage
    return {
        "title": heading.title,
        "date": heading.date,
        "sources": heading.sources,
        "totals": coverage(entries),
        "span": None if covered is None else span(covered, len(entries)),
        "papers": [paper_view(page, heading, pdf_url) for page in pages],
    }


def paper_view(page: PaperPage, heading: Heading, pdf_url: PdfUrl) -> dict[str, Any]:
    """What the page of a paper shows, and the day's page in part."""
    entry = page.entry
    paper, translation, reading = entry.paper, entry.translation, entry.breakdown
    arxiv = isinstance(paper.id, ArxivId)
    ours = script([entry])
    translated = translation is not None and bool(translation.text)
    return {
        "id": str(paper.id),
        "url": f"{page.stem}.html",
        "plain_title": title(entry),
        "title": html(title(entry)),
        "translated_title": html(translation.title) if translation is not None else Markup(),
        "authors": paper.authors,
        "categories": paper.categories,
        "abs_url": f"https://arxiv.org/abs/{paper.id}" if arxiv else None,
        "pdf_url": pdf_url(paper),
        "licence": licence_of(paper.licence),
        "abstract": html(translation.text) if translation is not None and translated else None,
        "target": translation.target if translation is not None else "zh-Hans",
        "source_abstract": html(paper.abstract),
        "mark": mark(entry, heading),
        "notes": [html(ours(note)) for note in notes(entry)],
        "hidden": bool(entry.document and (entry.document.hidden or entry.document.instructions)),
        "text_used": "none" if reading is None else reading.text_used,
        "claims": 0 if reading is None else len(leaves(reading)),
        "dropped": () if reading is None else [each.reason for each in reading.dropped],
        "parts": page.parts,
        "teasers": teasers(page),
    }


def teasers(page: PaperPage) -> list[Shown]:
    """The first findings, those that needed no quotation before the others."""
    if not page.parts:
        return []
    found = [leaf for claim in page.parts[2] for leaf in (claim.children or (claim,))]
    own = [claim for claim in found if claim.state in ("verified", "repaired")]
    return (own or found)[:MOST_TEASERS]


def searchable(entry: Entry) -> str:
    """Everything of a paper that is looked up by its words, but for its titles."""
    translation: str = entry.translation.text if entry.translation is not None else ""
    texts = [", ".join(entry.paper.authors), entry.paper.abstract, translation]
    return "\n".join(text for text in (*texts, *_said(entry.breakdown)) if text)


def _said(reading: Breakdown | None) -> list[str]:
    if reading is None:
        return []
    claims = leaves(reading)
    quotes = dict.fromkeys(each.quote for claim in claims for each in claim.evidence)
    return [*(claim.text for claim in claims), *quotes]
