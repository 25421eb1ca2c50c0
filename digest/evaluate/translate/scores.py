"""BLEU and chrF against human references, by sacreBLEU with its Chinese tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Of a corpus, 0 to 100. ``signature``: sacreBLEU's, for comparison elsewhere."""

    bleu: float
    chrf: float
    signature: str


def score(outputs: Sequence[str], references: Sequence[str]) -> Score:
    """Corpus scores; same order, same number.

    Raises:
        ValueError: The numbers differ.
    """
    if len(outputs) != len(references):
        raise ValueError(f"{len(outputs)} outputs for {len(references)} references")
    # Imports numpy and lxml; only measured on demand.
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    bleu, chrf = BLEU(tokenize="zh"), CHRF()
    held = [list(references)]
    found = bleu.corpus_score(list(outputs), held).score
    return Score(found, chrf.corpus_score(list(outputs), held).score, str(bleu.get_signature()))
