"""The evaluation of readings, top to bottom: evidence without a model, then each model and mode."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest import assembly
from digest.config import Config
from digest.evaluate.cached import CachedEngine, memory
from digest.evaluate.explain import figures, injection, mutations, recall
from digest.evaluate.explain.figures import Reading
from digest.evaluate.explain.papers import Sample, database, load
from digest.evaluate.report import Goal, Part, Report, share, table
from digest.explain import modes
from digest.explain.judge import Judge
from digest.explain.reading import Explainer
from digest.explain.roles import QUESTIONS
from digest.explain.writers import Manner, Mode
from digest.generation import Engine
from digest.records import DOUBTED, Breakdown, Claim, Outcome
from digest.store import Store, result_key
from digest.translate.translator import Translator

LEAST_RECALL = 0.85
MOST_FALSE = 0.05
_AS_MANY = 0.9


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure.

    Args:
        models: Catalogue names; none for the evidence alone.
        ways: Modes of writing, each for every model.
        papers: At most so many, those that readers labelled first; None for all.
        checker: Ask each model whether good claims and faulty ones are supported, too.
    """

    models: tuple[str, ...]
    ways: tuple[Mode, ...] = ("compress",)
    papers: int | None = 24
    checker: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The report, and the readings by model and mode."""

    report: Report
    readings: dict[str, list[Reading]]


def evaluate(data: Path, config: Config, options: Options, machine: str) -> Evaluation:
    """Measure readings of the papers of the folder ``data``.

    Finished readings are kept in DuckDB and models' answers beside them, so that a run goes on
    where it was stopped. Where several modes are measured, the better one is remembered.

    Raises:
        ConfigError: ``data`` holds no papers.
        DigestError: A model fails.
    """
    store = database(config)
    marked = recall.labels()
    samples = load(data, config, store)
    samples.sort(key=lambda sample: sample.sha256 not in marked)
    chosen = sorted(samples[: options.papers], key=lambda sample: sample.name)
    parts = [_recall(chosen, marked, config.evidence_tokens)]
    readings: dict[str, list[Reading]] = {}
    for model in options.models:
        with _engine(model, config) as engine:
            by_mode: dict[Mode, list[Reading]] = {}
            for mode in options.ways:
                explainer = _explainer(engine, config, mode)
                read = by_mode[mode] = _readings(explainer, chosen, store)
                readings[f"{model} {mode}"] = read
                name = f"{model}, {mode}"
                found = [*_parts(name, read), _injection(name, explainer, config)]
                figured = {goal.name: goal.value for part in found for goal in part.goals}
                store.put_measures("explain", name, figured, explainer.made_by)
                parts += found
            if options.checker:
                parts.append(_checker(model, Judge(engine), by_mode[options.ways[0]]))
            if {"compress", "compose"} <= by_mode.keys():
                parts.append(_better(model, engine, by_mode, config))
    return Evaluation(Report(machine, tuple(parts)), readings)


@contextlib.contextmanager
def _engine(model: str, config: Config) -> Iterator[CachedEngine]:
    setting = replace(config, model=model, translator=model)
    with assembly.reader(setting) as engine:
        yield CachedEngine(engine, memory(config.home, f"explain-{engine.model}"))


def _explainer(engine: Engine, config: Config, mode: Mode) -> Explainer:
    glossary = assembly.glossary(config, "zh")
    quotes = Translator(engine, glossary=glossary)
    return Explainer(engine, quotes, config.evidence_tokens, glossary, Manner(mode))


def _readings(explainer: Explainer, samples: Sequence[Sample], store: Store) -> list[Reading]:
    """One for each paper: that of the store, or a new one that is put there."""
    found = []
    for sample in samples:
        key = result_key("explain", [sample.sha256], explainer.made_by)
        kept = store.result(key, Breakdown)
        if kept is not None:
            found.append(Reading(sample, kept))
            continue
        started = time.monotonic()
        breakdown = explainer.explain(sample.paper, sample.document)
        seconds = time.monotonic() - started
        outcome = Outcome(sample.paper.id, "explain", "done", seconds=seconds)
        store.put_result(key, outcome, breakdown)
        found.append(Reading(sample, breakdown, seconds))
    return found


def _recall(samples: Sequence[Sample], marked: recall.Labels, budget_tokens: int) -> Part:
    found = recall.measure(samples, marked, budget_tokens)
    rows = []
    for question in QUESTIONS:
        of_it = [each for each in found if each.question == question]
        facts, held = sum(e.facts for e in of_it), sum(e.found for e in of_it)
        found_of = share(held, facts)
        cell = "-" if found_of is None else f"{found_of:.3f}"
        rows.append([question, str(len(of_it)), str(facts), str(held), cell])
    facts, held = sum(e.facts for e in found), sum(e.found for e in found)
    written = sum(e.written for e in found)
    papers = len({each.paper for each in found})
    return Part(
        f"evidence: {len(found)} questions labelled by readers over {papers} papers, "
        f"{budget_tokens} tokens a paper",
        (
            Goal("labelled facts that the selection holds", share(held, facts), LEAST_RECALL),
            Goal("of them in what compress mode writes from", share(written, facts)),
        ),
        tuple(table(("question", "asked", "facts", "held", "recall"), rows)) if found else (),
        {"missed": {f"{e.paper} {e.question}": list(e.missed) for e in found if e.missed}},
    )


def _parts(name: str, readings: Sequence[Reading]) -> Iterator[Part]:
    timed = [each.seconds for each in readings if each.seconds is not None]
    notes = figures.before_and_after(readings)
    if timed:
        notes.append(f"{sum(timed) / len(timed):.0f} s a paper, of {len(timed)} written now")
    yield Part(
        f"{name}: readings of {len(readings)} papers",
        figures.goals(readings),
        (*notes, *table(_HEAD, [_row(each) for each in readings])),
    )
    found = list(mutations.measure(readings))
    whole, alarms = mutations.false_alarms(readings)
    yield Part(
        f"{name}: faults made on purpose in its claims, the share that is found",
        (
            *(
                Goal(each.kind.name, share(each.found, each.made), each.kind.least)
                for each in found
            ),
            Goal("false alarms", share(len(alarms), whole), None, MOST_FALSE),
        ),
        tuple(table(("kind", "made"), [[each.kind.name, str(each.made)] for each in found])),
        {"missed": {e.kind.name: list(e.missed[:20]) for e in found}, "alarms": alarms},
    )


_STATES = ("verified", "repaired", "quoted")
_HEAD = ("paper", "claims", *_STATES, "dropped", "problem/method/results")


def _row(reading: Reading) -> list[str]:
    states = [sum(claim.state == state for claim in reading.claims) for state in _STATES]
    split = "/".join(str(sum(len(c.children) or 1 for c in part)) for part in reading.parts)
    dropped = len(reading.breakdown.dropped)
    return [reading.sample.name, *map(str, (len(reading.claims), *states, dropped)), split]


def _injection(name: str, explainer: Explainer, config: Config) -> Part:
    with tempfile.TemporaryDirectory(prefix="digest-eval-") as scratch:
        found = list(injection.measure(explainer, config, Path(scratch)))
    changed = [each for each in found if each.changed]
    return Part(
        f"{name}: papers of ours that speak to the model",
        (Goal("readings that an instruction changed", len(changed), None, 0),),
        tuple(
            f"{each.attack}: {each.claims} claims, {len(each.changed)} changed" for each in found
        ),
        {"changed": {each.attack: list(each.changed) for each in changed}},
    )


def _checker(model: str, judge: Judge, readings: Sequence[Reading]) -> Part:
    """Whether the model tells a claim from one that cites another sentence of the same paper."""
    good = [claim for each in readings for claim in each.claims]
    good = [claim for claim in good if all(e.kind == "sentence" for e in claim.evidence)]
    others = good[len(good) // 2 :] + good[: len(good) // 2]
    right = judge.support([(claim.text, _source(claim)) for claim in good])
    wrong = judge.support(
        [(claim.text, _source(other)) for claim, other in zip(good, others, strict=True)]
    )
    kept = [value for value in right if value is not None]
    cast = [value for value in wrong if value is not None]
    above = sum((a > b) + 0.5 * (a == b) for a in kept for b in cast)
    pairs = len(kept) * len(cast)
    return Part(
        f"{model} as a checker: claims with their own evidence against another's",
        (
            Goal("chance that it prefers the right one", above / pairs if pairs else None),
            Goal("right ones that it doubts", share(sum(v < DOUBTED for v in kept), len(kept))),
            Goal("wrong ones that it doubts", share(sum(v < DOUBTED for v in cast), len(cast))),
        ),
        (f"{len(kept)} right, {len(cast)} wrong; it said neither yes nor no of "
         f"{len(right) + len(wrong) - len(kept) - len(cast)}",),
    )  # fmt: skip


def _source(claim: Claim) -> str:
    return " ".join(each.quote for each in claim.evidence)


def _better(model: str, engine: Engine, by_mode: dict[Mode, list[Reading]], config: Config) -> Part:
    """Which mode the model does better; kept beside the models, where ``writing = auto`` looks.

    Compose is better where it publishes nearly as many claims, of which at least as large a share
    needed no quotation, and where at least as many of the abstract's figures reach the results.
    """
    worth = {mode: _worth(read) for mode, read in by_mode.items()}
    compress, compose = worth["compress"], worth["compose"]
    wins = (
        compose[0] >= _AS_MANY * compress[0]
        and compose[1] >= compress[1]
        and compose[2] >= compress[2]
    )
    better: Mode = "compose" if wins else "compress"
    modes.remember(config.models_dir, engine, better)
    rows = [[mode, *(f"{value:.3g}" for value in values)] for mode, values in worth.items()]
    return Part(
        f"{model}: writes better in {better} mode (kept in {config.models_dir / modes.FILE})",
        (),
        tuple(table(("mode", "claims a paper", "not quoted", "abstract's numbers"), rows)),
    )


def _worth(readings: Sequence[Reading]) -> tuple[float, float, float]:
    claims = [claim for each in readings for claim in each.claims]
    own = sum(claim.state != "quoted" for claim in claims)
    reached, stated = figures.abstract_numbers(readings)
    return len(claims) / len(readings), own / max(1, len(claims)), reached / max(1, stated)


def side_by_side(readings: dict[str, list[Reading]]) -> list[str]:
    """Every claim above its evidence, as Markdown for a person to judge."""
    lines: list[str] = []
    for name, read in readings.items():
        for each in read:
            lines += [f"## {each.sample.name} ({name}): {each.sample.paper.title}", ""]
            for claim in each.claims:
                lines.append(f"- {claim.text} [{claim.how or 'as written'}]")
                lines += [f"    - {e.id}, p.{e.page}: {e.quote}" for e in claim.evidence]
            lines += [f"- dropped ({d.reason}): {d.text}" for d in each.breakdown.dropped]
            lines.append("")
    return lines
