"""Measurements, runnable offline by anyone."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from digest.cli.session import (
    EXIT_FAILED,
    Session,
    json_option,
    json_text,
    model_option,
    pass_session,
)
from digest.records import to_builtins

if TYPE_CHECKING:  # evaluations load much that --help need not wait for
    from digest.evaluate.report import Report

log = logging.getLogger("digest")

ABSTRACTS = 10
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.command()
@click.argument("papers", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--abstracts",
    metavar="FILE|FOLDER",
    required=True,
    type=click.Path(exists=True),
    help='One object a line with an "abstract", or a folder of NAME.json; the first ten count.',
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Keep what was measured there; what it has is not measured again.",
)
@model_option
@json_option
@pass_session
def bench(
    session: Session,
    papers: tuple[str, ...],
    abstracts: str,
    state: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Measure the engines on PAPERS (PDFs) against the plain ways, as ratios in one run.

    Nothing else should run meanwhile. Takes about 15 minutes a paper with the 0.5 B on two cores.
    Exit code 1 where a figure misses its goal.
    """
    from digest.evaluate import bench as benchmark
    from digest.evaluate.bench.figures import Notebook
    from digest.evaluate.bench.texts import read_abstracts

    config = session.config(model=model, translator=model)
    setup = benchmark.Setup(
        config, tuple(map(Path, papers)), tuple(read_abstracts(Path(abstracts), ABSTRACTS))
    )
    heading = benchmark.heading(setup)
    if not as_json:
        click.echo("\n".join(heading.lines()))
    missed = False
    for measured in Notebook(Path(state) if state else None).measured(benchmark.parts(setup)):
        if as_json:
            click.echo(json_text({**to_builtins(heading), **to_builtins(measured)}))
        else:
            click.echo(f"\n{measured.title}{'  (kept from before)' if measured.kept else ''}")
            click.echo("\n".join(figure.line() for figure in measured.figures))
        missed |= any(figure.met is False for figure in measured.figures)
    if missed:
        sys.exit(EXIT_FAILED)


def _data_option(what: str) -> Callable[[_Command], _Command]:
    """``--data FOLDER``: what is measured on; ``what`` the folder holds."""
    folder = click.Path(exists=True, file_okay=False)
    return click.option("--data", metavar="FOLDER", type=folder, required=True, help=what)


@click.group("eval")
def evaluation() -> None:
    """How good the results are, measured against known truth."""


@evaluation.command("extract")
@_data_option("pdfs/*.pdf, with sections/*.json and hostile/*.pdf where there are any.")
@click.option("--quick", is_flag=True, help="Without the layout model and other programs.")
@json_option
@pass_session
def eval_extract(session: Session, data: str, quick: bool, as_json: bool) -> None:
    """How well PDFs are read: headings, order, tables, hidden text, hostile files, speed.

    Takes about 25 minutes on two cores for 50 papers; --quick about 5. Exit code 1 where a
    figure misses what it should be.
    """
    from digest.evaluate.extract import Options, evaluate

    session.config()
    options = Options().quick() if quick else Options()
    report = evaluate(Path(data), options)
    _show(report, as_json)


@evaluation.command("pages")
@_data_option("pdfs/*.pdf: real papers.")
@click.option(
    "--every",
    metavar="N",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Mark every N-th sentence.",
)
@json_option
@pass_session
def eval_pages(session: Session, data: str, every: int, as_json: bool) -> None:
    """How well cited sentences are marked on pictures of their pages, and how large those are.

    Takes about 5 minutes on two cores for 50 papers. Exit code 1 where a figure misses what it
    should be.
    """
    from digest.evaluate.pages import evaluate

    session.config()
    _show(evaluate(Path(data), every), as_json)


