"""The evaluation, top to bottom: checks on faults made on purpose, other systems, our models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from digest.errors import ConfigError
from digest.evaluate.report import Goal, Part, Report, share, table
from digest.evaluate.translate import mutations, samples
from digest.evaluate.translate.rates import Rates, rates
from digest.evaluate.translate.samples import ABSTRACTS, Sample, Sizes
from digest.evaluate.translate.scores import Score, score
from digest.evaluate.translate.systems import Translated, pairs, published, translated
from digest.records import TranslatedSentence
from digest.translate import checks
from digest.translate.languages import LANGUAGES
from digest.translate.translator import RUNGS, Translator
from digest.translate.wording import normalise
from digest.words.typography import tidy

Opened = Callable[[], AbstractContextManager[Translator]]
"""Opens a translator whose engine remembers its answers."""

FOUND_BY = frozenset(
    {
        "numbers",
        "extra_numbers",
        "units",
        "names",
        "extra_names",
        "negation",
        "direction",
        "omission",
        "length",
    }
)
"""The checks that are to find the faults made on purpose."""
_MOST_FALSE = 0.05
_GAINING, _LEAST_GAIN = ("opusmt", "nllb"), 3.0
_ROUNDING = 0.05  # scores are published to one decimal


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure. ``translators``: by the name that the report gives them."""

    sizes: Sizes
    translators: dict[str, Opened]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The report, and every text with its translations by translator and set."""

    report: Report
    texts: dict[str, dict[str, list[Translated]]]


def evaluate(data: Path, options: Options, machine: str) -> Evaluation:
    """Measure translations of the folder ``data``.

    Raises:
        ConfigError: ``data`` holds no texts.
        DigestError: An engine fails.
    """
    drawn = samples.load(data, options.sizes)
    references = _references(data)
    parts = []
    if references:
        parts += [_mutations(references), _false_alarms(references)]
    parts += list(_systems(data, drawn))
    texts = {}
    for name, opened in options.translators.items():
        with opened() as translator:
            texts[name] = {sample.name: translated(translator, sample) for sample in drawn}
        parts.append(_translator(name, texts[name], drawn))
    if not parts:
        raise ConfigError(f"{data} holds nothing to measure", "see the README")
    return Evaluation(Report(machine, tuple(parts)), texts)


def _references(data: Path) -> list[tuple[str, str]]:
    """Sentences with what a person made of them, normalised as a model's answer would be.

    Paragraphs (d2l) are no sentences.
    """
    names = [name for name in samples.PARALLEL if name != "d2l"]
    texts = [text for name in names for text in samples.texts_of(data, name)]
    chinese = LANGUAGES["zh-Hans"]
    return [(text.source, normalise(text.source, text.reference, chinese)) for text in texts]


def _mutations(references: Sequence[tuple[str, str]]) -> Part:
    found = list(mutations.measure(references, checks.run, sorted(FOUND_BY)))
    goals = tuple(
        Goal(each.kind.name, share(each.found, each.made), each.kind.least) for each in found
    )
    rows = [[each.kind.name, str(each.made), _most(each.by)] for each in found]
    missed = {each.kind.name: list(each.missed[:20]) for each in found}
    return Part(
        f"faults made on purpose in {len(references)} human references: the share that is found",
        goals,
        tuple(table(("kind", "made", "found by"), rows)),
        {"missed": missed},
    )


def _most(counts: Mapping[str, int]) -> str:
    """The three with the highest counts."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count}" for name, count in ordered[:3])


def _false_alarms(references: Sequence[tuple[str, str]]) -> Part:
    held = [checks.run(source, target) for source, target in references]
    failing = {name: sum(not each[name] for each in held) for name in held[0]}
    of_kind = {name: count for name, count in failing.items() if name in FOUND_BY}
    any_of = sum(any(not each[name] for name in FOUND_BY) for each in held)
    hard = sum(not checks.passes(each) for each in held)
    worst = share(max(of_kind.values()), len(held))
    goals = (
        Goal("the check that is wrong most often", worst, None, _MOST_FALSE),
        Goal("any of these checks", share(any_of, len(held)), None, _MOST_FALSE),
        Goal("kept from publication", share(hard, len(held))),
    )
    ordered = sorted(failing.items(), key=lambda item: -item[1])
    return Part(
        "false alarms on the same references",
        goals,
        (", ".join(f"{name} {count / len(held):.4f}" for name, count in ordered if count),),
    )


