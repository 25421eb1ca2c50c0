"""What kind of section a title opens, by the words in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.records import SectionKind

# Tried in this order; the first that matches wins, so narrow ones stand before wide ones.
_WORDS: tuple[tuple[SectionKind, str], ...] = (
    ("abstract", r"^abstract"),
    ("references", r"^(references|bibliography|literature cited|works cited)"),
    ("appendix", r"^(appendix|appendices|supplement)"),
    (
        "other",
        r"^(acknowledg|author contribution|funding|conflicts? of interest|data availability"
        r"|code availability|broader impact|ethic|notation|index terms|keywords|contents"
        r"|list of (figures|tables)|reproducibility)",
    ),
    ("introduction", r"^(introduction|overview|motivation|statement of need|contributions?)\b"),
    ("conclusion", r"\b(conclusions?|concluding|summary|future (work|directions?)|outlook)\b"),
    ("discussion", r"\b(discussions?|limitations?|implications|perspectives)\b"),
    (
        "background",
        r"\b(related|background|preliminar\w+|previous work|prior work|literature|state of the art"
        r"|problem (statement|formulation|definition|setting)|history)\b",
    ),
    ("results", r"\b(results?|findings|performance|comparisons?|analys[ei]s|observations)\b"),
    (
        "experiments",
        r"\b(experiment\w*|evaluations?|set-?up|settings?|data ?sets?|corpus|corpora|benchmarks?"
        r"|ablations?|implementation details|training details|baselines|metrics|hyper-?parameters"
        r"|case stud\w+|simulations?|examples|measurements|data)\b",
    ),
    (
        "method",
        r"\b(methods?|methodolog\w+|approach|model(l?ing)?s?|architectures?|proposed|algorithms?"
        r"|framework|system|design|formulation|technique|training|networks?|encoders?|decoders?"
        r"|loss(es)?|objectives?|theory|procedure|materials|implementation|features?|learning"
        r"|inference|representations?|attention)\b",
    ),
)
_PATTERNS = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _WORDS)


def kind_of(title: str) -> SectionKind:
    """The kind that the words of ``title`` tell; ``other`` where they tell none."""
    text = title.strip()
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return kind
    return "other"


def kinds_of(titles: Iterable[tuple[str, int]]) -> list[SectionKind]:
    """The kinds of ``(title, level)`` in order; a subsection that tells nothing inherits.

    After the references everything is appendix, but for sections that name themselves otherwise
    at the top level (acknowledgements).
    """
    kinds: list[SectionKind] = []
    parents: dict[int, SectionKind] = {}
    ended = False
    for title, level in titles:
        kind = kind_of(title)
        parent = parents.get(max((k for k in parents if k < level), default=0), "other")
        if parent in ("appendix", "references") or (ended and kind not in ("other", "references")):
            kind = "appendix"
        elif kind == "other" and parent not in ("abstract",):
            kind = parent if level > 1 else kind
            kind = "appendix" if ended and level == 1 and not _names_itself(title) else kind
        elif level > 1 and parent in ("method", "experiments", "results") and kind == "method":
            kind = parent  # "Training" under Experiments is about the experiments
        parents = {k: v for k, v in parents.items() if k < level}
        parents[level] = kind
        ended = ended or kind == "references"
        kinds.append(kind)
    return kinds


def _names_itself(title: str) -> bool:
    return _PATTERNS[3][1].search(title.strip()) is not None
