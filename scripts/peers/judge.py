"""The same judge for everyone: what was published, and how much of it is wrong.

Kind to those who cite nothing: a number counts as wrong only where the paper has it nowhere, in no
form that is known here (digits, words, Han numerals, percent, powers, 亿 for hundred millions).
What it cannot see: a right number said of the wrong thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from digest.evaluate.bench import claims
from digest.records import Document
from digest.translate import checks
from digest.words import atoms
from digest.words.sentences import split_sentences
from scripts.peers.asked import TRANSLATION, Answer, Source


@dataclass(frozen=True, slots=True)
class Written:
    """What is published of a paper. ``cited``: bullets that name a place of the paper."""

    paper: str
    bullets: tuple[str, ...]
    translation: str
    cited: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts over all papers.

    Args:
        claims: Bullets that are published.
        cited: Of them, those that cite a sentence.
        numbers: Numbers in the bullets; one that a bullet repeats counts once.
        wrong: Of them, those that the paper has nowhere.
        held: Bullets that a sentence of the paper, or two that follow each other, hold by the
            checks that ours must pass.
        lost: Numbers of the abstracts that their translations lack.
        invented: Numbers of the translations that their abstracts lack.
        english: Bullets, and sentences of translations, with English words that are no names.
        loops: Likewise, that say the same words over and over.
    """

    claims: int = 0
    cited: int = 0
    numbers: int = 0
    wrong: int = 0
    held: int = 0
    lost: int = 0
    invented: int = 0
    english: int = 0
    loops: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        names = [field.name for field in fields(self)]
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in names))


def parsed(answers: Iterable[Answer], source: Source) -> Written:
    """A peer's answers of one paper as what its script would publish."""
    own = [answer for answer in answers if answer.paper == source.name]
    bullets = [b for a in own if a.part != TRANSLATION for b in claims.bullets("\n".join(a.lines))]
    translation = " ".join(a.text.strip() for a in own if a.part == TRANSLATION)
    return Written(source.title, tuple(dict.fromkeys(bullets)), translation)


def judged(written: Written, source: Source, document: Document) -> Verdict:
    """How a paper was served. ``document``: what we read of it, which holds its table rows too."""
    everything = _everything(source, document)
    windows = claims.windows_of(document)
    bullets = written.bullets
    units = [*bullets, *split_sentences(written.translation)]
    return Verdict(
        claims=len(bullets),
        cited=written.cited,
        numbers=sum(len({n.text for n in atoms.numbers(b) if n.hard}) for b in bullets),
        wrong=len(wrong_numbers(bullets, everything)),
        held=sum(claims.holds(bullet, windows) for bullet in bullets),
        lost=len(atoms.missing_numbers(source.abstract, written.translation)),
        invented=len(atoms.extra_numbers(source.abstract, written.translation)),
        english=sum(_has_english(everything, unit) for unit in units),
        loops=sum(not checks.repetition(everything, unit) for unit in units),
    )


def _has_english(everything: str, unit: str) -> bool:
    """Whether it was left as it is, or half of it was."""
    return not (checks.untranslated(everything, unit) and checks.english_left(everything, unit))


def wrong_numbers(bullets: Sequence[str], everything: str) -> list[str]:
    """Numbers of bullets that a paper has nowhere, as they are written, each once a bullet."""
    found = ((n.text for n in atoms.extra_numbers(everything, bullet)) for bullet in bullets)
    return [text for each in found for text in dict.fromkeys(each)]


def _everything(source: Source, document: Document) -> str:
    """A paper's words, however they were read: hyphens of line ends hide none of its numbers."""
    rows = [" ".join(row.cells) for table in document.tables for row in table.rows]
    sentences = [sentence.text for sentence in document.sentences]
    plain = " ".join(source.text.split())
    return "\n".join([source.title, source.abstract, plain, *sentences, *rows])
