"""Which of a day's papers the post carries, and in which order, before anything is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.records import LeftOut, Paper
from digest.selection.interest import Interest
from digest.selection.rules import Rules


@dataclass(frozen=True, slots=True)
class Choice:
    """The papers of the post in its order, and those kept out; together they are the input."""

    chosen: tuple[Paper, ...]
    left_out: tuple[LeftOut, ...]


def choose(
    papers: Sequence[Paper],
    rules: Rules,
    interest: Interest | None,
    limit: int | None,
    taken: int = 0,
) -> Choice:
    """Choose by rules, then put the best first, then cut at the limit.

    A paper's rank is its interest, as a share of the day's highest, plus its boosts: a boost of 1
    puts it above the nearest paper without one. Papers of one rank come by id where there is an
    interest, else in the order given.

    Args:
        papers: All that could be in the post, each once.
        rules: Of the configuration.
        interest: What the lab likes; None ranks by boosts alone.
        limit: At most so many papers in the post, at least 0; None for all.
        taken: How many the post has already.
    """
    if limit is not None and limit < 0:
        raise ValueError(f"limit must be at least 0, not {limit}")
    refusals = [(paper, rules.refusal(paper)) for paper in papers]
    ranked = _ranked([paper for paper, reason in refusals if reason is None], rules, interest)
    chosen = ranked if limit is None else ranked[: max(0, limit - taken)]
    refused = [_left_out(paper, reason) for paper, reason in refusals if reason is not None]
    cut = [_left_out(paper, f"数量限制（--limit {limit}）") for paper in ranked[len(chosen) :]]
    return Choice(tuple(chosen), (*refused, *cut))


def _ranked(papers: Sequence[Paper], rules: Rules, interest: Interest | None) -> list[Paper]:
    scores = [0.0] * len(papers) if interest is None else interest.scores(papers)
    best = max(scores, default=0.0) or 1.0
    ranks = {
        paper.id: score / best + rules.weight(paper)
        for paper, score in zip(papers, scores, strict=True)
    }
    known = sorted(papers, key=lambda paper: paper.id) if interest is not None else list(papers)
    return sorted(known, key=lambda paper: -ranks[paper.id])


def _left_out(paper: Paper, reason: str) -> LeftOut:
    return LeftOut(paper.id, paper.title, reason)
