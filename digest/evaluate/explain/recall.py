"""Evidence recall: of what a careful reader wants to be told, how much is in the selection.

Readers who had seen nothing of the program answered three questions about each of twenty papers:
what was wrong before, how the method answers, what was shown. An answer is two to four facts, each
with all the sentences (or table rows) that state it about equally well. ``labels.json`` holds them
without a word of the papers: sha256 of the file, page, and the hash of the normalised text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from digest.evaluate.explain.papers import Sample, fingerprint
from digest.explain.evidence import select
from digest.explain.passages import Cluster
from digest.explain.roles import QUESTIONS, Question
from digest.explain.writers import MOST_BULLETS, MOST_OF_ROLE
from digest.records import Document

Place = tuple[int, str]
"""Page and fingerprint of a sentence or row."""
Fact = frozenset[Place]
Labels = Mapping[str, Mapping[Question, Sequence[Fact]]]
"""By sha256 of a file and by question."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Facts of one paper and question, and which of them the selection holds.

    ``written``: of them in the clusters that compress mode writes bullets from.
    """

    paper: str
    question: Question
    facts: int
    found: int
    written: int
    missed: tuple[str, ...]


def labels() -> Labels:
    """What readers marked."""
    text = resources.files("digest.evaluate.explain").joinpath("labels.json").read_text("utf-8")
    return {
        sha256: {
            question: [frozenset((page, mark) for page, mark in fact) for fact in facts]
            for question, facts in questions.items()
        }
        for sha256, questions in json.loads(text).items()
    }


def measure(samples: Sequence[Sample], marked: Labels, budget_tokens: int) -> list[Recall]:
    """The recall of every labelled question of ``samples``."""
    found = []
    for sample in samples:
        facts = marked.get(sample.sha256)
        if facts is None:
            continue
        selection = select(
            sample.document, sample.paper.title, sample.paper.abstract, budget_tokens
        )
        chosen = _places(selection.clusters)
        best = _places(selection.best(MOST_BULLETS, MOST_OF_ROLE))
        texts = _texts(sample.document)
        for question in QUESTIONS:
            missed = [fact for fact in facts[question] if not fact & chosen]
            found.append(
                Recall(
                    sample.name,
                    question,
                    len(facts[question]),
                    len(facts[question]) - len(missed),
                    sum(bool(fact & best) for fact in facts[question]),
                    tuple(texts.get(min(fact), "not in this extraction") for fact in missed),
                )
            )
    return found


def _places(clusters: Iterable[Cluster]) -> frozenset[Place]:
    return frozenset((e.page, fingerprint(e.quote)) for c in clusters for e in c.evidence)


def _texts(document: Document) -> dict[Place, str]:
    found = {(s.page, fingerprint(s.text)): s.text for s in document.sentences}
    rows = [(table.page, row) for table in document.tables for row in table.rows]
    return found | {(page, fingerprint(" ".join(row.cells))): row.id for page, row in rows}
