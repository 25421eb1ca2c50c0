"""The same papers through pymupdf4llm, for comparison: headings and order from its Markdown.

Importing it changes PyMuPDF for the whole process, so it lives in a process of its own. It is not
a dependency; ``pip install pymupdf4llm`` brings it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

from digest.confinement import Limits
from digest.errors import DigestError
from digest.evaluate.extract.headings import Score, compare
from digest.evaluate.extract.order import similarity
from digest.evaluate.papers.truth import Truth
from digest.evaluate.report import Part, table
from digest.records import Document
from digest.worker import Worker

_TIMEOUT_S = 900.0
_MARKS = re.compile(r"[*_`]+|<[^>]+>|\[\^?\d+\](?=:)")
_HEADING = re.compile(r"#{1,6}\s+(.*\S)")
_BESIDE = re.compile(r"\||(?:Figure|Table) \d+:")
_PICTURE = re.compile(r"\*\*==>.*?<==\*\*|!\[[^]]*\]\([^)]*\)")


class Markdown:
    """Lives in a worker: a PDF to Markdown, its bookmarks taken away first."""

    def convert(self, path: str) -> tuple[str, int, float]:
        """The Markdown, the number of pages, and processor seconds."""
        import pymupdf
        import pymupdf4llm

        with pymupdf.open(path) as document:
            document.set_toc([])
            started = time.process_time()
            text = pymupdf4llm.to_markdown(document, show_progress=False)
            return str(text), len(document), time.process_time() - started


@dataclass(frozen=True, slots=True)
class Converted:
    """One paper's Markdown and what it took."""

    text: str
    pages: int
    seconds: float

    @property
    def headings(self) -> list[str]:
        """The titles of its headings without marks."""
        found = (_HEADING.match(line) for line in self.text.splitlines())
        return [_MARKS.sub("", match[1]).strip() for match in found if match]

    @property
    def body(self) -> str:
        """The running text from the first heading to the references.

        Its titles, tables, pictures and captions are left out, as they are of our sentences.
        """
        lines: list[str] = []
        begun = False
        for line in self.text.splitlines():
            heading = _HEADING.match(line)
            if heading and _MARKS.sub("", heading[1]).strip().lower().endswith("references"):
                break
            plain = _MARKS.sub("", _PICTURE.sub("", line)).strip()
            begun = begun or heading is not None
            if begun and not heading and not _BESIDE.match(plain):
                lines.append(plain)
        return " ".join(lines)


def installed() -> bool:
    """True where pymupdf4llm can be imported."""
    return find_spec("pymupdf4llm") is not None


def convert_all(pdfs: Sequence[Path]) -> dict[str, Converted]:
    """Stem -> Markdown; papers that it fails on are left out."""
    found: dict[str, Converted] = {}
    limits = Limits(memory_bytes=8 << 30)
    with Worker("digest.evaluate.extract.peer:Markdown", limits=limits) as worker:
        for pdf in pdfs:
            try:
                answer = worker.call("convert", str(pdf), timeout_s=_TIMEOUT_S)
            except DigestError:
                continue
            found[pdf.stem] = Converted(*answer)
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    name: str
    headings: Score
    order: float | None
    pages_per_s: float | None

    def cells(self) -> tuple[str, ...]:
        recall, precision = self.headings.recall, self.headings.precision
        values = (recall, precision, self.order)
        shown = tuple("-" if value is None else f"{value:.3f}" for value in values)
        speed = "-" if self.pages_per_s is None else f"{self.pages_per_s:.1f}"
        return self.name, *shown, speed


def row_of_peer(
    converted: Mapping[str, Converted],
    truth: Mapping[str, Sequence[str]],
    titles: Mapping[str, str],
    truths: Sequence[Truth],
) -> Row:
    """Score the peer's Markdown. ``titles``: of the papers, which it prints as headings too."""
    score = Score()
    for stem, wanted in truth.items():
        if stem in converted:
            score += compare(wanted, converted[stem].headings, titles[stem])
    ratios = [
        similarity(" ".join(t.sentences), converted[t.path.stem].body)
        for t in truths if t.columns == 2 and t.path.stem in converted
    ]  # fmt: skip
    seconds = sum(c.seconds for c in converted.values())
    pages = sum(c.pages for c in converted.values())
    return Row(
        "pymupdf4llm", score, mean(ratios) if ratios else None, pages / seconds if seconds else None
    )


def row_of_ours(
    name: str,
    documents: Mapping[str, Document],
    truth: Mapping[str, Sequence[str]],
    speed: float | None,
    order: float | None,
) -> Row:
    """Score our documents on the same papers."""
    score = Score()
    for stem, wanted in truth.items():
        if stem in documents:
            found = [section.title for section in documents[stem].sections]
            score += compare(wanted, found, documents[stem].title)
    return Row(name, score, order, speed)


def measure(rows: Sequence[Row], papers: int) -> Part:
    """The table."""
    head = ("", "recall", "precision", "order, synthetic", "pages/s")
    return Part(
        f"Compared with pymupdf4llm (headings of {papers} papers; processor time, tables included)",
        (),
        tuple(table(head, [row.cells() for row in rows])),
        {"rows": [list(row.cells()) for row in rows]},
    )
