"""Does a published claim hold? Its citations against the sources, its content against them. Pure.

For ``digest check`` and the evaluation: what is verified here is what was verified before the claim
was published, on the claim as it stands now.
"""

from __future__ import annotations

from functools import cached_property

from digest.explain.alignment import aligner, strays
from digest.explain.passages import passages_of, readable
from digest.explain.rows import caption_evidence, row_evidence
from digest.explain.verify import Fault, FaultKind, faults, pieces, unheld
from digest.records import ORIGINAL, Claim, Document, Evidence
from digest.words.atoms import extra_numbers
from digest.words.lexicon import Aligner
from digest.words.sentences import split_sentences

_OF_CONTENT: frozenset[FaultKind] = frozenset(
    {"number", "unit", "name", "metric", "triple", "superlative", "direction", "negation"}
)
"""What makes a claim wrong; the other faults make it ugly."""


class Sources:
    """Everything that a reading of one paper may cite.

    Args:
        document: None where there is none: then only the abstract can be cited.
        abstract: As it came with the paper.
    """

    def __init__(self, document: Document | None, abstract: str) -> None:
        self._texts = {
            ("sentence", f"a{number}", 0): text
            for number, text in enumerate(split_sentences(abstract), 1)
        }
        self._document = document
        if document is not None:
            self._texts |= {("sentence", s.id, s.page): s.text for s in document.sentences}
            cited = [
                each
                for table in document.tables
                for each in (
                    caption_evidence(table),
                    *(row_evidence(table, row) for row in table.rows),
                )
            ]
            self._texts |= {(each.kind, each.id, each.page): each.quote for each in cited}

    @cached_property
    def _of_abstract(self) -> Aligner:
        texts = self._texts.items()
        return Aligner({name: text for (_, name, page), text in texts if page == 0})

    @cached_property
    def _of_paper(self) -> Aligner:
        return aligner([] if self._document is None else passages_of(self._document))

    def holds(self, evidence: Evidence) -> bool:
        """Whether it stands verbatim where it says."""
        return self._texts.get((evidence.kind, evidence.id, evidence.page)) == evidence.quote

    def elsewhere(self, claim: Claim) -> str:
        """The sentence that a claim is from rather than from what it cites; "" for none."""
        if claim.how == ORIGINAL or any(each.kind != "sentence" for each in claim.evidence):
            return ""
        ids = [each.id for each in claim.evidence]
        of_abstract = all(each.page == 0 for each in claim.evidence)
        return strays(self._of_abstract if of_abstract else self._of_paper, claim.text, ids)


def misquoted(claim: Claim, known: Sources) -> list[Evidence]:
    """The citations of a claim that do not stand verbatim where they say."""
    return [each for each in claim.evidence if not known.holds(each)]


def unsupported(claim: Claim) -> list[Fault]:
    """What in a claim its evidence does not hold; rows are held to their values and names.

    A sentence in its own language must be that sentence.
    """
    if claim.how == ORIGINAL:
        same = claim.text == " ".join(readable(each.quote) for each in claim.evidence)
        return [] if same else [Fault("form", "another text than the sentence's")]
    held = pieces(claim.evidence)
    if any(each.kind == "row" for each in claim.evidence):
        return unheld(claim.text, held)
    text = f"{claim.label}：{claim.text}" if claim.label else claim.text
    return [fault for fault in faults(text, held) if fault.kind in _OF_CONTENT]


def problems(claim: Claim, known: Sources, chinese: bool = True) -> list[str]:
    """Everything that is wrong with a claim, one line each.

    ``chinese``: whether its words can be looked at; of another language its numbers alone can,
    written with a decimal point.
    """
    if not claim.evidence:
        return ["cites nothing"]
    wrong = [
        f"cites {each.id} on page {each.page}, which does not say so"
        for each in misquoted(claim, known)
    ]
    if not chinese and claim.how != ORIGINAL:
        cited = " ".join(each.quote for each in claim.evidence)
        extra = [Fault("number", number.text) for number in extra_numbers(cited, claim.text)]
        return wrong + [f"{fault} is not held by what it cites" for fault in extra]
    wrong += [f"{fault} is not held by what it cites" for fault in unsupported(claim)]
    closest = known.elsewhere(claim)
    return wrong + ([f"says what {closest} says, which it does not cite"] if closest else [])
