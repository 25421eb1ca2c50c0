"""Kinds of sections against labels set by hand.

The labels hold no text of the papers: a table of the file is named by the first 12 hex digits of a
PDF's sha256, a key by those of the sha256 of ``N:title``, N counting headings of the same title.
Where two kinds are right both are listed, the better one first.
"""

from __future__ import annotations

import hashlib
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from digest.evaluate.report import Goal, share
from digest.records import Document

LABELS = Path(__file__).parent.parent / "kinds.toml"
Labels = Mapping[str, Mapping[str, Sequence[str]]]


def read_labels(path: Path = LABELS) -> Labels:
    """The labels; empty where there is no such file."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def measure(documents: Iterable[Document], labels: Labels) -> tuple[Goal, ...]:
    """The share of found headings whose kind is a right one; nothing where none is labelled."""
    right = strict = total = 0
    for document in documents:
        wanted = labels.get(document.pdf_sha256[:12], {})
        for kind, known in _pairs(document, wanted):
            total, right = total + 1, right + (kind in known)
            strict += kind == known[0]
    if not total:
        return ()
    return (
        Goal(f"kind right, of {total} labelled headings", share(right, total), least=0.95),
        Goal("kind is the better one where two are right", share(strict, total)),
    )


def _pairs(
    document: Document, wanted: Mapping[str, Sequence[str]]
) -> Iterable[tuple[str, Sequence[str]]]:
    """The kind given and the right ones, for each section that is labelled."""
    seen: Counter[str] = Counter()
    for section in document.sections:
        letters = _letters(section.title)
        seen[letters] += 1
        known = wanted.get(key_of(letters, seen[letters]))
        if known:
            yield section.kind, known


def key_of(letters: str, number: int) -> str:
    """The key of the ``number``-th heading (from 1) whose letters these are."""
    return hashlib.sha256(f"{number}:{letters}".encode()).hexdigest()[:12]


def _letters(title: str) -> str:
    text = unicodedata.normalize("NFKC", title).lower()
    return "".join(c for c in text if c.isalnum())
