"""The figures of a set of readings: how much of the papers they cover, and how the claims came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from digest.evaluate.explain.papers import Sample
from digest.evaluate.report import Goal, share
from digest.explain.bullets import CUT, QUOTED, RECITED, REWRITTEN, SAID
from digest.explain.claims import Sources, misquoted
from digest.explain.roles import named
from digest.explain.verify import parted, pieces, triples
from digest.records import ORIGINAL, Breakdown, Claim, Dropped, leaves
from digest.words import atoms
from digest.words.sentences import split_sentences

_FINDING = named("finding")


@dataclass(frozen=True)
class Reading:
    """A paper and its reading. ``seconds``: None where it was kept from before."""

    sample: Sample
    breakdown: Breakdown
    seconds: float | None = None

    @cached_property
    def claims(self) -> list[Claim]:
        """All claims, without the headings over them."""
        return leaves(self.breakdown)

    @cached_property
    def known(self) -> Sources:
        """What they may cite."""
        return Sources(self.sample.document, self.sample.paper.abstract)

    @property
    def parts(self) -> tuple[tuple[Claim, ...], ...]:
        """Problem, method, results."""
        return (self.breakdown.problem, self.breakdown.method, self.breakdown.results)

    @property
    def lost(self) -> list[Dropped]:
        """What was dropped for a fault, not because another claim says it."""
        return [each for each in self.breakdown.dropped if each.reason != SAID]


def goals(readings: Sequence[Reading]) -> tuple[Goal, ...]:
    """What the readings should reach."""
    claims = [claim for each in readings for claim in each.claims]
    wrong = sum(len(misquoted(claim, each.known)) for each in readings for claim in each.claims)
    numbers = sum(len([n for n in atoms.numbers(c.text) if n.hard]) for c in claims)
    lost = sum(
        len(atoms.extra_numbers(" ".join(e.quote for e in c.evidence), c.text)) for c in claims
    )
    told = sum(len(triples(claim.text)) for claim in claims)
    apart = sum(len(parted(claim.text, pieces(claim.evidence))) for claim in claims)
    whole = [each for each in readings if all(each.parts)]
    lost_bullets = sum(len(each.lost) for each in readings)
    evidence = sum(len(claim.evidence) for claim in claims)
    quoted = sum(claim.state == "quoted" for claim in claims)
    reached, stated = abstract_numbers(readings)
    return (
        Goal("citations that stand verbatim on their page", _rest(wrong, evidence), 1.0),
        Goal("numbers that the evidence has", _rest(lost, numbers), 1.0),
        Goal("triples that meet in one sentence or row", _rest(apart, told), 0.98),
        Goal("papers with all three parts", share(len(whole), len(readings)), 0.98),
        Goal("claims a paper", share(len(claims), len(readings)), 6),
        Goal("quoted claims", share(quoted, len(claims)), None, 0.35),
        Goal("dropped bullets", share(lost_bullets, len(claims) + lost_bullets), None, 0.10),
        Goal("numbers of the abstract's results in the results", share(reached, stated), 0.70),
    )


def _rest(wrong: int, whole: int) -> float | None:
    return (whole - wrong) / whole if whole else None


def before_and_after(readings: Sequence[Reading]) -> list[str]:
    """How the claims came to be what they are, as lines."""
    claims = [claim for each in readings for claim in each.claims]
    how = Counter(claim.how for claim in claims)
    lost = [dropped for each in readings for dropped in each.lost]
    said = sum(len(each.breakdown.dropped) for each in readings) - len(lost)
    whole = len(claims) + len(lost) + said
    faulty = whole - how[""] - said
    reasons = Counter(each.reason.split(" ")[0].strip(",") for each in lost)
    named = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    return [
        f"{whole} bullets written; first answers with a fault {faulty / max(1, whole):.3f}; then "
        f"re-attributed {how[RECITED]}, rewritten {how[REWRITTEN]}, cut {how[CUT]}, quoted "
        f"{how[QUOTED]}, left in English {how[ORIGINAL]}, "
        f"dropped {len(lost)}{f' ({named})' if named else ''}",
        f"{len(claims)} claims published, {how['']} of them as first written; {said} said already",
    ]


def abstract_numbers(readings: Sequence[Reading]) -> tuple[int, int]:
    """Of the figures in the abstracts' result sentences: how many the results have, and all."""
    reached = stated = 0
    for each in readings:
        results = leaves(replace(each.breakdown, problem=(), method=()))
        told = " ".join(claim.text for claim in results)
        for sentence in split_sentences(each.sample.paper.abstract):
            figures = [n for n in atoms.numbers(sentence) if n.hard and n.role == "figure"]
            if figures and _FINDING.cues.search(sentence):
                stated += len(figures)
                reached += len(figures) - len(atoms.missing_numbers(sentence, told))
    return reached, stated
