"""A long sentence in two or more clauses, for a model that loses its thread in one go."""

from __future__ import annotations

import re

from digest.words import atoms

MIN_CHARS = 40
"""Of a piece; a shorter one says too little to be translated alone."""
MAX_CHARS = 160
"""A longer piece is cut again."""

_STRONG = re.compile(
    r"[;:]\s+|\s+[—–]+\s+|---?\s"
    r"|,\s+(?=(?:and|but|which|while|whereas|where|so|yet|as|because|since|when|if|with|thus"
    r"|including|such as|leading|making|achieving|allowing|enabling|showing)\b)"
)
_WEAK = re.compile(r",\s+|\s+(?=(?:and|but|which|while|that|because|when|with|by|for)\s)")


def split_clauses(sentence: str) -> list[str]:
    """The clauses in order, or the sentence alone where it cannot be cut.

    Cuts where the halves are most alike, never inside math or brackets; a comma at the cut is
    dropped. Nothing else is lost.
    """
    cut = _best_cut(sentence, _STRONG) or _best_cut(sentence, _WEAK)
    if cut is None:
        return [sentence]
    pieces = [sentence[: cut[0]].rstrip(" ,;:—–-"), sentence[cut[1] :].lstrip()]
    return [
        clause
        for piece in pieces
        for clause in (split_clauses(piece) if len(piece) > MAX_CHARS else [piece])
    ]


def _best_cut(sentence: str, pattern: re.Pattern[str]) -> tuple[int, int] | None:
    middle = len(sentence) / 2
    masked = _masked(sentence)
    cuts = [
        match.span()
        for match in pattern.finditer(masked)
        if match.start() >= MIN_CHARS and len(sentence) - match.end() >= MIN_CHARS
    ]
    return min(cuts, key=lambda cut: abs(cut[0] - middle), default=None)


def _masked(sentence: str) -> str:
    """The sentence, same length, with math and brackets blotted out."""
    for span in (*atoms.maths(sentence), *re.findall(r"\([^()]*\)|\[[^\[\]]*\]", sentence)):
        sentence = sentence.replace(span, "x" * len(span))
    return sentence
