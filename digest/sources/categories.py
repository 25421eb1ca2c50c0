"""Which of the asked categories a paper belongs to, and as what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from digest.records import Paper

# One category under two names; arXiv lists a paper of one under both, its feeds answer to either.
# https://arxiv.org/category_taxonomy
_ALIASES = {
    "cs.IT": "math.IT", "cs.NA": "math.NA", "cs.SY": "eess.SY", "math-ph": "math.MP",
    "math.ST": "stat.TH", "q-fin.EC": "econ.GN",
}  # fmt: skip
_OTHER_NAME = _ALIASES | {other: name for name, other in _ALIASES.items()}


def belongs(paper: Paper, category: str) -> bool:
    """Whether a paper lists a category (``cs.SD``), or one of an archive (``cs``)."""
    return any(_is_in(listed, category) for listed in paper.categories)


def counts(papers: Iterable[Paper], category: str) -> Counter[Literal["new", "cross", "replaced"]]:
    """Announced papers as the category's own listing shows them.

    The feed of several categories calls a paper new if it is new to any of them; in the listing
    of a category that is not its primary one it is a cross-list.
    """
    kinds: Counter[Literal["new", "cross", "replaced"]] = Counter()
    for paper in papers:
        if paper.announced is None:
            continue
        if paper.announced.type == "new" and _is_in(next(iter(paper.categories), ""), category):
            kinds["new"] += 1
        else:
            kinds["cross" if paper.announced.type in ("new", "cross") else "replaced"] += 1
    return kinds


def _is_in(listed: str, category: str) -> bool:
    names = (listed, _OTHER_NAME.get(listed, listed))
    return category in names or any(name.startswith(f"{category}.") for name in names)
