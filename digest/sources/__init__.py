"""Where papers come from. Every source answers the same question: which papers, and their PDFs.

Only the folder is here yet; announcement feeds, the query API, OAI-PMH and bundles follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from digest.errors import SourceError
from digest.records import Paper


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper as its source gives it. ``problem``: what was wrong with its metadata."""

    paper: Paper
    pdf: Path
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
