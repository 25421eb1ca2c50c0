"""Math, addresses and code taken out of a sentence before it is translated, and put back. Pure.

A model that loses a formula copies a short mark. The marks are plain text, as a vocabulary may
split anything else; one that does not come back exactly once is told, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.words import atoms


@dataclass(frozen=True, slots=True)
class Shielded:
    """A sentence with marks in it, and what they stand for."""

    text: str
    spans: tuple[str, ...]

    def restored(self, translation: str) -> str | None:
        """``translation`` with the spans back, or None where a mark is missing or there twice."""
        for number, span in enumerate(self.spans, start=1):
            pattern = re.compile(rf"(?<![A-Za-z0-9]){_mark(number)}(?![A-Za-z0-9])")
            if len(pattern.findall(translation)) != 1:
                return None
            translation = pattern.sub(lambda _, span=span: span, translation)  # type: ignore[misc]
        return translation


def shielded(sentence: str) -> Shielded | None:
    """The sentence with its math, addresses and code as marks; None where it has none.

    Or where a mark would be taken for a word of the sentence.
    """
    spans = _in_order(
        sentence, (*atoms.maths(sentence), *atoms.urls(sentence), *atoms.codes(sentence))
    )
    if not spans or re.search(r"\bX\d\b", sentence):
        return None
    text = sentence
    for number, span in enumerate(spans, start=1):
        text = text.replace(span, _mark(number), 1)
    return Shielded(text, tuple(spans))


def _mark(number: int) -> str:
    return f"X{number}"


def _in_order(sentence: str, spans: Sequence[str]) -> list[str]:
    """Each occurrence, by its place; spans of one text stand in one order."""
    pattern = "|".join(re.escape(span) for span in sorted(set(spans), key=len, reverse=True))
    return re.findall(pattern, sentence) if pattern else []
