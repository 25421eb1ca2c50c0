"""What a post is made of: papers, what was made of each, and what that adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.records import (
    ArxivId,
    Breakdown,
    Document,
    Figure,
    Paper,
    PaperId,
    Translation,
    leaves,
)
from digest.render.licences import Licence

Mark = Literal["new", "late", "cross"]
"""How a paper comes to stand in the post. late: it was submitted before the period of its batch.
cross: it is listed here, and its primary category is another."""

STATES = ("verified", "repaired", "quoted")
_TEXT_USED = ("full", "abstract", "none")
SKIPPED = "out-of-time"
"""Stands among a paper's errors where the run could take no longer; it is no failure."""
_NO_FAILURE = {
    "pdf-withdrawn",  # nothing is left to be done for it
    SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of a paper that stands beside the post: ``file`` in its folder figures/."""

    file: str
    figure: Figure
    licence: Licence


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper and what was made of it; None where that failed. ``errors``: the stages that did.

    Stages: fetch, pdf (not to be had yet), pdf-withdrawn, extract, translate, explain; and
    ``SKIPPED``.
    ``renewed_at``: when the newest of it was made, where that was after the post was.
    """

    paper: Paper
    document: Document | None
    translation: Translation | None
    breakdown: Breakdown | None
    errors: tuple[str, ...] = ()
    mark: Mark = "new"
    picture: Picture | None = None
    renewed_at: datetime | None = None


def paper_file(paper: PaperId) -> str:
    """The file name of a paper's PDF in the home's papers/."""
    name = str(paper) if isinstance(paper, ArxivId) else "local-" + str(paper)[6:22]
    return name.replace("/", "_") + ".pdf"


def coverage(entries: Sequence[Entry]) -> dict[str, int]:
    """How many papers were read how, how many claims and sentences stand in which state."""
    breakdowns = [entry.breakdown for entry in entries if entry.breakdown is not None]
    translations = [entry.translation for entry in entries if entry.translation is not None]
    sentences = [sentence for translation in translations for sentence in translation.sentences]
    states: list[str] = [claim.state for breakdown in breakdowns for claim in leaves(breakdown)]
    return {
        **{used: sum(b.text_used == used for b in breakdowns) for used in _TEXT_USED},
        "failed": sum(bool({*entry.errors} - _NO_FAILURE) for entry in entries),
        "skipped": sum(SKIPPED in entry.errors for entry in entries),
        "claims": len(states),
        **{state: states.count(state) for state in STATES},
        "dropped": sum(len(breakdown.dropped) for breakdown in breakdowns),
        "sentences": len(sentences),
        "sentences_repaired": sum(sentence.repaired for sentence in sentences),
        "sentences_kept": sum(sentence.kept for sentence in sentences),
    }
