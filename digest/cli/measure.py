"""Measurements, runnable offline by anyone."""

from __future__ import annotations

import logging

import click

from digest.cli.session import (
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


COMMANDS = (bench,)
