"""Bundles: the way across an air gap."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from digest.cli.bars import byte_bars
from digest.cli.session import (
    CHECKOUT,
    Session,
    date_of,
    json_option,
    json_text,
    pass_session,
)
from digest.config import Config
from digest.errors import ConfigError
from digest.records import to_builtins

_FIRST = Date(1991, 8, 14)
"""arXiv's first day: nothing was seen of it before."""

log = logging.getLogger("digest")


@click.group("bundle")
def bundle() -> None:
    """Papers, models and the program itself in one file, carried across an air gap."""


@bundle.command("export")
@click.argument("out", type=click.Path(dir_okay=False))
@click.option(
    "--since", metavar="YYYY-MM-DD", help="What was seen from this day on [default: 14 days ago]."
)
@click.option("--all", "everything", is_flag=True, help="Everything that was ever seen.")
@click.option("--models/--no-models", default=False, help="The configured models too.")
@click.option("--wheels/--no-wheels", default=False, help="The program and its packages too.")
@click.option("--split", metavar="SIZE", help="In parts of this size: 650M, 4G.")
@json_option
@pass_session
def bundle_export(  # noqa: PLR0913 one parameter for each flag
    session: Session,
    out: str,
    since: str | None,
    everything: bool,
    models: bool,
    wheels: bool,
    split: str | None,
    as_json: bool,
) -> None:
    """Write what was seen of arXiv, with its PDFs, into OUT (or OUT.001, OUT.002 ...).

    Run `digest fetch` first: nothing is downloaded here, but for the packages of --wheels. Killed,
    it goes on when started again.
    """
    from digest import assembly

    config = session.config()
    if since is not None and everything:
        raise ConfigError("--since and --all exclude each other", "give one of them")
    start = None if everything else _start(since, config)
    wanted = assembly.Carried(start, models, wheels, split)
    with byte_bars(session) as progress, session.for_others():
        manifest = assembly.export_bundle(Path(out), wanted, config, CHECKOUT, progress)
    _say_missing(config, start)
    if as_json:
        click.echo(json_text(_described(manifest)))
        return
    session.console.print(_summary(manifest))
    click.echo(manifest.id)


def _say_missing(config: Config, since: datetime | None) -> None:
    """PDFs that were here and are not kept any more."""
    from digest import assembly, retention

    if missing := retention.not_here(config, assembly.store(config), since):
        cure = "see pdf_days and pdf_days_restricted in digest.toml"
        log.warning("%d PDFs are not here any more, so not in it", missing, extra={"hint": cure})


def _start(since: str | None, config: Config) -> datetime:
    """The midnight, in the lab's zone, with which a day begins; without one, 14 days ago."""
    day = max(Date.fromisoformat(date_of(since, config)), _FIRST)
    if since is None:
        day -= timedelta(days=14)
    return datetime.combine(day, time(0), ZoneInfo(config.zone)).astimezone(UTC)


@bundle.command("verify")
@click.argument("file", type=click.Path(exists=False))
@json_option
@pass_session
def bundle_verify(session: Session, file: str, as_json: bool) -> None:
    """Read a bundle whole and compare every hash; takes nothing in.

    Prints its id: compare it with the one that export printed, over another way.
    """
    from digest.bundles import read

    with byte_bars(session) as progress:
        manifest = read.verify(Path(file), progress)
    if as_json:
        click.echo(json_text(_described(manifest)))
        return
    session.console.print(_summary(manifest))
    click.echo(manifest.id)


@bundle.command("import")
@click.argument("file", type=click.Path(exists=False))
@json_option
@pass_session
def bundle_import(session: Session, file: str, as_json: bool) -> None:
    """Take a bundle into this home: all of it, or nothing where anything is wrong with it."""
    from digest import assembly

    config = session.config()
    with byte_bars(session) as progress:
        imported = assembly.import_bundle(Path(file), config, progress)
        for model in imported.models:
            assembly.convert_model(model, config, progress)
    session.share_models(config)
    for kept in imported.kept:
        log.warning("%s differs from the bundle's and is kept", kept)
    if as_json:
        found = {"new": len(imported.placed), "gap": to_builtins(imported.gap)}
        click.echo(json_text({**_described(imported.manifest), **found}))
        return
    session.console.print(f"{_summary(imported.manifest)}; {len(imported.placed)} files are new")
    click.echo(imported.manifest.id)


def _summary(manifest: Any) -> str:
    """What a bundle carries, in one line."""
    kinds = ("pdf", "model", "wheel")
    counts = ", ".join(f"{len(manifest.of_kind(kind))} {kind}s" for kind in kinds)
    size = sum(member.bytes for member in manifest.members)
    return f"bundle of {manifest.created_at:%Y-%m-%d}: {counts}; {size / 1e6:,.1f} MB"


def _described(manifest: Any) -> dict[str, Any]:
    return {"id": manifest.id, **to_builtins(manifest)}


COMMANDS = (bundle,)
