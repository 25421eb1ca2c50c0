"""A day as JSON, for a lab's own scripts: everything that its post says, with the evidence.

The records below are the schema, version ``SCHEMA``: a key is added without notice, but none is
renamed, removed or given another meaning without a new version. Keys stand in the order of the
fields; text is as it was made, without any markup's escapes. Absent is null or an empty string.
Texts that a PDF hides, and those that speak to models, are counted and placed but not given: the
next model that reads the file would read them as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Coverage,
    Document,
    Dropped,
    MadeBy,
    Translation,
    to_builtins,
    to_json,
)
from digest.render.blocks import abs_url, pdf_url
from digest.render.entry import Entry, coverage, paper_file
from digest.render.head import Heading
from digest.render.notes import notes

SCHEMA = "arxiv-digest-day/1"


@dataclass(frozen=True, slots=True)
class ReadingJson:
    """A reading. ``text_used``: full, abstract or none; claims as in ``digest explain --json``."""

    text_used: str
    problem: tuple[Claim, ...]
    method: tuple[Claim, ...]
    results: tuple[Claim, ...]
    dropped: tuple[Dropped, ...]
    made_by: MadeBy


@dataclass(frozen=True, slots=True)
class PdfJson:
    """What was found in a PDF. ``hidden`` and ``instructions``: ``{"page", "reason"}`` of each."""

    sha256: str
    pages: int
    language: str
    text_quality: str
    hidden: tuple[Mapping[str, Any], ...]
    instructions: tuple[Mapping[str, Any], ...]
    made_by: MadeBy


@dataclass(frozen=True, slots=True)
class PaperJson:
    """A paper of the day.

    ``id``: with its version, ``base``: without. ``mark``: new, late or cross. ``pdf_url``: of a
    paper that is not from arXiv, relative to the file. ``pdf_file``: its name in papers/.
    ``errors``: stages that failed. ``notes``: what the post warns of, in Chinese.
    """

    id: str
    base: str
    version: int | None
    title: str
    translated_title: str
    authors: tuple[str, ...]
    abstract: str
    translation: Translation | None
    categories: tuple[str, ...]
    submitted: str
    updated: str
    licence: str
    comments: str
    journal_ref: str
    doi: str
    abs_url: str
    pdf_url: str
    pdf_file: str
    mark: str
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    pdf: PdfJson | None
    reading: ReadingJson | None


@dataclass(frozen=True, slots=True)
class DayJson:
    """A day. ``coverage``: what arXiv announced, null for a folder's; ``totals``: of the post."""

    schema: str
    date: str
    title: str
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    coverage: Coverage | None
    totals: Mapping[str, int]
    papers: tuple[PaperJson, ...]


def daily(heading: Heading, entries: Sequence[Entry]) -> bytes:
    """The day's file, indented for people."""
    packed = to_json(day_json(heading, entries))
    return msgspec.json.format(packed, indent=1) + b"\n"


def day_json(heading: Heading, entries: Sequence[Entry]) -> DayJson:
    """The day as its record."""
    return DayJson(
        SCHEMA,
        heading.date,
        heading.title,
        heading.categories,
        heading.sources,
        heading.coverage,
        coverage(entries),
        tuple(paper_json(entry) for entry in entries),
    )


def paper_json(entry: Entry) -> PaperJson:
    """A paper as its record."""
    paper = entry.paper
    return PaperJson(
        id=str(paper.id),
        base=paper.id.base,
        version=paper.id.version if isinstance(paper.id, ArxivId) else None,
        title=paper.title,
        translated_title=entry.translation.title if entry.translation is not None else "",
        authors=paper.authors,
        abstract=paper.abstract,
        translation=entry.translation,
        categories=paper.categories,
        submitted=paper.submitted_at.isoformat() if paper.submitted_at is not None else "",
        updated=paper.updated_at.isoformat() if paper.updated_at is not None else "",
        licence=paper.licence or "",
        comments=paper.comments or "",
        journal_ref=paper.journal_ref or "",
        doi=paper.doi or "",
        abs_url=abs_url(paper.id),
        pdf_url=pdf_url(paper.id, "../papers"),
        pdf_file=paper_file(paper.id),
        mark=entry.mark,
        errors=entry.errors,
        notes=tuple(notes(entry)),
        pdf=None if entry.document is None else _pdf(entry.document),
        reading=None if entry.breakdown is None else _reading(entry.breakdown),
    )


def _pdf(document: Document) -> PdfJson:
    return PdfJson(
        document.pdf_sha256,
        document.pages,
        document.language,
        document.text_quality,
        tuple({"page": text.page, "reason": text.reason} for text in document.hidden),
        tuple(
            {"page": text.page, "reason": "hidden" if text.hidden else "visible"}
            for text in document.instructions
        ),
        document.made_by,
    )


def _reading(breakdown: Breakdown) -> ReadingJson:
    return ReadingJson(
        breakdown.text_used,
        breakdown.problem,
        breakdown.method,
        breakdown.results,
        breakdown.dropped,
        breakdown.made_by,
    )


def as_builtins(record: DayJson | PaperJson) -> Any:
    """The same as dicts and lists, for ``--json``."""
    return to_builtins(record)
