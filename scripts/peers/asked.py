"""What the peers read and ask: the papers as plain text, and the questions that are put to a model.

Nothing here knows how they are answered. The questions are those of ``digest bench``; an abstract
is translated in one piece. A question stands before or after the paper's text: before is how most
scripts write it; after lets a cache that keeps what it has read find the text again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pymupdf

from digest.evaluate.bench.reading import ANSWER_TOKENS
from digest.evaluate.bench.texts import QUESTIONS, SYSTEM, TRANSLATE

Order = Literal["question first", "text first"]
ORDERS: tuple[Order, ...] = ("question first", "text first")
TRANSLATION = "translation"
CONTEXT = 8192
"""Tokens for a question and its answer; the sample papers take 3,100 at most."""
TRANSLATION_TOKENS = 800
"""Three times what the longest of the abstracts takes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A paper as a script sees it: ``text`` is PyMuPDF's plain text of all pages."""

    name: str
    title: str
    abstract: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One call. ``part``: ``TRANSLATION``, or the number of the question from "1"."""

    paper: str
    part: str
    system: str
    user: str
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, the tokens that were written for it, and whether the model ended it."""

    paper: str
    part: str
    text: str
    tokens: int
    finished: bool = True

    @property
    def lines(self) -> list[str]:
        """Its lines; one that was cut off in the middle is left out, where it is not the only one.

        A careful script would not publish half a sentence either.
        """
        lines = [line for line in self.text.splitlines() if line.strip()]
        return lines if self.finished or len(lines) == 1 else lines[:-1]


def sources(folder: Path) -> list[Source]:
    """The papers of a folder that have metadata, in the order of their names."""
    return [_source(path) for path in sorted(folder.glob("*.json"))]


def _source(path: Path) -> Source:
    known = json.loads(path.read_text(encoding="utf-8"))
    with pymupdf.open(path.with_suffix(".pdf")) as document:
        text = "\n".join(page.get_text() for page in document)
    return Source(path.stem, known["title"], known["abstract"], text)


def questions(source: Source, order: Order) -> Iterator[Question]:
    """The abstract to translate, then the three questions over the paper's whole text."""
    task = f"{TRANSLATE.task}\n\n{source.abstract}"
    yield Question(source.name, TRANSLATION, TRANSLATE.system, task, TRANSLATION_TOKENS)
    for number, question in enumerate(QUESTIONS, 1):
        parts = (question, source.text) if order == "question first" else (source.text, question)
        yield Question(source.name, str(number), SYSTEM, "\n\n".join(parts), ANSWER_TOKENS)
