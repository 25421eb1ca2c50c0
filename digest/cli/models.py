"""The model files."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.bars import byte_bars
from digest.cli.session import (
    Session,
    json_option,
    json_text,
    pass_session,
)
from digest.errors import ConfigError
from digest.records import to_builtins

if TYPE_CHECKING:
    from digest.config import Config
    from digest.engines.catalogue import ModelFile

log = logging.getLogger("digest")
NIGHT_MINUTES = 8 * 60


@click.group()
@pass_session
def models(session: Session) -> None:
    """The model files: what there is, what fits, getting them, checking them."""
    # Models are for all homes and users of the machine.
    click.get_current_context().with_resource(session.for_others())


@models.command("list")
@json_option
@pass_session
def models_list(session: Session, as_json: bool) -> None:
    """The catalogue, and what of it is on this machine."""
    from digest.engines import known, present, recommend

    config = session.config()
    entries = known.known(config.models_dir).models
    if as_json:
        rows = [
            {
                **to_builtins(model),
                "present": present.is_there(model, config.models_dir),
                "pinned": model.pinned,
            }
            for model in entries
        ]
        click.echo(json_text(rows))
        return
    for model in entries:
        here = "here" if present.is_there(model, config.models_dir) else ""
        about = "" if model.pinned else "about "
        size = f"{about}{recommend.size_bytes(model) / 1e9:.1f} GB"
        if model.members and not model.pinned:
            size = "unknown"
        click.echo(f"{model.name:<37} {size:>12}  {model.licence:<12} {here}".rstrip())
        if model.restricted:
            click.echo(f"    restricted: {model.restricted}")
        click.echo(f"    {model.notes}")


@models.command("recommend")
@click.option("--papers", default=30, show_default=True, help="Papers of a night.")
@json_option
@pass_session
def models_recommend(session: Session, papers: int, as_json: bool) -> None:
    """What fits this machine, and about how fast it will be."""
    from digest.engines import known, recommend

    config = session.config()
    machine = recommend.look(config.models_dir)
    advice = recommend.advise(known.known(config.models_dir).models, machine, papers)
    chosen = recommend.best(advice, NIGHT_MINUTES)
    if as_json:
        told = {"machine": machine, "models": advice, "best": chosen.model if chosen else None}
        click.echo(json_text(to_builtins(told)))
        return
    gpu = f", {machine.gpu} with {machine.gpu_bytes / 1e9:.0f} GB free" if machine.gpu else ""
    click.echo(
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB of "
        f"memory at {machine.bandwidth / 1e9:.0f} GB/s{gpu}, {machine.free_bytes / 1e9:.0f} GB "
        "of disk free\n"
    )
    click.echo(f"{'estimated':<37} {'needs':>8}  {'where':<8} {'tokens/s':>8}  {papers} papers")
    for each in advice:
        speed = f"{each.answer_speed:8.0f}  {each.minutes:.0f} min" if each.fits else ""
        line = f"{each.model:<37} {each.needs_bytes / 1e9:>5.1f} GB  {each.where:<8} {speed}"
        click.echo(line.rstrip())
    if chosen is None:
        click.echo("\nNothing fits: a model server is the way, see the README.")
        return
    click.echo(
        f"\nFor this machine: digest models pull {chosen.model}\n"
        f'and in digest.toml: model = "{chosen.model}"'
    )


@models.command("pull")
@click.argument("names", nargs=-1)
@click.option("--force", is_flag=True, help="Get it again even if a file is there.")
@click.option("--accept-licence", is_flag=True, help="Say yes to a licence that restricts use.")
@click.option("--pin", "pins", is_flag=True, help="Say yes to the hash that the hub publishes.")
@pass_session
def models_pull(
    session: Session, names: tuple[str, ...], force: bool, accept_licence: bool, pins: bool
) -> None:
    """Get model files, verify them, and convert what the translator needs.

    Without NAMES: the two models of the configuration. The only command that downloads. A model
    whose hash the catalogue does not have shows the one that the hub publishes, and asks once.
    """
    from digest import assembly
    from digest.engines import known, pull

    config = session.config()
    configured = (config.model, config.translator)
    local = [name for name in configured if not name.startswith(assembly.SERVER)]
    chosen = names or tuple(dict.fromkeys(local))
    for model in [known.find(name, config.models_dir) for name in chosen]:
        _show_licence(session, model, accept_licence)
        if not model.pinned:
            model = _pinned(session, model, config, pins)
        with byte_bars(session) as progress:
            path = pull.pull(model, config.models_dir, progress, force=force)
            assembly.convert_model(model, config, progress)
        click.echo(path)


def _show_licence(session: Session, model: ModelFile, accepted: bool) -> None:
    """Show it before anything is fetched; one that restricts use needs an explicit yes.

    Raises:
        ConfigError: Nobody can be asked, and nothing was said.
    """
    size = f"{model.bytes / 1e6:,.0f} MB, " if model.bytes else ""
    session.console.print(f"{model.name}: {size}{model.licence} {model.licence_url}".rstrip())
    if not model.restricted or accepted:
        return
    session.console.print(f"  restricted: {model.restricted}")
    if not _asked("Do you accept this licence?"):
        raise ConfigError(
            f"{model.name} has a licence that restricts its use: {model.restricted}",
            "read it, then: digest models pull --accept-licence",
        )


def _pinned(session: Session, model: ModelFile, config: Config, accepted: bool) -> ModelFile:
    """Pin what the hub publishes, once somebody has said yes.

    Raises:
        ConfigError: Nobody can be asked, and nothing was said.
    """
    from digest.engines import known, pull

    offers = pull.offered(model)
    for name, offer in offers.items():
        sha256 = offer.sha256 or "(a small file: hashed when it arrives)"
        session.console.print(f"  {name}: {offer.bytes:,} bytes, sha256 {sha256}")
    revision = next(iter(offers.values())).revision
    session.console.print(f"  as of commit {revision}; nobody of ours has checked these bytes")
    if not accepted and not _asked("Trust them, and pin them on this machine?"):
        raise ConfigError(
            f"which bytes {model.name} is has not been pinned", "digest models pull --pin"
        )
    with byte_bars(session) as progress:
        where = pull.pin_of(model, offers, config.models_dir, progress)
    return known.pin(model, where, config.models_dir)


def _asked(question: str) -> bool:
    return sys.stdin.isatty() and click.confirm(question, err=True)


@models.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call a model that the catalogue does not have.")
@click.option("--licence", default="", help="Its licence.")
@click.option("--template", default="", help="Its chat template: chatml, qwen3, gemma3, llama3.")
@click.option("--family", default="", help="Of a folder: opus-mt, nllb, m2m-100, madlad-400.")
@pass_session
def models_import(
    session: Session, path: Path, name: str, licence: str, template: str, family: str
) -> None:
    """Bring a model from PATH: a GGUF file, or a folder of CTranslate2.

    A file that the catalogue knows by its hash needs nothing else. A bundle is imported with
    `digest bundle import`.
    """
    from digest import assembly
    from digest.engines import imports

    config = session.config()
    wanted = imports.Wanted(name, licence, template, family)
    with byte_bars(session) as progress:
        model = imports.bring(path, wanted, config.models_dir, progress)
        assembly.convert_model(model, config, progress)
    session.console.print(f"{model.name}: {model.licence}, sha256 {model.sha256}")
    click.echo(config.models_dir / model.file)


@models.command("verify")
@click.argument("names", nargs=-1)
@pass_session
def models_verify(session: Session, names: tuple[str, ...]) -> None:
    """Read model files whole and compare them with the pinned sha256."""
    from digest import assembly
    from digest.engines import known, present

    config = session.config()
    configured = (config.model, config.translator)
    local = [name for name in configured if not name.startswith(assembly.SERVER)]
    for name in names or tuple(dict.fromkeys(local)):
        model = known.ready(name, config.models_dir)
        path = present.check(model, config.models_dir)
        click.echo(f"ok  {model.sha256}  {path}")


@models.command("path")
@click.argument("name", required=False)
@pass_session
def models_path(session: Session, name: str | None) -> None:
    """The folder of the model files, or the file of one model."""
    from digest.engines import known

    config = session.config()
    where: Any = config.models_dir
    click.echo(where / known.find(name, where).file if name else where)


COMMANDS = (models,)
