"""What was measured as a Markdown table, every figure with its ratio to ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.peers.judge import Verdict

COLUMNS = (
    "way",
    "wall time",
    "tokens written",
    "claims",
    "with a citation",
    "held by a passage",
    "numbers in claims",
    "wrong numbers in claims / abstracts",
    "numbers lost in abstracts",
    "English left in",
    "going in circles",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One way: its name, its seconds from the command to the last answer, and what came of it."""

    way: str
    seconds: float
    tokens: int
    verdict: Verdict


def markdown(ways: Sequence[Measured]) -> str:
    """The table; ratios are against the first way, which is ours."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(_cells(each, ways[0]) for each in ways)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cells(each: Measured, ours: Measured) -> tuple[str, ...]:
    it, us = each.verdict, ours.verdict
    return (
        each.way,
        _against(round(each.seconds), round(ours.seconds), " s"),
        _against(each.tokens, ours.tokens),
        _against(it.claims, us.claims),
        str(it.cited),
        _against(it.held, us.held),
        _against(it.numbers, us.numbers),
        f"{it.wrong} / {it.invented}",
        str(it.lost),
        str(it.english),
        str(it.loops),
    )


def _against(figure: int, ours: int, unit: str = "") -> str:
    """A figure and what it is of ours: ``120 s (2.00x)``."""
    ratio = f" ({figure / ours:.2f}x)" if ours else ""
    return f"{figure:,}{unit}{ratio}"
