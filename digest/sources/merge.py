"""One paper from all that was seen of it: for each field the source that knows it best.

Text is that of the newest version; of one version the query API's, whose authors are in Unicode,
then the feed's, then OAI-PMH's, which does not say its version. Licences come from the feed and
OAI-PMH, full times from the query API. The result does not depend on the order of what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from digest.records import Announcement, ArxivId, Paper, SightedBy, Sighting
from digest.sources.feeds import precedence

Field = TypeVar("Field")
_RANK: dict[SightedBy, int] = {"oai": 0, "feed": 1, "api": 2}


def merge(sightings: Sequence[Sighting]) -> Paper:
    """What is known of one paper.

    Raises:
        ValueError: No sighting, or sightings of several papers.
    """
    bases = {ArxivId(sighting.paper.id).base for sighting in sightings}
    if len(bases) != 1:
        raise ValueError(f"not the sightings of one paper: {sorted(bases)}")
    versions = [version for s in sightings if (version := ArxivId(s.paper.id).version)]
    newest = ArxivId(bases.pop() + (f"v{max(versions)}" if versions else ""))
    best = sorted(sightings, key=_worth, reverse=True)
    return Paper(
        id=newest,
        title=_first(best, lambda paper: paper.title) or "",
        authors=_first(best, lambda paper: paper.authors) or (),
        abstract=_first(best, lambda paper: paper.abstract) or "",
        categories=_first(best, lambda paper: paper.categories) or (),
        submitted_at=_submitted(best),
        updated_at=max((at for s in best if (at := s.paper.updated_at)), default=None),
        announced=_announced(best),
        licence=_first(best, lambda paper: paper.licence),
        pdf_url=_first(best, lambda paper: paper.pdf_url),
        comments=_first(best, lambda paper: paper.comments),
        journal_ref=_first(best, lambda paper: paper.journal_ref),
        doi=_first(best, lambda paper: paper.doi),
    )


def _worth(sighting: Sighting) -> tuple[int, int, datetime, str]:
    """Newest version, best source, latest; the last part decides between equals, always alike."""
    version = ArxivId(sighting.paper.id).version or 0
    content = repr(replace(sighting.paper, announced=None))
    return version, _RANK[sighting.by], sighting.seen_at, content


def _first(best: Sequence[Sighting], field: Callable[[Paper], Field]) -> Field | None:
    """The field from the best sighting that has it."""
    return next((value for sighting in best if (value := field(sighting.paper))), None)


def _submitted(best: Sequence[Sighting]) -> datetime | None:
    """A full time rather than OAI-PMH's day; of several the earliest, which is version 1's."""
    for is_day in (False, True):
        times = [s.paper.submitted_at for s in best if (s.by == "oai") is is_day]
        if known := [at for at in times if at is not None]:
            return min(known)
    return None


def _announced(best: Sequence[Sighting]) -> Announcement | None:
    """The newest batch's, and in that batch new before cross before replace."""
    found = [s.paper.announced for s in best if s.paper.announced is not None]
    return max(found, key=lambda a: (a.batch, -precedence(a.type)), default=None)
