"""The days that are sent through the renderers: one of nasty texts, and those of a home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest import assembly, config, pipeline
from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Coverage,
    Evidence,
    LeftOut,
    MadeBy,
    Paper,
    TranslatedSentence,
    Translation,
    Update,
    Window,
)
from digest.render.post import Entry, Heading
from tests.nasty import NASTY

_MADE = MadeBy("test", "1")
_WINDOW = Window(
    datetime(2026, 1, 22, 0, 50, tzinfo=UTC),
    datetime(2026, 1, 23, 0, 50, tzinfo=UTC),
    "08:50",
    "Asia/Shanghai",
)
_TITLE = 'A "title" \\ {{ x }} # : - [y] <b>'


@dataclass(frozen=True, slots=True)
class Day:
    """A post to be: what it says, and for each of its sections the texts that must be seen."""

    name: str
    heading: Heading
    entries: tuple[Entry, ...]
    sections: tuple[tuple[str, ...], ...]


def nasty_day() -> Day:
    """Every nasty text as title, author, abstract and reading of a paper, and in the lists."""
    texts = [nasty.text for nasty in NASTY]
    papers = [ArxivId.parse(f"2601.{number:05}v1") for number in range(1, len(texts) + 1)]
    named = list(zip(papers, texts, strict=True))
    coverage = Coverage(
        _WINDOW, "fresh", ("2026-01-23",), len(texts), new=len(texts), cross=0, late=0,
        updates=tuple(Update(paper, text, "2026-01-20") for paper, text in named),
        left_out=tuple(LeftOut(paper, text, "排除规则") for paper, text in named),
        problems=tuple(texts[:3]),
    )  # fmt: skip
    heading = Heading(_TITLE, "2026-01-23", ("arXiv",), ("cs.SD",), coverage)
    entries = tuple(_nasty_entry(paper, text) for paper, text in named)
    lists = (tuple(texts), tuple(texts))
    return Day("nasty", heading, entries, (*map(_texts, entries), *lists))


def _nasty_entry(paper: ArxivId, text: str) -> Entry:
    evidence = (Evidence("sentence", "s1", 2, "q"),)
    child = Claim("", text, evidence, "verified")
    claims = (
        Claim(text, text, evidence, "repaired"),
        Claim("方法", "", (), "quoted", (child,)),
    )
    sentence = TranslatedSentence(text, text, {})
    return Entry(
        Paper(paper, text, (text, "Second Author"), text, ("cs.SD", "eess.AS")),
        None,
        Translation(text, "zh-Hans", text, (sentence,), {}, _MADE, title=text),
        Breakdown(claims, claims, (), "abstract", (), _MADE),
    )


def days_of(home: Path) -> Iterator[Day]:
    """Every post of a home, by what its store holds."""
    settings = config.load({}, {"home": str(home)})
    store = assembly.store(settings)
    for date, _, _ in store.post_dates():
        heading, entries = pipeline.content(date, settings, store)
        sections = [_texts(entry) for entry in entries]
        if heading.coverage is not None and heading.coverage.updates:
            sections.append(tuple(update.title for update in heading.coverage.updates))
        if heading.coverage is not None and heading.coverage.left_out:
            sections.append(tuple(left.title for left in heading.coverage.left_out))
        yield Day(date, heading, tuple(entries), tuple(sections))


def _texts(entry: Entry) -> tuple[str, ...]:
    """What must be seen of a paper."""
    paper, translation, breakdown = entry.paper, entry.translation, entry.breakdown
    texts = [paper.title, ", ".join(paper.authors)]
    texts += [translation.title, translation.text] if translation else [paper.abstract]
    parts = (breakdown.problem, breakdown.method, breakdown.results) if breakdown else ()
    for claim in (claim for part in parts for claim in part):
        texts += [claim.label, claim.text, *(child.text for child in claim.children)]
    return tuple(text for text in texts if text)
