"""Headings against the truth: recall and precision by normalised title, and kinds.

Numbering, level, case and punctuation are ignored; the paper's title, Abstract and References are
left out on both sides. Papers fall into a half to tune on (0) and one held out (1) by their name.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.evaluate.extract import kinds
from digest.evaluate.report import Goal, Part, share, table
from digest.records import Document

_SOURCES = ("latex", "jats", "toc")  # the authors' own source before the PDF's bookmarks
_NUMBERED = re.compile(
    r"(?:appendix\s+)?(?:\d+(?:\.\d+)*|[ivx]+(?=[.:)\s])|[a-z](?=[.:)\d]|\s+[A-Z])(?:\.?\d+)*)"
    r"(?:[.:)]+\s*|\s+|(?=[A-Z]))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"A [a-z]|I [a-z]")
_LEFT_OUT = frozenset({"", "abstract", "references", "bibliography"})


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over papers. ``true``: headings there are; ``found``: headings given."""

    hits: int = 0
    true: int = 0
    found: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.true + other.true, self.found + other.found)

    @property
    def recall(self) -> float | None:
        return share(self.hits, self.true)

    @property
    def precision(self) -> float | None:
        return share(self.hits, self.found)


def true_headings(data: Path) -> dict[str, list[str]]:
    """Stem of a PDF -> its headings as its best source gives them, for the papers that exist."""
    truth: dict[str, list[str]] = {}
    for source in reversed(_SOURCES):
        for path in sorted((data / "sections").glob(f"*.{source}.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            if (data / "pdfs" / f"{record['name']}.pdf").exists():
                truth[record["name"]] = [section["title"] for section in record["sections"]]
    return dict(sorted(truth.items()))


def half(stem: str) -> int:
    """0: to tune on; 1: held out."""
    return int(hashlib.sha256(f"{stem}.pdf".encode()).hexdigest(), 16) % 2


def normal(title: str) -> str:
    """Letters and digits of a title in lower case, without its number.

    >>> normal("3.1 Fine-Tuning"), normal("A. Proofs"), normal("A fluid model")
    ('finetuning', 'proofs', 'afluidmodel')
    """
    text = " ".join(unicodedata.normalize("NFKC", title).split())
    if not _ARTICLE.match(text):
        text = _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) else text
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if c.isalnum())


def compare(true: Iterable[str], found: Iterable[str], paper: str) -> Score:
    """Score one paper with the title ``paper``; a heading that occurs twice must be found twice."""
    title = normal(paper)
    wanted = Counter(_kept(true, title))
    given = Counter(_kept(found, title))
    return Score((wanted & given).total(), wanted.total(), given.total())


def _kept(titles: Iterable[str], paper: str) -> list[str]:
    kept = [normal(title) for title in titles]
    return [t for t in kept if t not in _LEFT_OUT and not (paper and t.startswith(paper[:40]))]


def by_half(
    truth: Mapping[str, Sequence[str]], documents: Mapping[str, Document]
) -> dict[int, Score]:
    """The scores of both halves over the papers that were read."""
    scores = {0: Score(), 1: Score()}
    for stem, document in documents.items():
        if stem in truth:
            found = [section.title for section in document.sections]
            scores[half(stem)] += compare(truth[stem], found, document.title)
    return scores


def measure(
    name: str,
    truth: Mapping[str, Sequence[str]],
    documents: Mapping[str, Document],
    wanted: tuple[float, float],
) -> Part:
    """Headings of one path. ``wanted``: least recall and precision over both halves together."""
    scores = by_half(truth, documents)
    both = scores[0] + scores[1]
    missing = sorted(set(truth) - set(documents))
    read = len(truth) - len(missing)
    rows = [_row(label, score) for label, score in (
        ("tuning half", scores[0]), ("held-out half", scores[1]), ("both", both)
    )]  # fmt: skip
    notes = table(("", "recall", "precision", "true", "found"), rows)
    notes += [f"not read: {stem}" for stem in missing]
    return Part(
        f"Headings, {name}, without bookmarks ({read} papers)",
        (
            Goal("recall", both.recall, least=wanted[0]),
            Goal("precision", both.precision, least=wanted[1]),
            *kinds.measure(documents.values(), kinds.read_labels()),
        ),
        tuple(notes),
        {"halves": {str(k): [s.hits, s.true, s.found] for k, s in scores.items()}},
    )


def _row(label: str, score: Score) -> tuple[str, ...]:
    recall, precision = (
        "-" if value is None else f"{value:.3f}" for value in (score.recall, score.precision)
    )
    return label, recall, precision, str(score.true), str(score.found)
