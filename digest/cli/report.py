"""What the last nights did."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.cells import cell_len, set_cell_size

from digest.cli.session import Session, json_option, json_text, pass_session
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.night.report import NightReport

WIDTH = 80


@click.command()
@click.argument("run", required=False)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The last N, a line each.")
@json_option
@pass_session
def report(session: Session, run: str | None, last: int | None, as_json: bool) -> None:
    """What the last run did, on one screen: counts, stages, what failed and what to do.

    RUN is the name of another one, as --last lists them. Their files are in runs/ of the home.
    """
    from digest.night import screen
    from digest.night.report import as_json as text_of

    config = session.config()
    found = _found(config.home, run, last or 1)
    zone = ZoneInfo(config.zone)
    if as_json and last is None:
        click.echo(text_of(found[0][1]), nl=False)
    elif as_json:
        click.echo(json_text([json.loads(text_of(each)) for _, each in found]))
    elif last is None:
        path, only = found[0]
        click.echo("\n".join(_cut(line, path) for line in screen.screen(only, path, zone)))
    else:
        click.echo(screen.HEADING)
        for path, each in found:
            click.echo(screen.line(each, path, zone))


def _found(home: Path, run: str | None, most: int) -> list[tuple[Path, NightReport]]:
    """The reports that are asked for.

    Raises:
        DigestError: There is none.
    """
    from digest.night import keeper

    wanted = (each for each in keeper.readable(home) if run in (None, each[0].stem))
    found = list(islice(wanted, most))
    if not found:
        name = f"no run {run}" if run else "no run yet"
        raise DigestError(f"{name} in {home}", "digest report --last 10 lists them")
    return found


def _cut(line: str, path: Path) -> str:
    """A line that fits the screen, without what would move the cursor; paths stay whole."""
    line = "".join(letter if letter.isprintable() else " " for letter in line)
    if cell_len(line) <= WIDTH or line.startswith(("report ", "post ")):
        return line
    return set_cell_size(line, WIDTH - 1).rstrip() + "…"


COMMANDS = (report,)
