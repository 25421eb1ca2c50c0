"""The addresses that arXiv answers at. An internal mirror is another set of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.records import ArxivId

# Archives that OAI-PMH keeps under the group "physics"; every other archive is a group of its own.
_PHYSICS = frozenset({
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "physics", "quant-ph",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base addresses, without a slash at the end."""

    feed: str = "https://rss.arxiv.org"
    api: str = "https://export.arxiv.org/api/query"
    oai: str = "https://oaipmh.arxiv.org/oai"
    pdf: str = "https://arxiv.org/pdf"

    def feed_of(self, categories: Sequence[str]) -> str:
        """The one announcement feed of several categories."""
        return f"{self.feed}/rss/{'+'.join(categories)}"

    def pdf_of(self, paper: ArxivId) -> str:
        """Where a paper's PDF is; of the newest version where ``paper`` has none."""
        return f"{self.pdf}/{paper}"


def oai_set(category: str) -> str:
    """A category's name in OAI-PMH: ``cs.SD`` -> ``cs:cs:SD``, ``hep-ex`` -> ``physics:hep-ex``."""
    archive, _, subject = category.partition(".")
    group = "physics" if archive in _PHYSICS else archive
    if subject:
        return f"{group}:{archive}:{subject}"
    return archive if archive == group else f"{group}:{archive}"
