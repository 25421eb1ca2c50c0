"""What is left out of a prompt that does not fit: whole passages, the least relevant first."""

from __future__ import annotations

from collections.abc import Sequence


def fit(passages_tokens: Sequence[int], relevance: Sequence[float], room: int) -> tuple[int, ...]:
    """Which passages stay, by their indices in reading order.

    The least relevant goes first, of equals the last; nothing is left out that need not be, in
    this order.

    Args:
        passages_tokens: Exact length of each.
        relevance: A number for each; empty: the last go first.
        room: Tokens that all of them may take.

    Raises:
        ValueError: ``relevance`` has another length.
    """
    if relevance and len(relevance) != len(passages_tokens):
        raise ValueError(f"{len(relevance)} numbers for {len(passages_tokens)} passages")
    ranked = sorted(
        range(len(passages_tokens)), key=lambda i: (relevance[i] if relevance else 0.0, -i)
    )
    over, going = sum(passages_tokens) - room, 0
    while over > 0 and going < len(ranked):
        over -= passages_tokens[ranked[going]]
        going += 1
    return tuple(sorted(ranked[going:]))
