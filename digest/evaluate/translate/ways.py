"""Ways of asking a model, compared on texts that no reported figure is from.

After the first, each row changes one thing of a greedy first answer; the other rungs of the ladder
are as they are in a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest import assembly
from digest.config import Config
from digest.evaluate.cached import CachedEngine
from digest.evaluate.report import Part, Report, machine, table
from digest.evaluate.translate import opened, remembering
from digest.evaluate.translate.rates import rates
from digest.evaluate.translate.samples import ABSTRACTS, Sample, Sizes, develop, load
from digest.evaluate.translate.scores import score
from digest.evaluate.translate.systems import Translated, pairs, translated
from digest.generation import DecodeOptions
from digest.translate.translator import DRAWN, INSTRUCTED, Translator, Ways
from digest.words.terms import Glossary

SENTENCES = 30
"""Of each set."""
_GREEDY = DecodeOptions()
_FOUR = DecodeOptions(beam_size=4)


@dataclass(frozen=True, slots=True)
class Way:
    """A row of the table."""

    name: str
    ways: Ways
    glossary: bool = True


WAYS = (
    Way("as in a run: 2 beams at once, then the best of 4", INSTRUCTED),
    Way("greedy, then the best of 4 beams", replace(INSTRUCTED, first=_GREEDY)),
    Way("4 beams at once", replace(INSTRUCTED, first=_FOUR)),
    Way("greedy, then 4 drawn", replace(INSTRUCTED, first=_GREEDY, again=DRAWN)),
    *(
        Way(name, replace(INSTRUCTED, first=_GREEDY, wording=wording, retry=wording))
        for name, wording in (
            ("greedy, a prompt in Chinese", "chinese.j2"),
            ("greedy, one that wants no English", "strict.j2"),
            ("greedy, a short one", "short.j2"),
        )
    ),
    Way("greedy, without the glossary", replace(INSTRUCTED, first=_GREEDY), glossary=False),
    Way("greedy, clauses at once", replace(INSTRUCTED, first=_GREEDY, clauses=True)),
    Way("greedy, math as marks at once", replace(INSTRUCTED, first=_GREEDY, marks=True)),
)
_HEAD = (
    "way", "BLEU", "chrF", "doubts", "in English", "numbers raw", "math raw", "names", "tokens",
)  # fmt: skip


def compare(data: Path, config: Config, names: Sequence[str], sizes: Sizes) -> Report:
    """The table for each of the models ``names``, those of a run where there are none.

    Raises:
        DigestError: ``data`` or a model cannot be used.
    """
    held_out = develop(data, load(data, sizes), SENTENCES)
    sentences = sum(len(text.sentences) for sample in held_out for text in sample.texts)
    glossary = assembly.glossary(config, "zh")
    parts = []
    for name in names or opened(config, ()):
        rows = []
        with remembering(name, config) as engine:
            for way in WAYS if engine.instructed and engine.searches else WAYS[:1]:
                rows.append(_row(way, engine, glossary, held_out))
        title = f"{name}: ways of asking, on {sentences} sentences that no figure is from"
        parts.append(Part(title, (), tuple(table(_HEAD, rows)), {"rows": rows}))
    return Report(machine(), tuple(parts))


def _row(way: Way, engine: CachedEngine, lab: Glossary, held_out: Sequence[Sample]) -> list[str]:
    """BLEU is the mean of the sets'; tokens are written for a sentence, those of all beams."""
    glossary = lab if way.glossary else Glossary()
    ways = way.ways if engine.instructed else None
    translator = Translator(engine, glossary=glossary, ways=ways)
    engine.written.clear()
    made: dict[str, list[Translated]] = {
        each.name: translated(translator, each) for each in held_out
    }
    every = [each for texts in made.values() for each in texts]
    sentences = [sentence for each in every for sentence in each.sentences]
    scores = [
        score([each.whole for each in made[name]], [each.text.reference for each in made[name]])
        for name in made
        if name != ABSTRACTS
    ]
    after, first = rates(pairs(every, raw=False)), rates(pairs(every, raw=True))
    shown = [
        sum(score.bleu for score in scores) / len(scores) if scores else None,
        sum(score.chrf for score in scores) / len(scores) if scores else None,
    ]
    return [
        way.name,
        *("-" if figure is None else f"{figure:.1f}" for figure in shown),
        str(after.doubts),
        str(sum(sentence.kept for sentence in sentences)),
        *("-" if x is None else f"{x:.3f}" for x in (first.numbers, first.math, after.names)),
        f"{sum(engine.written.values()) / len(sentences):.0f}",
    ]
