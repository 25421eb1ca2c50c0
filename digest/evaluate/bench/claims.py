"""How many bullets of a free answer hold, judged kindly: anywhere in the paper will do.

A plain answer cites nothing. A bullet of it counts as verified where some sentence of the paper, or
two that follow each other, hold it by the very checks that our own bullets must pass against the
sentences that they cite.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from digest.explain.repair import normalise
from digest.explain.verify import faults
from digest.records import Document


def bullets(answer: str) -> list[str]:
    """The lines of an answer as bullets, each once."""
    lines = (normalise(line) for line in answer.splitlines() if line.strip())
    return list(dict.fromkeys(line for line in lines if line))


def holds(bullet: str, windows: Sequence[Sequence[str]]) -> bool:
    """Whether one of ``windows`` holds a bullet."""
    return any(not [f for f in faults(bullet, window) if f.hard] for window in windows)


def windows_of(document: Document) -> list[list[str]]:
    """Each sentence, and each two that follow each other."""
    texts = [sentence.text for sentence in document.sentences]
    return [*([text] for text in texts), *(list(pair) for pair in pairwise(texts))]


def verified(answers: Iterable[str], document: Document) -> tuple[int, int]:
    """How many bullets ``answers`` have, and how many of them the paper holds."""
    windows = windows_of(document)
    every = list(dict.fromkeys(b for answer in answers for b in bullets(answer)))
    return len(every), sum(holds(bullet, windows) for bullet in every)
