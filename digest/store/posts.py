"""What the store keeps of a post: what stands above its papers, and the place of each of them."""

from __future__ import annotations

from dataclasses import dataclass

from digest.records import Coverage, Mark, Paper


@dataclass(frozen=True, slots=True)
class PostHeading:
    """What stands above a post's papers, as it was when the post was made.

    ``coverage`` is None where the papers were not announced: those of a folder.
    """

    title: str
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True)
class PostItem:
    """A paper's place in a post, as it was when the post was made.

    The keys name the results that it shows, None where there is none; ``errors`` says why.
    """

    paper: Paper
    pdf_sha256: str
    document_key: str | None = None
    translation_key: str | None = None
    breakdown_key: str | None = None
    errors: tuple[str, ...] = ()
    mark: Mark = "new"
