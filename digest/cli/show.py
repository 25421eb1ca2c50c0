"""A post and its papers in the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from digest.cli import terminal
from digest.cli.session import Session, json_option, json_text, pass_session, store_to_read
from digest.config import Config, check_date
from digest.errors import ConfigError, DigestError
from digest.records import ArxivId

if TYPE_CHECKING:
    from digest.render.entry import Entry
    from digest.store import Store

_LOCAL = re.compile(r"local[:-]([0-9a-f]{4,64})(?:\.pdf)?")


@dataclass(frozen=True, slots=True)
class _Place:
    """What to show: a post, or one of its papers. ``number``: from 1, 0 for the whole post."""

    date: str
    number: int


@click.command()
@click.argument("what", required=False, metavar="[DATE|ID|NUMBER]")
@click.argument("number", required=False, type=click.IntRange(min=1), metavar="[NUMBER]")
@click.option("--evidence", is_flag=True, help="With the sentences that each claim is from.")
@click.option("--no-pager", is_flag=True, help="Print it all at once.")
@json_option
@pass_session
def show(
    session: Session,
    what: str | None,
    number: int | None,
    evidence: bool,
    no_pager: bool,
    as_json: bool,
) -> None:
    """Read a post: the list of a day's papers, or one paper in full.

    Without arguments the newest post. `digest show 3` is its third paper, `digest show 2026-01-23
    3` that of another day, `digest show 2601.16158` the paper of that id.
    """
    from digest import pipeline
    from digest.cli import pages
    from digest.render import daily

    config = session.config()
    store = store_to_read(config)
    place = _place(what, number, config, store)
    heading, entries = pipeline.content(place.date, config, store)
    entry = _chosen(entries, place) if place.number else None
    if as_json:
        whole = daily.day_json(heading, entries)
        shown = whole if entry is None else whole.papers[place.number - 1]
        click.echo(json_text(daily.as_builtins(shown)))
        return
    width = terminal.width()
    if entry is None:
        lines = pages.day_lines(heading, entries, width)
    else:
        lines = pages.paper_lines(heading, place.number, entry, evidence, width)
    terminal.page(lines, not no_pager)


def _chosen(entries: Sequence[Entry], place: _Place) -> Entry:
    if place.number > len(entries):
        raise DigestError(
            f"the post of {place.date} has {len(entries)} papers, no number {place.number}",
            f"digest show {place.date} lists them",
        )
    return entries[place.number - 1]


def _place(what: str | None, number: int | None, config: Config, store: Store) -> _Place:
    """Where the thing is that was asked for.

    Raises:
        ConfigError: ``what`` is neither a date, an id nor a number.
        DigestError: There is no such post or paper.
    """
    if what is None or (what.isdecimal() and len(what) < 4 and number is None):
        return _Place(_newest(config, store), int(what or 0))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", what):
        return _Place(check_date(what), number or 0)
    if number is not None:
        raise ConfigError(f"{what!r} is no date", "a number follows a date: 2026-01-23 3")
    found = store.carried(id_prefix(what))
    if not found:
        raise DigestError(f"no post carries {what}", "digest search finds papers by their words")
    date, position = found[0]
    return _Place(date, position + 1)


def _newest(config: Config, store: Store) -> str:
    dates = store.post_dates()
    if not dates:
        raise DigestError(f"no post in {config.home}", "make one: digest run")
    return dates[0][0]


def id_prefix(what: str) -> str:
    """An arXiv id without its version, or ``local:`` and what is known of the hash."""
    local = _LOCAL.fullmatch(what)
    if local is not None:
        return f"local:{local[1]}"
    try:
        return ArxivId.parse(what).base
    except ValueError:
        raise ConfigError(
            f"{what!r} is no date, arXiv id or number",
            "for example: digest show 2026-01-23, digest show 2601.16158",
        ) from None


COMMANDS = (show,)
