"""A claim beside its evidence: what is marked in both, and what must be found on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from digest.records import DOUBTED, ORIGINAL, Box, Breakdown, Claim, Document, Evidence
from digest.site.text import Span, html
from digest.words.numbers import backed_numbers


@dataclass(frozen=True, slots=True)
class Quote:
    """What a claim cites. ``numbers``: those as printed in it which the claim has, too.

    ``key`` names it within the paper; ``parts``: its text in pieces, and which of them are such
    numbers; ``boxes``: roughly where it stands, none for the abstract.
    """

    key: str
    evidence: Evidence
    parts: tuple[tuple[str, bool], ...]
    numbers: tuple[str, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim as the page shows it; ``children`` are the bullets under a heading."""

    key: str
    label: Markup
    html: Markup
    state: str
    doubted: bool
    quotes: tuple[Quote, ...]
    children: tuple[Shown, ...] = ()

    @property
    def pages(self) -> list[int]:
        """Where it is from, each page once; 0 is the abstract."""
        return sorted({quote.evidence.page for quote in self.quotes})


class Places:
    """Where in a document its sentences, rows and captions stand."""

    def __init__(self, document: Document | None) -> None:
        self._boxes: dict[tuple[str, str], tuple[Box, ...]] = {}
        if document is None:
            return
        self._boxes |= {("sentence", s.id): s.boxes for s in document.sentences}
        for table in document.tables:
            self._boxes |= {("row", r.id): (r.box,) for r in table.rows if r.box is not None}

    def of(self, evidence: Evidence) -> tuple[Box, ...]:
        """Its boxes; none where they are not known."""
        return self._boxes.get((evidence.kind, evidence.id), ())


def parts(
    reading: Breakdown, places: Places, script: Callable[[str], str] = str
) -> list[list[Shown]]:
    """Problem, method and results, each claim with a key of its own.

    ``script``: puts our Chinese into the characters that the lab reads.
    """
    keys = (f"c{number}" for number in range(1, 10_000))
    return [
        [_shown(_written(claim, script), keys, places) for claim in part]
        for part in (reading.problem, reading.method, reading.results)
    ]


def _written(claim: Claim, script: Callable[[str], str]) -> Claim:
    children = tuple(_written(child, script) for child in claim.children)
    return replace(claim, label=script(claim.label), text=script(claim.text), children=children)


def _shown(claim: Claim, keys: Iterator[str], places: Places) -> Shown:
    key = next(keys)
    spans, quotes = _marked(claim, key, places)
    return Shown(
        key,
        html(claim.label),
        html(claim.text, spans),
        "original" if claim.how == ORIGINAL else claim.state,
        claim.support is not None and claim.support < DOUBTED,
        quotes,
        tuple(_shown(child, keys, places) for child in claim.children),
    )


def _marked(claim: Claim, key: str, places: Places) -> tuple[list[Span], tuple[Quote, ...]]:
    """The claim's checked numbers, and its quotes with theirs marked."""
    spans: set[Span] = set()
    quotes = []
    for place, evidence in enumerate(claim.evidence):
        pairs = backed_numbers(evidence.quote, claim.text)
        spans |= {(number.start, number.end) for _, number in pairs}
        held = {(held.start, held.end): held.text for held, _ in pairs}
        marked = _apart(held)
        numbers = tuple(dict.fromkeys(held[span] for span in marked))
        cut = _pieces(evidence.quote, marked)
        quotes.append(Quote(f"{key}.{place}", evidence, cut, numbers, places.of(evidence)))
    return _apart(spans), tuple(quotes)


def _pieces(text: str, marked: Sequence[Span]) -> tuple[tuple[str, bool], ...]:
    found, at = [], 0
    for start, end in marked:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return tuple((piece, mark) for piece, mark in (*found, (text[at:], False)) if piece)


def _apart(spans: Sequence[Span] | set[Span] | dict[Span, str]) -> list[Span]:
    """In their order, without those that begin inside another."""
    found: list[Span] = []
    for span in sorted(spans):
        if not found or span[0] >= found[-1][1]:
            found.append(span)
    return found
