"""Where papers come from. Each source answers the same questions: which papers, and their PDFs.

A folder and a bundle know all their papers. arXiv is looked at again and again: each ``Look`` says
which papers were sighted where, and how every feed that was asked is doing. What a look means
(new, late, known) is not decided here but by the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from digest.errors import SourceError
from digest.records import Paper


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper as its source gives it. ``problem``: what was wrong with its metadata.

    ``pdf`` is None where it must be fetched first, or could not be.
    """

    paper: Paper
    pdf: Path | None
    pdf_sha256: str
    problem: SourceError | None = None


class Source(Protocol):
    """Something that papers come from. ``name`` is shown in the post.

    ``unread``: after ``arrivals``, what looked like a paper and could not be read at all.
    """

    name: str
    unread: list[SourceError]

    def arrivals(self) -> list[Arrival]:
        """The papers, in the order of the post, each once.

        Raises:
            SourceError: The source cannot be read, or holds no paper.
        """
        ...
