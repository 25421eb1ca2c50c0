"""The model files."""

from __future__ import annotations

import logging

import click

from digest.cli.bars import byte_bars
from digest.cli.session import (
    Session,
    json_option,
    json_text,
    pass_session,
)
from digest.records import to_builtins

log = logging.getLogger("digest")


@click.group()
def models() -> None:
    """The model files: what there is, getting them, checking them."""


@models.command("list")
@json_option
@pass_session
def models_list(session: Session, as_json: bool) -> None:
    """The catalogue, and what of it is on this machine."""
    from digest.engines.catalogue import catalogue

    config = session.config()
    known = catalogue().models
    if as_json:
        rows = [
            {**to_builtins(m), "present": (config.models_dir / m.file).is_file()} for m in known
        ]
        click.echo(json_text(rows))
        return
    width = max(len(model.name) for model in known)
    click.echo(f"{'name':<{width}}  {'size':>8}  {'licence':<10}  here  what for")
    for model in known:
        here = "yes" if (config.models_dir / model.file).is_file() else "no"
        size = f"{model.bytes / 1e6:,.0f} MB"
        click.echo(
            f"{model.name:<{width}}  {size:>8}  {model.licence:<10}  {here:<4}  {model.notes}"
        )


@models.command("pull")
@click.argument("names", nargs=-1)
@click.option("--force", is_flag=True, help="Get it again even if a file is there.")
@pass_session
def models_pull(session: Session, names: tuple[str, ...], force: bool) -> None:
    """Get model files, verify them, and convert what the translator needs.

    Without NAMES: the two models of the configuration. The only command that downloads.
    """
    from digest import assembly
    from digest.engines import catalogue, pull

    config = session.config()
    chosen = names or tuple(dict.fromkeys((config.model, config.translator)))
    for model in [catalogue.find(name) for name in chosen]:
        session.console.print(f"{model.name}: {model.bytes / 1e6:,.0f} MB, {model.licence}")
        with byte_bars(session) as progress:
            path = pull.pull(model, config.models_dir, progress, force=force)
            assembly.convert_model(model, config, progress)
        click.echo(path)


@models.command("verify")
@click.argument("names", nargs=-1)
@pass_session
def models_verify(session: Session, names: tuple[str, ...]) -> None:
    """Read model files whole and compare them with the catalogue's sha256."""
    from digest.engines import catalogue, verify

    config = session.config()
    chosen = names or tuple(dict.fromkeys((config.model, config.translator)))
    for name in chosen:
        model = catalogue.find(name)
        path = verify.verify(model, config.models_dir)
        click.echo(f"ok  {model.sha256}  {path}")


@models.command("path")
@click.argument("name", required=False)
@pass_session
def models_path(session: Session, name: str | None) -> None:
    """The folder of the model files, or the file of one model."""
    from digest.engines import catalogue

    config = session.config()
    path = config.models_dir / catalogue.find(name).file if name else config.models_dir
    click.echo(path)


COMMANDS = (models,)
