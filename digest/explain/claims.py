"""Does a published claim hold? Its citations against the sources, its content against them. Pure.

For ``digest check`` and the evaluation: what is verified here is what was verified before the claim
was published, on the claim as it stands now.
"""

from __future__ import annotations

from collections.abc import Mapping

from digest.explain.rows import caption_evidence, row_evidence
from digest.explain.verify import Fault, FaultKind, faults, pieces, unheld
from digest.records import Claim, Document, Evidence
from digest.words.sentences import split_sentences

Sources = Mapping[tuple[str, str, int], str]
"""``(kind, id, page)`` -> the verbatim text that may be cited so."""

_OF_CONTENT: frozenset[FaultKind] = frozenset(
    {"number", "unit", "name", "metric", "triple", "superlative", "direction", "negation"}
)
"""What makes a claim wrong; the other faults make it ugly."""


def sources(document: Document | None, abstract: str) -> Sources:
    """Everything that a reading of this paper may cite."""
    known = {
        ("sentence", f"a{number}", 0): text
        for number, text in enumerate(split_sentences(abstract), 1)
    }
    if document is None:
        return known
    known |= {("sentence", each.id, each.page): each.text for each in document.sentences}
    cited = [
        each
        for table in document.tables
        for each in (caption_evidence(table), *(row_evidence(table, row) for row in table.rows))
    ]
    return known | {(each.kind, each.id, each.page): each.quote for each in cited}


def misquoted(claim: Claim, known: Sources) -> list[Evidence]:
    """The citations of a claim that do not stand verbatim where they say."""
    return [e for e in claim.evidence if known.get((e.kind, e.id, e.page)) != e.quote]


def unsupported(claim: Claim) -> list[Fault]:
    """What in a claim its evidence does not hold; rows are held to their values and names."""
    held = pieces(claim.evidence)
    if any(each.kind == "row" for each in claim.evidence):
        return unheld(claim.text, held)
    return [fault for fault in faults(claim.text, held) if fault.kind in _OF_CONTENT]


def problems(claim: Claim, known: Sources) -> list[str]:
    """Everything that is wrong with a claim, one line each."""
    if not claim.evidence:
        return ["cites nothing"]
    wrong = [
        f"cites {each.id} on page {each.page}, which does not say so"
        for each in misquoted(claim, known)
    ]
    return wrong + [f"{fault} is not held by what it cites" for fault in unsupported(claim)]