def _systems(data: Path, drawn: Sequence[Sample]) -> Iterator[Part]:
    """Of whole sets: scoring is quick."""
    for sample in drawn:
        whole = Sample(sample.name, tuple(samples.texts_of(data, sample.name)), sample.whole)
        outputs = published(data, whole)
        if not outputs:
            continue
        references = [text.reference for text in whole.texts]
        before = {name: score(lines, references) for name, lines in outputs.items()}
        after = {
            name: score([tidy(line) for line in lines], references)
            for name, lines in outputs.items()
        }
        gains = {name: after[name].bleu - before[name].bleu for name in outputs}
        goals = [Goal(f"{n}: BLEU gained", gains[n], _LEAST_GAIN) for n in _GAINING if n in gains]
        goals.append(Goal("least gained of all", min(gains.values()), -_ROUNDING))
        rows = [
            [name, *(f"{x:.2f}" for x in (b.bleu, after[name].bleu, b.chrf, after[name].chrf))]
            for name, b in before.items()
        ]
        head = ("system", "BLEU", "tidied", "chrF", "tidied")
        yield Part(
            f"our typography on published outputs, all {whole.whole} sentences of {sample.name}",
            tuple(goals),
            (*table(head, rows), next(iter(before.values())).signature),
        )


def _translator(name: str, made: dict[str, list[Translated]], drawn: Sequence[Sample]) -> Part:
    every = [each for texts in made.values() for each in texts]
    sentences = [sentence for each in every for sentence in each.sentences]
    raw, repaired = rates(pairs(every, raw=True)), rates(pairs(every, raw=False))
    kept = sum(sentence.kept for sentence in sentences)
    by_rung = {rung: sum(s.how == rung and not s.kept for s in sentences) for rung in RUNGS}
    notes = [
        f"{len(sentences)} sentences: {sum(by_rung.values())} repaired ("
        + ", ".join(f"{rung} {count}" for rung, count in by_rung.items())
        + f"), {kept} shown in English",
        *table(("", "raw", "repaired"), _rows(raw, repaired)),
        *table(
            ("set", "texts", "BLEU raw", "repaired", "chrF raw", "repaired"),
            [row for sample in drawn if (row := _scored(sample, made[sample.name]))],
        ),
    ]
    return Part(
        name,
        _goals(repaired, kept, len(sentences)),
        tuple(notes),
        {"raw": asdict(raw), "repaired": asdict(repaired), "rungs": by_rung, "kept": kept},
    )


def _goals(found: Rates, kept: int, sentences: int) -> tuple[Goal, ...]:
    return (
        Goal("numbers kept", found.numbers, 0.995),
        Goal("numbers made up", found.extra_numbers, None, 0.005),
        Goal("math as it was", found.math, 1.0),
        Goal("addresses as they were", found.urls, 1.0),
        Goal("punctuation right", found.punctuation, 0.999),
        Goal("simplified characters", found.simplified, 0.999),
        Goal("sentences that go in circles", found.repetition, None, 0),
        Goal("with words of the prompt", found.leakage, None, 0),
        Goal("untranslated and not marked", found.untranslated, None, 0),
        Goal("names and acronyms kept", found.names, 0.98),
        Goal("shown in English, marked", share(kept, sentences), None, 0.02),
    )


def _rows(raw: Rates, repaired: Rates) -> list[list[str]]:
    before, after = asdict(raw), asdict(repaired)
    return [[name.replace("_", " "), _cell(before[name]), _cell(after[name])] for name in before]


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _scored(sample: Sample, made: Sequence[Translated]) -> list[str]:
    if sample.name == ABSTRACTS:
        return []
    references = [each.text.reference for each in made]
    raw: Score = score([each.raw_whole for each in made], references)
    after = score([each.whole for each in made], references)
    figures = (raw.bleu, after.bleu, raw.chrf, after.chrf)
    return [sample.name, str(len(made)), *(f"{figure:.1f}" for figure in figures)]


def side_by_side(texts: dict[str, dict[str, list[Translated]]], name: str, count: int) -> list[str]:
    """The first texts of a set with every translation of them, as Markdown for a person to read."""
    lines: list[str] = []
    sources = next(iter(texts.values()), {}).get(name, [])[:count]
    for number, first in enumerate(sources):
        lines += [f"## {name} {first.text.number}", "", " ".join(first.text.source.split()), ""]
        for translator, sets in texts.items():
            each = sets[name][number]
            lines += [f"### {translator}", "", each.whole, ""]
            lines += [
                f"- {_remark(s)}" for s in each.sentences if s.how or not all(s.checks.values())
            ]
            lines.append("")
    return lines


def _remark(sentence: TranslatedSentence) -> str:
    failed = ", ".join(name for name, passed in sentence.checks.items() if not passed)
    how = "in English" if sentence.kept else sentence.how or "first answer"
    return f"{how}{f' ({failed})' if failed else ''}: {sentence.text}"
