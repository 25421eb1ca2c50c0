"""What kind of section a title opens: by its words, its parent, and its place in the paper. Pure.

Titles name their kind ("Related Work"), or only hint at it ("Training"), or name a thing
("MixMatch"). A name always decides; a hint decides at the top level only; what says nothing is
what stands there in most papers: the method after the introduction, results after experiments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from digest.records import SectionKind

# Tried in this order; the first that matches wins. French words stand with the English ones where
# arXiv's few French papers need them; the heading of the references, which must never be read as
# text, in the languages that arXiv takes.
_NAMES: tuple[tuple[SectionKind, str], ...] = (
    ("abstract", r"^(abstract|résumé|zusammenfassung)$"),
    (
        "references",
        r"^(references( and notes| cited)?|bibliography|literature cited|works cited|références"
        r"|bibliographie|literatur(verzeichnis)?|referencias|referências|bibliograf[ií]a"
        r"|riferimenti|参考文献|список литературы)[.:]?$",
    ),
    ("appendix", r"^(appendix|appendices|supplement|annexe)"),
    (
        "other",
        r"^(acknowledg|remerciements|author contributions?|authors?['’]? contributions?"
        r"|author (details|information)|funding|(competing|conflicts? of) interests?"
        r"|(data|code) availability|broader impact|ethic|index terms|key ?words|ccs concepts"
        r"|contents|list of (figures|tables)|reproducibility|biograph)",
    ),
    ("introduction", r"^introduction\b|^(statement of need|motivation)s?$"),
    ("conclusion", r"\b(conclusions?|concluding|future (work|directions?)|outlook)\b"),
    (
        "discussion",
        r"\b(discussions?|limitations?|recommendations?|lessons|open problems|need for)\b",
    ),
    (
        "background",
        r"\b(related|background|preliminar(y|ies)|(previous|prior) work|literature review"
        r"|state of the art|travaux existants|état de l['’]art)\b(?! interview)",
    ),
    ("results", r"\b(results?|findings|résultats)\b"),
    (
        "experiments",
        r"\b(experiment\w*|evaluations?|data ?sets?|benchmark\w*|ablations?|baselines"
        r"|expérimentations?|expériences|tests)\b",
    ),
    ("method", r"^(methods?|methodology|approach)$|\bproposed\b|^our (?!contributions?|results)"),
)
_HINTS: tuple[tuple[SectionKind, str], ...] = (
    ("introduction", r"^(overview|motivation)\b"),
    ("conclusion", r"^summary\b"),
    ("discussion", r"\b(implications|perspectives|challenges|conjectures)\b"),
    ("background", r"\b(literature|history|problem (and \w+ )?(statement|definition|setting))\b"),
    # "Analysis" and "Analysis of errors"; "Principal component analysis" names a method.
    ("results", r"^(performance|comparisons?|(\w+ )?analys[ei]s|observations)\b|\bperformance$"),
    (
        "experiments",
        r"\b(set-?up|settings?|corpus|corpora|implementation details|training details"
        r"|hyper-?parameters|case stud\w+|(field )?study|simulations?|examples?|measurements"
        r"|data$|data (collection|preparation|description|reduction))\b",
    ),
    (
        "method",
        r"\b(methods?|methodolog\w+|approach|model(l?ing)?s?|architectures?|algorithms?"
        r"|framework|system|design|formulation|technique|training|networks?|encoders?|decoders?"
        r"|loss(es)?|objectives?|theory|procedure|materials|implementation|features?|learning"
        r"|inference|representations?|attention)\b",
    ),
)
_PATTERNS = tuple(
    tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in table)
    for table in (_NAMES, _HINTS)
)
# Papers of the Journals of Open Source Software and Education have a form of their own.
_SOFTWARE = re.compile(r"^statement of need$", re.IGNORECASE)
_OURS = re.compile(r"^our (?!contributions?|results)|\bproposed\b", re.IGNORECASE)
# What follows a top-level section whose title says nothing of its kind.
_NEXT: dict[SectionKind, SectionKind] = {
    "introduction": "method",
    "background": "method",
    "method": "method",
    "experiments": "results",
    "results": "results",
    "discussion": "discussion",
}


class _Said(NamedTuple):
    """What a title says of its kind; ``named``: in so many words."""

    kind: SectionKind
    named: bool


def kind_of(title: str) -> SectionKind:
    """The kind that the words of ``title`` tell; ``other`` where they tell none."""
    said = _said(title)
    return said.kind if said else "other"


def _said(title: str) -> _Said | None:
    for named, patterns in zip((True, False), _PATTERNS, strict=True):
        for kind, pattern in patterns:
            if pattern.search(title.strip()):
                return _Said(kind, named)
    return None


def kinds_of(titles: Iterable[tuple[str, int]]) -> list[SectionKind]:
    """The kinds of ``(title, level)`` in order.

    A subsection has the kind of its parent unless its title names another. After the references
    everything is appendix, but for sections at the top that name themselves otherwise.
    """
    rows = list(titles)
    software = any(_SOFTWARE.match(title.strip()) for title, _ in rows)
    kinds: list[SectionKind] = []
    parents: dict[int, SectionKind] = {}
    tops: list[SectionKind] = []
    for at, (title, level) in enumerate(rows):
        above = max((k for k in parents if k < level), default=None)
        if above is None:
            kind = _at_the_top(_said(title), tops, software)
            ours = kind == "method" and any(_OURS.search(later) for later, _ in rows[at + 1 :])
            if ours and _said(title) is None and "method" not in tops:
                kind = "background"  # what stands before "Our measure" is not theirs
            tops.append(kind)
        else:
            kind = _below(_said(title), parents[above])
        parents = {k: v for k, v in parents.items() if k < level}
        parents[level] = kind
        kinds.append(kind)
    return kinds


def _below(said: _Said | None, parent: SectionKind) -> SectionKind:
    if parent in ("appendix", "references", "background"):
        return parent
    if said is not None and (said.named or parent == "other"):
        return said.kind
    return parent


def _at_the_top(said: _Said | None, tops: Sequence[SectionKind], software: bool) -> SectionKind:
    """``tops``: the kinds of the top-level sections before it."""
    if "references" in tops:
        return said.kind if said and said.named and said.kind == "other" else "appendix"
    told = [kind for kind in tops if kind not in ("other", "abstract")]
    if said is None:
        return "other" if software or not told else _NEXT.get(told[-1], "other")
    if said.kind == "conclusion" and not told and not said.named:
        return "introduction"  # "Summary" in front
    if said == _Said("results", False) and told and told[-1] in ("introduction", "background"):
        return "method"  # nothing has been measured yet
    return said.kind