@evaluation.command("translate")
@_data_option("mt/*.en with mt/*.zh, mt/d2l.jsonl, mt/systems/, abstracts.jsonl: what there is.")
@click.option(
    "--models",
    metavar="A,B",
    default="",
    help="Which translators, NAME or NAME:llama.cpp [default: all that are here].",
)
@click.option("--full", is_flag=True, help="Everything, not 100 sentences a set and 40 abstracts.")
@click.option("--tune", is_flag=True, help="Compare ways of asking, on texts held out for that.")
@click.option("--no-models", is_flag=True, help="Only what needs no model: checks and typography.")
@click.option(
    "--read",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write ten abstracts there side by side, for a person to read.",
)
@json_option
@pass_session
def eval_translate(  # noqa: PLR0913 one parameter for each flag
    session: Session,
    data: str,
    models: str,
    full: bool,
    tune: bool,
    no_models: bool,
    read: str | None,
    as_json: bool,
) -> None:
    """How well abstracts are translated: what is kept, which faults are found, BLEU and chrF.

    A model's answers are kept in the home (eval/), so that a run goes on where it was stopped.
    Takes about half an hour with the 1.5 B on two cores. Exit code 1 where a figure misses what it
    should be.
    """
    from digest import files
    from digest.evaluate.report import machine
    from digest.evaluate.translate import opened, ways
    from digest.evaluate.translate.run import Options, evaluate, side_by_side
    from digest.evaluate.translate.samples import ABSTRACTS, Sizes

    config = session.config()
    sizes = Sizes(None, None) if full else Sizes()
    names = _listed(models)
    if tune:
        report = ways.compare(Path(data), config, names, sizes)
    else:
        translators = {} if no_models else opened(config, names)
        evaluation = evaluate(Path(data), Options(sizes, translators), machine())
        report = evaluation.report
        if read is not None:
            lines = side_by_side(evaluation.texts, ABSTRACTS, 10)
            files.write(Path(read), "\n".join(lines).encode())
    _show(report, as_json)


@evaluation.command("explain")
@_data_option("pdfs/*.pdf: real papers.")
@click.option(
    "--models", metavar="A,B", default="", help="Which models [default: the configured one]."
)
@click.option(
    "--modes",
    metavar="A,B",
    default="compress",
    help="compress, compose or both; of both the better one is remembered.",
)
@click.option(
    "--papers",
    metavar="N",
    type=click.IntRange(1),
    default=24,
    show_default=True,
    help="How many, those that readers labelled first.",
)
@click.option("--full", is_flag=True, help="All papers of the folder.")
@click.option("--checker", is_flag=True, help="Ask the model, too, which claims it would doubt.")
@click.option("--no-models", is_flag=True, help="Only the selection of evidence.")
@click.option(
    "--read",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write every claim there beside its evidence, for a person to judge.",
)
@json_option
@pass_session
def eval_explain(  # noqa: PLR0913 one parameter for each flag
    session: Session,
    data: str,
    models: str,
    modes: str,
    papers: int,
    full: bool,
    checker: bool,
    no_models: bool,
    read: str | None,
    as_json: bool,
) -> None:
    """How well papers are read: evidence found, claims that hold, faults found, injections.

    Readings are kept in the home (eval/explain.duckdb), models' answers beside them, so that a run
    goes on where it was stopped. Takes about 40 minutes with the 1.5 B on two cores. Exit code 1
    where a figure misses what it should be.
    """
    from digest import files
    from digest.evaluate.explain.run import Options, evaluate, side_by_side
    from digest.evaluate.report import machine
    from digest.explain.writers import mode

    config = session.config()
    options = Options(
        models=() if no_models else tuple(_listed(models) or [config.model]),
        ways=tuple(dict.fromkeys(map(mode, _listed(modes)))),
        papers=None if full else papers,
        checker=checker,
    )
    evaluation = evaluate(Path(data), config, options, machine())
    if read is not None:
        files.write(Path(read), "\n".join(side_by_side(evaluation.readings)).encode())
    _show(evaluation.report, as_json)


def _listed(text: str) -> list[str]:
    """What stands between the commas of ``text``."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _show(report: Report, as_json: bool) -> None:
    """Print a report; exit code 1 where a figure misses its goal."""
    click.echo(json_text(report.record()) if as_json else "\n".join(report.lines()))
    if report.missed:
        sys.exit(EXIT_FAILED)


COMMANDS = (bench, evaluation)
