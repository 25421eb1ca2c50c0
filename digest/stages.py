"""What does the work of each stage, as the pipeline sees it, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from digest.illustrate import Cut
from digest.metering import Meter
from digest.records import Breakdown, Document, MadeBy, Paper, Translation


class Extracts(Protocol):
    """Reads PDFs side by side: a result for each, in the order in which they finish.

    None among the PDFs says that there is none now, but may be later.
    """

    made_by: MadeBy

    def extract_each(
        self, pdfs: Iterable[Path | None]
    ) -> Iterator[tuple[Path, Document | Exception]]: ...


class Translates(Protocol):
    """Translates an abstract. ``at_once``: from so many threads together."""

    made_by: MadeBy
    at_once: int

    def translate(self, text: str, title: str = "") -> Translation: ...


class Explains(Protocol):
    """Writes the reading of a paper. ``at_once``: from so many threads together."""

    made_by: MadeBy
    at_once: int

    def explain(self, paper: Paper, document: Document | None) -> Breakdown: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What does the work of each stage. ``cut``: a figure out of a PDF. ``meter``: what the models
    took.
    """

    extractor: Extracts
    translator: Translates
    explainer: Explains
    cut: Cut | None = None
    meter: Meter = field(default_factory=Meter)


Progress = Callable[[str, str, int, int], None]
"""Called as ``progress(stage, paper, done, total)`` before each paper and once at the end."""


def no_progress(_stage: str, _paper: str, _done: int, _total: int) -> None:
    """Say nothing."""
