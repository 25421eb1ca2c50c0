"""The site: write it, show it on this machine."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from digest.cli.bars import byte_bars
from digest.cli.session import Session, json_option, json_text, pass_session, store_to_read
from digest.config import Config
from digest.errors import BusyError
from digest.records import to_builtins

log = logging.getLogger("digest")

out_option = click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Folder [default: HOME/site or site-public].",
)


@click.command()
@out_option
@click.option(
    "--public", is_flag=True, help="For strangers: pages of PDFs only where a licence allows it."
)
@click.option("--no-pictures", is_flag=True, help="Show no pages of PDFs at all.")
@json_option
@pass_session
def site(session: Session, out: str | None, public: bool, no_pictures: bool, as_json: bool) -> None:
    """Write the posts as a static site: days, papers, search, the page behind each claim.

    It works opened as a file, from a USB stick or a web server, and asks no other host. Written
    anew are the days that changed. Prints the first page's path.
    """
    from digest import assembly

    config = session.config()
    store_to_read(config)
    wanted = assembly.SiteOptions(_folder(out, config, public), public, not no_pictures)
    named = public or out is not None
    with byte_bars(session) as progress, session.for_others(named):
        built = assembly.build_site(config, wanted, progress)
    changed = f"{len(built.written)} days written, {len(built.removed)} removed"
    session.console.print(f"{built.days} days; {changed}")
    click.echo(json_text(to_builtins(built)) if as_json else built.index)


@click.command()
@out_option
@click.option("--port", type=click.IntRange(0, 65535), default=8737, help="[default: 8737]")
@click.option("--no-build", is_flag=True, help="Show the site as it is.")
@pass_session
def serve(session: Session, out: str | None, port: int, no_build: bool) -> None:
    """Show the site on this machine: http://127.0.0.1:8737/. Brings it up to date first.

    Only this machine can reach it. For a lab's server, write the site and let a web server show it.
    """
    from digest.site.serve import server

    config = session.config()
    folder = _folder(out, config)
    if not no_build:
        store_to_read(config)
    with server(folder, config.papers, port) as running:
        if not no_build:
            with session.for_others(out is not None):
                _bring(session, config, folder)
        click.echo(f"http://127.0.0.1:{running.server_address[1]}/")
        session.console.print("Ctrl-C ends it")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            session.console.print("")


def _bring(session: Session, config: Config, folder: Path) -> None:
    """Bring the site up to date; while somebody else does, it is shown as it is."""
    from digest import assembly

    try:
        with byte_bars(session) as progress:
            assembly.build_site(config, assembly.SiteOptions(folder), progress)
    except BusyError as exc:
        log.warning("the site is shown as it is: %s", exc.message)


def _folder(out: str | None, config: Config, public: bool = False) -> Path:
    if out:
        return Path(out).absolute()
    return config.site.with_name("site-public") if public else config.site


COMMANDS = (site, serve)
