"""How well translations keep what can be checked; rates over translated text alone.

After repair the hard checks hold by construction, as what fails one is shown in English: the rates
then say that nothing slipped through, and the share in English says at what price.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.evaluate.report import share
from digest.translate import checks
from digest.words import atoms
from digest.words.script import to_simplified

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Of sentence pairs. A rate of nothing is None.

    Args:
        sentences: How many.
        numbers: Kept, of the source's.
        extra_numbers: Made up, of the target's.
        math: Kept or made up as it is in the source, of sentences that have any.
        urls: The same.
        names: Kept, of the source's names and acronyms; verbatim or in their usual Chinese form.
        names_verbatim: Kept letter by letter.
        punctuation: Of sentences.
        simplified: Of Chinese characters.
        repetition: Sentences; so the next two.
        leakage: With words of the prompt.
        untranslated: Whole, or with a long stretch of English.
        english_words: Sentences with an English word amid the Chinese.
        doubts: Sentences with any soft check failing.
    """

    sentences: int
    numbers: float | None
    extra_numbers: float | None
    math: float | None
    urls: float | None
    names: float | None
    names_verbatim: float | None
    punctuation: float | None
    simplified: float | None
    repetition: int
    leakage: int
    untranslated: int
    english_words: int
    doubts: int


def rates(pairs: Pairs) -> Rates:
    """Measure source and target of each sentence."""
    held = [checks.run(source, target) for source, target in pairs]

    def failing(name: str) -> int:
        return sum(not each[name] for each in held)

    with_math = [(s, t) for s, t in pairs if atoms.maths(s)]
    with_urls = [(s, t) for s, t in pairs if atoms.urls(s)]
    wanted = [n for s, t in pairs for n in atoms.numbers(s) if n.hard]
    stated = [n for s, t in pairs for n in atoms.numbers(t) if n.hard]
    named = [(name, t) for s, t in pairs for name in atoms.names(s)]
    han = [char for _, t in pairs for char in t if "\u3400" <= char <= "\u9fff"]
    changed = sum(
        a != b for _, t in pairs for a, b in zip(t, to_simplified(t), strict=False) if a > "\u3400"
    )
    soft = [name for name in held[0] if name not in checks.HARD] if held else []
    return Rates(
        sentences=len(pairs),
        numbers=_kept(sum(len(atoms.missing_numbers(s, t)) for s, t in pairs), len(wanted)),
        extra_numbers=share(sum(len(atoms.extra_numbers(s, t)) for s, t in pairs), len(stated)),
        math=share(sum(checks.math(s, t) for s, t in with_math), len(with_math)),
        urls=share(sum(checks.urls(s, t) for s, t in with_urls), len(with_urls)),
        names=_kept(sum(len(atoms.missing_names(s, t)) for s, t in pairs), len(named)),
        names_verbatim=share(sum(_verbatim(name, t) for name, t in named), len(named)),
        punctuation=_kept(failing("punctuation"), len(pairs)),
        simplified=_kept(changed, len(han)),
        repetition=failing("repetition"),
        leakage=failing("leakage"),
        untranslated=failing("untranslated"),
        english_words=failing("english_left"),
        doubts=sum(not all(each[name] for name in soft) for each in held),
    )


def _verbatim(name: str, target: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}", target) is not None


def _kept(lost: int, whole: int) -> float | None:
    return share(whole - lost, whole)
