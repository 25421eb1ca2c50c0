"""Where papers come from. Each source answers the same questions: which papers, and their PDFs.

A folder and a bundle know all their papers. arXiv is looked at again and again: each ``Look`` says
which papers were sighted where, and how every feed that was asked is doing. What a look means
(new, late, known) is not decided here but by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from digest.errors import SourceError
from digest.records import Coverage, Mark, Paper, Placement


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper as its source gives it.

    ``pdf`` is None where there is no PDF here; ``pdf_sha256`` is then that of the one which was
    read before, or empty.
    ``problem``: what was wrong with its metadata or its PDF. ``mark``: why it is in the post.
    """

    paper: Paper
    pdf: Path | None
    pdf_sha256: str
    problem: SourceError | None = None
    mark: Mark = "new"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source has for one date's post.

    Args:
        arrivals: The papers, in the order of the post, each once; of a source that downloads them
            each as soon as its PDF is here.
        coverage: What the post says of its completeness; None where it says what it said before.
        placements: What the ledger shall know once the post is made.
        seen: What this look at the source came to; None where nothing is announced.
        unread: What looked like a paper and could not be read at all.
        expected: The papers of ``arrivals`` that are known before their PDFs are here, in the
            same order; all of them or none.
        downloads: Whether arrivals may be run through by another thread.
    """

    arrivals: Iterable[Arrival]
    coverage: Coverage | None = None
    placements: tuple[Placement, ...] = ()
    seen: Coverage | None = None
    unread: tuple[SourceError, ...] = ()
    expected: tuple[tuple[Paper, Mark], ...] = ()
    downloads: bool = False


class Source(Protocol):
    """Something that papers come from. ``name`` is shown in the post."""

    name: str

    def deliver(self, date: str) -> Delivery:
        """What there is for the post of ``date`` (YYYY-MM-DD).

        Raises:
            SourceError: The source cannot be read, or holds no paper at all.
        """
        ...
