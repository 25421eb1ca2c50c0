"""Measurements, runnable offline by anyone."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from digest.cli.session import (
    EXIT_FAILED,
    Session,
    json_option,
    json_text,
    model_option,
    pass_session,
    translator_option,
)
from digest.records import to_builtins

log = logging.getLogger("digest")


@click.command()
@model_option
@translator_option
@json_option
@pass_session
def bench(session: Session, model: str | None, translator: str | None, as_json: bool) -> None:
    """Measure decoding several answers together against one at a time, as ratios."""
    from digest import assembly
    from digest.evaluate.bench import measure

    config = session.config(model=model, translator=translator)
    if not as_json:
        click.echo("engine       together  tokens  seconds  tokens/s  ratio  model")
    for opened in (assembly.reader(config), assembly.translation_engine(config)):
        with opened as engine:
            for speed in measure(engine):
                line = (
                    f"{speed.engine:<12} {speed.together:>8} {speed.tokens:>7} "
                    f"{speed.seconds:>8.1f} {speed.tokens_per_s:>9.1f} {speed.ratio:>6.2f}  "
                    f"{speed.model}"
                )
                click.echo(json_text(to_builtins(speed)) if as_json else line)


@click.group("eval")
def evaluation() -> None:
    """How good the results are, measured against known truth."""


@evaluation.command("extract")
@click.option(
    "--data",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False),
    required=True,
    help="pdfs/*.pdf, with sections/*.json and hostile/*.pdf where there are any.",
)
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
    if as_json:
        click.echo(json_text(report.record()))
    else:
        click.echo("\n".join(report.lines()))
    if report.missed:
        sys.exit(EXIT_FAILED)


COMMANDS = (bench, evaluation)
