"""Which sentence of a paper a bullet is from, by the words alone. Pure.

At writing, to find a bullet that strays from what it cites; at checking, on the same sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.explain.passages import Passage
from digest.words.lexicon import Aligner, words

LEAST_SUPPORT, FEW_WORDS = 0.3, 8
"""A bullet of so many known words, of which its evidence says less, is about something else."""
STRAYS_BELOW = 0.75
"""A bullet whose cited sentences say less than this share of what another says is wrongly cited."""
_LEAST_SAID = 0.25


def aligner(passages: Sequence[Passage]) -> Aligner:
    """Of the sentences that may be evidence."""
    return Aligner({passage.sentence.id: passage.sentence.text for passage in passages})


def strays(found: Aligner, text: str, cited: Sequence[str]) -> str:
    """The sentence that ``text`` is from rather than from those that it cites; "" for none.

    Silent where no sentence says a good part of ``text``.
    """
    closest, said = found.best(text)
    if said < _LEAST_SAID or closest in cited:
        return ""
    return closest if found.support(text, cited) < STRAYS_BELOW * said else ""


def unheard(found: Aligner, text: str, cited: Sequence[str]) -> bool:
    """Whether what is cited hardly speaks of what ``text`` says; few words are no measure."""
    return len(words(text)) >= FEW_WORDS and found.support(text, cited) < LEAST_SUPPORT
