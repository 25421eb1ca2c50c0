"""A checker model: does the evidence say what the claim says? It marks, it never drops.

The model is asked for one word; how likely it holds "yes" comes from the log-probability of that
word, so that one token a claim is decoded, all claims of a paper together. What the program
verifies does not depend on it: it speaks to meaning, of which the program knows nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

from digest.explain.writers import environment
from digest.generation import Completion, DecodeOptions, Engine, Prompt
from digest.records import DOUBTED, Breakdown, Claim, leaves

_ONE_WORD = DecodeOptions(max_output_tokens=1)
_YES, _NO = ("是", "yes", "对"), ("否", "不", "no", "错", "是否")


class Judge:
    """Asks one engine about claims."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._prompt = Prompt.parse(environment().get_template("judge.j2").render())
        made = (engine.name, engine.version, engine.model, engine.sha256, self._prompt)
        self.identity = hashlib.sha256(repr(made).encode()).hexdigest()

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """For ``(claim, evidence)`` the probability of "yes"; None where it says neither."""
        if not pairs:
            return []
        inputs = [f"原文：{evidence}\n说法：{claim}" for claim, evidence in pairs]
        return [_yes(answer) for answer in self._engine.complete(self._prompt, inputs, _ONE_WORD)]

    def marked(self, reading: Breakdown) -> Breakdown:
        """The same claims with how likely the checker finds each supported."""
        parts = (reading.problem, reading.method, reading.results)
        pairs = [(c.text, " ".join(each.quote for each in c.evidence)) for c in leaves(reading)]
        found = iter(self.support(pairs))

        def mark(claim: Claim) -> Claim:
            if claim.children:
                return replace(claim, children=tuple(mark(child) for child in claim.children))
            return replace(claim, support=next(found))

        problem, method, results = (tuple(mark(claim) for claim in part) for part in parts)
        return replace(reading, problem=problem, method=method, results=results)


def _yes(answer: Completion) -> float | None:
    """How likely "yes" is; the word that was said decides on which side of a half."""
    if answer.score is None:
        return None
    word, sure = answer.text.strip().lower(), math.exp(answer.score)
    if word.startswith(_NO):
        return min(1 - sure, DOUBTED - 0.01)
    return max(sure, DOUBTED) if word.startswith(_YES) else None
